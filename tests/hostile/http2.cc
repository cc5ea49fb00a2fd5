#include "tests/hostile/http2.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace davit::hostile {
namespace {

enum class Drained { kSilent, kSome, kClosed };

// Takes what has come without waiting for more.
Drained Drain(int descriptor) {
  std::array<char, 65536> buffer;
  const ssize_t count = recv(descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count > 0) return Drained::kSome;
  const bool would_wait = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return would_wait ? Drained::kSilent : Drained::kClosed;
}

// Waits for one of `events`; those that came.
short Await(int descriptor, short events, absl::Time end) {
  pollfd wanted = {.fd = descriptor, .events = events, .revents = 0};
  const int64_t left = absl::ToInt64Milliseconds(end - absl::Now());
  poll(&wanted, 1, static_cast<int>(std::clamp<int64_t>(left, 0, 1000)));
  return wanted.revents;
}

// The first four bytes.
uint32_t ReadBigEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

}  // namespace

std::string FrameHeader(uint8_t type, uint8_t flags, uint32_t stream, size_t size) {
  std::string header;
  for (int shift = 16; shift >= 0; shift -= 8) header += static_cast<char>(size >> shift);
  header += static_cast<char>(type);
  header += static_cast<char>(flags);
  return header + BigEndian(stream);
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  return absl::StrCat(FrameHeader(type, flags, stream, payload.size()), payload);
}

std::string BigEndian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string HpackLength(size_t length) {
  if (length < 127) return std::string(1, static_cast<char>(length));
  std::string out = "\x7f";
  for (length -= 127; length >= 128; length /= 128) out += static_cast<char>(length % 128 | 128);
  return out + static_cast<char>(length);
}

std::string Encode(const Headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) {
    absl::StrAppend(&out, std::string_view("\x10", 1), HpackLength(name.size()), name,
                    HpackLength(value.size()), value);
  }
  return out;
}

Headers GoodHeaders(std::string_view method) {
  return {{":method", "POST"},         {":scheme", "http"}, {":path", std::string(method)},
          {":authority", "localhost"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
}

Headers With(const std::string& name, const std::string& value) {
  Headers headers = GoodHeaders();
  for (auto& [key, old] : headers) {
    if (key == name) {
      old = value;
      return headers;
    }
  }
  headers.emplace_back(name, value);
  return headers;
}

std::string LargeHeaders(uint32_t stream, uint8_t flags, std::string_view block) {
  constexpr size_t kMaxFrame = 16384;
  std::string frames = Frame(kHeaders, flags, stream, block.substr(0, kMaxFrame));
  for (size_t at = kMaxFrame; at < block.size(); at += kMaxFrame) {
    frames += Frame(kContinuation, 0, stream, block.substr(at, kMaxFrame));
  }
  return frames + Frame(kContinuation, kEndHeaders, stream, "");
}

std::string GrpcMessage(std::string_view message) {
  return absl::StrCat(std::string_view("\0", 1), BigEndian(static_cast<uint32_t>(message.size())),
                      message);
}

Socket::Socket(const std::string& address) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
  sockaddr_in peer = {};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(port));
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&peer), sizeof peer), 0);
  const timeval timeout = {.tv_sec = 0, .tv_usec = 200'000};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

Socket::~Socket() { close(descriptor_); }

void Socket::Open() const { Send(absl::StrCat(kPreface, Frame(kSettings, 0, 0, ""))); }

bool Socket::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool Socket::SendAll(std::string_view bytes, absl::Time end, absl::Duration patience) const {
  absl::Time stalled = absl::Now() + patience;
  while (!bytes.empty()) {
    const absl::Time until = std::min(end, stalled);
    if (absl::Now() >= until) return false;
    const short ready = Await(descriptor_, POLLIN | POLLOUT, until);
    if ((ready & POLLIN) != 0 && Drain(descriptor_) == Drained::kClosed) return false;
    const std::optional<size_t> sent = SendSome(bytes);
    if (!sent) return false;
    if (*sent == 0) continue;
    bytes.remove_prefix(*sent);
    stalled = absl::Now() + patience;
  }
  return true;
}

std::string Socket::Receive(std::string_view last) const {
  std::string received;
  char buffer[4096];
  while (received.find(last) == std::string::npos) {
    const ssize_t count = recv(descriptor_, buffer, sizeof buffer, 0);
    if (count <= 0) return received;
    received.append(buffer, static_cast<size_t>(count));
  }
  return received;
}

bool Socket::AwaitClosed(absl::Time end) const {
  while (absl::Now() < end) {
    Await(descriptor_, POLLIN, end);
    if (Drain(descriptor_) == Drained::kClosed) return true;
  }
  return false;
}

std::optional<size_t> Socket::SendSome(std::string_view bytes) const {
  const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return static_cast<size_t>(sent);
  if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  return std::nullopt;
}

bool Socket::ReceiveSome(absl::Duration wait, std::string& received) const {
  if ((Await(descriptor_, POLLIN, absl::Now() + wait) & (POLLIN | POLLHUP | POLLERR)) == 0) {
    return true;
  }
  std::array<char, 65536> buffer;
  const ssize_t count = recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count > 0) received.append(buffer.data(), static_cast<size_t>(count));
  return count > 0 || (count < 0 && errno == EAGAIN);
}

