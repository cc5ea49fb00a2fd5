// The options of TcpSocket.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <expected>

#include "runtime/wasi/sockets/socket.h"
#include "runtime/wasi/sockets/tcp_socket.h"

namespace davit::wasi::sockets {
namespace {

constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;
// What the kernel allows.
constexpr uint64_t kMostSeconds = 32767;
constexpr uint32_t kMostProbes = 127;

}  // namespace

Result<void> TcpSocket::CheckOptions() const {
  if (state_ != State::kConnecting && state_ != State::kClosed) return {};
  return std::unexpected(ErrorCode::kInvalidState);
}

Result<int> TcpSocket::Option(int level, int option) const {
  if (const Result<void> check = CheckOptions(); !check) return std::unexpected(check.error());
  return GetOption(*socket_, level, option);
}

Result<void> TcpSocket::SetOption(int level, int option, int value) {
  if (const Result<void> check = CheckOptions(); !check) return check;
  return sockets::SetOption(*socket_, level, option, value);
}

Result<bool> TcpSocket::KeepAliveEnabled() const {
  const Result<int> value = Option(SOL_SOCKET, SO_KEEPALIVE);
  if (!value) return std::unexpected(value.error());
  return *value != 0;
}

Result<void> TcpSocket::SetKeepAliveEnabled(bool is_enabled) {
  return SetOption(SOL_SOCKET, SO_KEEPALIVE, is_enabled ? 1 : 0);
}

Result<uint64_t> TcpSocket::KeepAliveTime(int option) const {
  const Result<int> seconds = Option(IPPROTO_TCP, option);
  if (!seconds) return std::unexpected(seconds.error());
  return static_cast<uint64_t>(*seconds) * kNanosecondsPerSecond;
}

Result<void> TcpSocket::SetKeepAliveTime(int option, uint64_t duration) {
  if (duration == 0) return std::unexpected(ErrorCode::kInvalidArgument);
  const uint64_t seconds = (duration - 1) / kNanosecondsPerSecond + 1;
  return SetOption(IPPROTO_TCP, option, static_cast<int>(std::min(seconds, kMostSeconds)));
}

Result<uint64_t> TcpSocket::KeepAliveIdleTime() const { return KeepAliveTime(TCP_KEEPIDLE); }
Result<void> TcpSocket::SetKeepAliveIdleTime(uint64_t duration) {
  return SetKeepAliveTime(TCP_KEEPIDLE, duration);
}
Result<uint64_t> TcpSocket::KeepAliveInterval() const { return KeepAliveTime(TCP_KEEPINTVL); }
Result<void> TcpSocket::SetKeepAliveInterval(uint64_t duration) {
  return SetKeepAliveTime(TCP_KEEPINTVL, duration);
}

Result<uint32_t> TcpSocket::KeepAliveCount() const {
  const Result<int> count = Option(IPPROTO_TCP, TCP_KEEPCNT);
  if (!count) return std::unexpected(count.error());
  return static_cast<uint32_t>(*count);
}

Result<void> TcpSocket::SetKeepAliveCount(uint32_t count) {
  if (count == 0) return std::unexpected(ErrorCode::kInvalidArgument);
  return SetOption(IPPROTO_TCP, TCP_KEEPCNT, static_cast<int>(std::min(count, kMostProbes)));
}

Result<uint8_t> TcpSocket::HopLimit() const {
  if (const Result<void> check = CheckOptions(); !check) return std::unexpected(check.error());
  return sockets::HopLimit(*socket_, family_);
}

Result<void> TcpSocket::SetHopLimit(uint8_t hops) {
  if (const Result<void> check = CheckOptions(); !check) return check;
  return sockets::SetHopLimit(*socket_, family_, hops);
}

Result<uint64_t> TcpSocket::ReceiveBufferSize() const {
  if (const Result<void> check = CheckOptions(); !check) return std::unexpected(check.error());
  return BufferSize(*socket_, SO_RCVBUF);
}

Result<void> TcpSocket::SetReceiveBufferSize(uint64_t bytes) {
  if (const Result<void> check = CheckOptions(); !check) return check;
  return SetBufferSize(*socket_, SO_RCVBUF, bytes, environment_.quotas.buffer_bytes);
}

Result<uint64_t> TcpSocket::SendBufferSize() const {
  if (const Result<void> check = CheckOptions(); !check) return std::unexpected(check.error());
  return BufferSize(*socket_, SO_SNDBUF);
}

Result<void> TcpSocket::SetSendBufferSize(uint64_t bytes) {
  if (const Result<void> check = CheckOptions(); !check) return check;
  return SetBufferSize(*socket_, SO_SNDBUF, bytes, environment_.quotas.buffer_bytes);
}

}  // namespace davit::wasi::sockets
