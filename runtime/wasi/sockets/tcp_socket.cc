#include "runtime/wasi/sockets/tcp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "runtime/wasi/net/policy.h"
#include "runtime/wasi/sockets/socket.h"

namespace davit::wasi::sockets {
namespace {

using net::Endpoint;
using net::Protocol;

// Connections of peers that are not welcome, which one call gets rid of.
constexpr int kMostRefusals = 64;

std::unexpected<ErrorCode> Error(ErrorCode code) { return std::unexpected(code); }

// Errors of the connection that would have been accepted, not of the listening socket.
ErrorCode AcceptErrorOf(int error) {
  switch (error) {
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return ErrorCode::kConnectionAborted;
    default:
      return FromErrno(error);
  }
}

ErrorCode ConnectErrorOf(int error) {
  // No port is left for this side.
  return error == EADDRNOTAVAIL || error == EAGAIN ? ErrorCode::kAddressInUse : FromErrno(error);
}

// Closes it so that the peer learns at once.
void Reset(int fd) {
  const linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

}  // namespace

Result<std::shared_ptr<TcpSocket>> TcpSocket::Create(Environment& environment, net::Family family) {
  if (!environment.policy->GrantsTcp()) return Error(ErrorCode::kAccessDenied);
  Result<std::shared_ptr<Descriptor>> socket = OpenSocket(environment, family, Protocol::kTcp);
  if (!socket) return Error(socket.error());
  return std::shared_ptr<TcpSocket>(
      new TcpSocket(environment, family, State::kUnbound, *std::move(socket)));
}

Result<void> TcpSocket::CheckIdle() const {
  switch (state_) {
    case State::kBinding:
    case State::kStartingToListen:
    case State::kConnecting:
      return Error(ErrorCode::kConcurrencyConflict);
    default:
      return {};
  }
}

Result<void> TcpSocket::StartBind(const Endpoint& local) {
  if (const Result<void> idle = CheckIdle(); !idle) return idle;
  if (state_ != State::kUnbound) return Error(ErrorCode::kInvalidState);
  if (const Result<void> valid = CheckLocal(family_, local); !valid) return valid;
  if (!environment_.policy->MayBind(Protocol::kTcp, local)) return Error(ErrorCode::kAccessDenied);
  // Connections of an earlier listener that have not quite ended do not matter.
  Result<void> bound = sockets::SetOption(*socket_, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bound) bound = Bind(*socket_, local);
  failure_ = bound ? std::nullopt : std::optional(bound.error());
  wanted_local_ = local;
  state_ = State::kBinding;
  return {};
}

Result<void> TcpSocket::FinishBind() {
  if (state_ != State::kBinding) return Error(ErrorCode::kNotInProgress);
  state_ = failure_ ? State::kUnbound : State::kBound;
  if (failure_) return Error(*std::exchange(failure_, std::nullopt));
  return {};
}

Result<void> TcpSocket::StartConnect(const Endpoint& remote) {
  if (const Result<void> idle = CheckIdle(); !idle) return idle;
  if (state_ != State::kUnbound && state_ != State::kBound) return Error(ErrorCode::kInvalidState);
  if (const Result<void> valid = CheckRemote(family_, remote); !valid) return valid;
  const std::vector<std::string> names = environment_.names.NamesOf(remote.ip);
  if (!environment_.policy->MayReach(
          {.use = net::Policy::Use::kTcp, .names = names, .endpoint = remote})) {
    return Error(ErrorCode::kAccessDenied);
  }
  remote_ = remote;
  const net::RawEndpoint raw = ToRaw(remote);
  if (connect(socket_->fd(), raw.address(), raw.length) != 0 && errno != EINPROGRESS) {
    failure_ = ConnectErrorOf(errno);
  }
  state_ = State::kConnecting;
  return {};
}

std::optional<Result<void>> TcpSocket::TakeConnected() {
  if (failure_) return Error(*std::exchange(failure_, std::nullopt));
  if (!socket_->Ready(Direction::kOut)) return std::nullopt;
  const Result<int> error = GetOption(*socket_, SOL_SOCKET, SO_ERROR);
  if (!error) return Error(error.error());
  if (*error != 0) return Error(ConnectErrorOf(*error));
  return Result<void>();
}

Result<TcpStreams> TcpSocket::FinishConnect() {
  if (state_ != State::kConnecting) return Error(ErrorCode::kNotInProgress);
  const std::optional<Result<void>> connected = TakeConnected();
  if (!connected) return Error(ErrorCode::kWouldBlock);
  if (!*connected) {
    state_ = State::kClosed;
    socket_ = nullptr;
    return Error(connected->error());
  }
  return Connected(remote_);
}

TcpStreams TcpSocket::Connected(const Endpoint& remote) {
  state_ = State::kConnected;
  remote_ = remote;
  connection_ =
      std::make_shared<TcpConnection>(environment_.reactor, environment_.lingering.kept(), socket_);
  return {.in = std::make_shared<TcpSource>(connection_),
          .out = std::make_shared<TcpSink>(connection_)};
}

Result<void> TcpSocket::Listen() {
  const uint32_t most = environment_.quotas.backlog;
  const uint32_t backlog = backlog_ == 0 ? most : std::min(backlog_, most);
  if (listen(socket_->fd(), static_cast<int>(backlog)) != 0) return Error(FromErrno(errno));
  return {};
}

Result<void> TcpSocket::StartListen() {
  if (const Result<void> idle = CheckIdle(); !idle) return idle;
  if (state_ != State::kBound) return Error(ErrorCode::kInvalidState);
  if (!environment_.policy->MayListen(Protocol::kTcp, wanted_local_)) {
    return Error(ErrorCode::kAccessDenied);
  }
  const Result<void> listening = Listen();
  failure_ = listening ? std::nullopt : std::optional(listening.error());
  state_ = State::kStartingToListen;
  return {};
}

Result<void> TcpSocket::FinishListen() {
  if (state_ != State::kStartingToListen) return Error(ErrorCode::kNotInProgress);
  state_ = failure_ ? State::kBound : State::kListening;
  if (failure_) return Error(*std::exchange(failure_, std::nullopt));
  return {};
}

bool TcpSocket::IsWelcome(const Endpoint& peer) const {
  return environment_.policy->MayAccept(Protocol::kTcp, wanted_local_, peer.ip);
}

Result<TcpSocket::Accepted> TcpSocket::Accept() {
  if (state_ != State::kListening) return Error(ErrorCode::kInvalidState);
  Result<std::shared_ptr<void>> permit = TakePermit(environment_);
  if (!permit) return Error(permit.error());
  for (int refusals = 0; refusals < kMostRefusals; ++refusals) {
    net::RawEndpoint raw;
    const int fd = accept4(socket_->fd(), raw.address(), &raw.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return Error(AcceptErrorOf(errno));
    const std::optional<Endpoint> peer = net::FromRaw(raw.address(), raw.length);
    if (!peer || !IsWelcome(*peer)) {
      Reset(fd);
      continue;
    }
    auto descriptor = std::make_shared<Descriptor>(environment_.reactor, fd, *std::move(permit));
    const std::shared_ptr<TcpSocket> socket(
        new TcpSocket(environment_, family_, State::kConnected, std::move(descriptor)));
    TcpStreams streams = socket->Connected(*peer);
    return Accepted{.socket = socket, .streams = std::move(streams)};
  }
  return Error(ErrorCode::kWouldBlock);
}

Result<void> TcpSocket::ShutDown(Shutdown what) {
  if (state_ != State::kConnected) return Error(ErrorCode::kInvalidState);
  if (what != Shutdown::kSend) connection_->CloseIn();
  if (what != Shutdown::kReceive) connection_->CloseOut();
  return {};
}

Result<Endpoint> TcpSocket::LocalAddress() const {
  switch (state_) {
    case State::kBound:
    case State::kStartingToListen:
    case State::kListening:
    case State::kConnected:
      return LocalEndpoint(*socket_);
    default:
      return Error(ErrorCode::kInvalidState);
  }
}

Result<Endpoint> TcpSocket::RemoteAddress() const {
  if (state_ != State::kConnected) return Error(ErrorCode::kInvalidState);
  return remote_;
}

Result<void> TcpSocket::SetListenBacklogSize(uint64_t size) {
  if (const Result<void> check = CheckOptions(); !check) return check;
  if (state_ == State::kConnected) return Error(ErrorCode::kInvalidState);
  if (size == 0) return Error(ErrorCode::kInvalidArgument);
  backlog_ = static_cast<uint32_t>(std::min<uint64_t>(size, environment_.quotas.backlog));
  // The kernel takes a new size of one that listens.
  return state_ == State::kListening ? Listen() : Result<void>();
}

bool TcpSocket::Ready() {
  switch (state_) {
    case State::kConnecting:
      return failure_ || socket_->Ready(Direction::kOut);
    case State::kListening:
      return socket_->Ready(Direction::kIn);
    default:
      return true;
  }
}

void TcpSocket::Arm(const io::Waker& waker) {
  if (state_ == State::kConnecting && !failure_) return socket_->Arm(Direction::kOut, waker);
  if (state_ == State::kListening) return socket_->Arm(Direction::kIn, waker);
  waker.Wake();
}

}  // namespace davit::wasi::sockets