Connection::Connection(const std::string& address, uint32_t initial_window) : socket_(address) {
  constexpr std::string_view kInitialWindowSize("\0\x04", 2);
  socket_.Send(absl::StrCat(
      kPreface, Frame(kSettings, 0, 0, absl::StrCat(kInitialWindowSize, BigEndian(initial_window))),
      // As much for the connection as there is.
      Frame(kWindowUpdate, 0, 0, BigEndian(0x7fff0000 - 65535))));
}

bool Connection::Send(std::string_view frames, absl::Time end) {
  unsent_ += frames;
  while (!is_closed_ && !unsent_.empty() && absl::Now() < end) {
    const std::optional<size_t> sent = socket_.SendSome(unsent_);
    if (!sent) return false;
    unsent_.erase(0, *sent);
    Receive(*sent > 0 ? absl::ZeroDuration() : absl::Milliseconds(10));
  }
  return unsent_.empty();
}

bool Connection::SendData(uint32_t stream, std::string_view bytes, uint8_t last_flags,
                          absl::Time end) {
  while (!is_closed_ && !ended_streams_.contains(stream) && absl::Now() < end) {
    constexpr int64_t kMaxFrame = 16384;
    const int64_t window = std::min({connection_window_, Window(stream), kMaxFrame});
    if (window <= 0) {
      Receive(absl::Milliseconds(100));
      continue;
    }
    const std::string_view part = bytes.substr(0, static_cast<size_t>(window));
    const bool is_last = part.size() == bytes.size();
    if (!Send(Frame(kData, is_last ? last_flags : 0, stream, part), end)) return false;
    connection_window_ -= static_cast<int64_t>(part.size());
    window_changes_[stream] -= static_cast<int64_t>(part.size());
    bytes.remove_prefix(part.size());
    if (is_last) return true;
  }
  return false;
}

bool Connection::ReceiveUntil(absl::Time end) {
  while (!is_closed_ && absl::Now() < end) {
    Receive(absl::Milliseconds(100));
    Send("", end);
  }
  return is_closed_;
}

int64_t Connection::Window(uint32_t stream) const {
  const auto change = window_changes_.find(stream);
  return initial_window_ + (change == window_changes_.end() ? 0 : change->second);
}

void Connection::Receive(absl::Duration wait) {
  constexpr size_t kHeader = 9;
  if (is_closed_) return;
  is_closed_ = !socket_.ReceiveSome(wait, unread_);
  std::string_view rest = unread_;
  while (rest.size() >= kHeader) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(rest[i]); };
    const size_t size = size_t{byte(0)} << 16 | size_t{byte(1)} << 8 | byte(2);
    if (rest.size() < kHeader + size) break;
    Take(byte(3), byte(4), ReadBigEndian(rest.substr(5, 4)) & 0x7fffffff,
         rest.substr(kHeader, size));
    rest.remove_prefix(kHeader + size);
  }
  unread_.erase(0, unread_.size() - rest.size());
}

void Connection::Take(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  switch (type) {
    case kData:
      received_data_ += payload.size();
      [[fallthrough]];
    case kHeaders:
      if ((flags & kEndStream) != 0) ended_streams_.insert(stream);
      break;
    case kRstStream:
      ended_streams_.insert(stream);
      break;
    case kSettings:
      if ((flags & kAck) != 0) break;
      TakeSettings(payload);
      unsent_ += Frame(kSettings, kAck, 0, "");
      break;
    case kGoAway:
      last_words_ = payload;
      break;
    case kPing:
      if ((flags & kAck) == 0) unsent_ += Frame(kPing, kAck, 0, payload);
      break;
    case kWindowUpdate:
      (stream == 0 ? connection_window_ : window_changes_[stream]) += ReadBigEndian(payload);
      break;
    default:
      break;
  }
}

void Connection::TakeSettings(std::string_view payload) {
  constexpr size_t kSetting = 6;
  constexpr std::string_view kInitialWindowSize("\0\x04", 2);
  for (; payload.size() >= kSetting; payload.remove_prefix(kSetting)) {
    if (payload.starts_with(kInitialWindowSize)) {
      initial_window_ = ReadBigEndian(payload.substr(2));
    }
  }
}

}  // namespace davit::hostile
