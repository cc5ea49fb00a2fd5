#include "runtime/wasi/sockets/tcp_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <expected>

#include "runtime/wasi/sockets/error_code.h"

namespace davit::wasi::sockets {
namespace {

// How long a peer may take for what is left to send after the guest has gone.
constexpr std::chrono::seconds kLingering{10};

io::Failure FailureOf(int error) {
  const ErrorCode code = FromErrno(error);
  return {.text = std::string(ErrorCodeName(code)), .code = io::FailureCode(code)};
}

}  // namespace

void TcpConnection::ArmIn(const io::Waker& waker) {
  if (is_in_closed_) return waker.Wake();
  socket_->Arm(Direction::kIn, waker);
}

io::StreamResult<size_t> TcpConnection::Read(std::span<uint8_t> out) {
  if (is_in_closed_) return std::unexpected(io::StreamEnd::Closed());
  // To read nothing tells whether the peer is there; the kernel would not say.
  uint8_t byte;
  const bool is_look = out.empty();
  const ssize_t count = is_look ? recv(socket_->fd(), &byte, 1, MSG_PEEK)
                                : recv(socket_->fd(), out.data(), out.size(), 0);
  if (count > 0) return is_look ? 0 : static_cast<size_t>(count);
  const int error = count < 0 ? errno : 0;
  if (error == EAGAIN || error == EINTR) return 0;
  is_in_closed_ = true;
  if (error == 0) return std::unexpected(io::StreamEnd::Closed());
  return std::unexpected(io::StreamEnd::Failed(FailureOf(error)));
}

void TcpConnection::CloseIn() {
  if (std::exchange(is_in_closed_, true)) return;
  shutdown(socket_->fd(), SHUT_RD);
}

bool TcpConnection::OutReady() {
  absl::MutexLock lock(mutex_);
  return is_out_closed_ || error_ || !IsPending();
}

void TcpConnection::ArmOut(const io::Waker& waker) {
  out_waker_.Arm(waker);
  if (OutReady()) out_waker_.Wake();
}

io::StreamEnd TcpConnection::TakeEnd() {
  if (!error_) return io::StreamEnd::Closed();
  const int error = *std::exchange(error_, 0);
  if (is_out_closed_ || error == 0 || error == EPIPE) return io::StreamEnd::Closed();
  return io::StreamEnd::Failed(FailureOf(error));
}

io::StreamResult<size_t> TcpConnection::Room() {
  absl::MutexLock lock(mutex_);
  if (is_out_closed_ || error_) return std::unexpected(TakeEnd());
  return IsPending() ? 0 : kMostPending;
}

io::StreamResult<void> TcpConnection::Write(std::span<const uint8_t> bytes) {
  absl::MutexLock lock(mutex_);
  if (is_out_closed_ || error_) return std::unexpected(TakeEnd());
  if (!IsPending()) {
    pending_.clear();
    sent_ = 0;
    bytes = bytes.subspan(Send(bytes));
    if (error_) return std::unexpected(TakeEnd());
  }
  if (bytes.empty()) return {};
  const bool was_pending = IsPending();
  pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!was_pending) socket_->Arm(Direction::kOut, OwnWaker());
  return {};
}

io::StreamResult<bool> TcpConnection::IsFlushed() {
  absl::MutexLock lock(mutex_);
  if (error_) return std::unexpected(TakeEnd());
  return !IsPending();
}

size_t TcpConnection::Send(std::span<const uint8_t> bytes) {
  size_t taken = 0;
  while (taken < bytes.size()) {
    const std::span<const uint8_t> rest = bytes.subspan(taken);
    const ssize_t count = send(socket_->fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) error_ = errno;
    if (count < 0) break;
    taken += static_cast<size_t>(count);
  }
  return taken;
}

void TcpConnection::SendPending() {
  const auto* const bytes = reinterpret_cast<const uint8_t*>(pending_.data());
  if (!error_) sent_ += Send(std::span(bytes, pending_.size()).subspan(sent_));
  if (IsPending() && !error_ && !IsOver()) return socket_->Arm(Direction::kOut, OwnWaker());
  pending_ = std::string();
  sent_ = 0;
  if (is_out_closed_) shutdown(socket_->fd(), SHUT_WR);
}

void TcpConnection::Wake() {
  {
    absl::MutexLock lock(mutex_);
    if (!IsPending()) return;
    SendPending();
    if (IsPending()) return;
  }
  out_waker_.Wake();
  lingering_->Remove(this);  // May be the end of it.
}

void TcpConnection::CloseOut() {
  {
    absl::MutexLock lock(mutex_);
    if (std::exchange(is_out_closed_, true)) return;
    if (IsPending()) {
      Linger();
    } else {
      shutdown(socket_->fd(), SHUT_WR);
    }
  }
  out_waker_.Wake();
}

void TcpConnection::Linger() {
  if (!lingering_->Add(shared_from_this())) return;
  end_ = std::chrono::steady_clock::now() + kLingering;
  timer_ = reactor_.NewTimer(*end_);
  timer_->Arm(OwnWaker());
}

}  // namespace davit::wasi::sockets
