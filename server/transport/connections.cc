#include "server/transport/connections.h"

#include <netinet/in.h>
#include <sys/uio.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"

namespace davit::server {
namespace {

// A descriptor past this is not admitted.
constexpr int kMaxDescriptors = 1 << 20;
// A connection with fewer open streams is not shut down when there are too many of them together.
constexpr uint32_t kStreamsForAll = 100;
// How many calls whose streams were left gRPC has certainly done with after a second.
constexpr int64_t kLeftPerSecond = 5000;
// That may have been shut down to make room and not be closed yet.
constexpr uint32_t kMaxLeaving = 100;

// By descriptor. Read at each call of the C library that socket_calls.cc takes part in.
constinit std::array<Connection*, kMaxDescriptors> watched = {};

Connection* Watched(int descriptor) {
  if (descriptor < 0 || descriptor >= kMaxDescriptors) return nullptr;
  return std::atomic_ref(watched[static_cast<size_t>(descriptor)]).load(std::memory_order_acquire);
}
// Null: watched no more.
void SetWatched(int descriptor, Connection* connection) {
  std::atomic_ref(watched[static_cast<size_t>(descriptor)])
      .store(connection, std::memory_order_release);
}

// Some milliseconds coarse, and therefore cheap.
int64_t NowMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::string_view Bytes(const void* data, size_t size) {
  return {static_cast<const char*>(data), size};
}

// What max_connections_per_address counts by; empty for an address that it does not count.
std::string CountedAddress(int descriptor) {
  sockaddr_storage peer = {};
  socklen_t size = sizeof peer;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return "";
  if (peer.ss_family == AF_INET) {
    const in_addr& address = reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
    const bool loopback = ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
    return loopback ? "" : std::string(Bytes(&address, sizeof address));
  }
  if (peer.ss_family != AF_INET6) return "";
  const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  if (IN6_IS_ADDR_LOOPBACK(&address)) return "";
  if (!IN6_IS_ADDR_V4MAPPED(&address)) return std::string(Bytes(&address, 8));
  return address.s6_addr[12] == IN_LOOPBACKNET ? "" : std::string(Bytes(&address.s6_addr[12], 4));
}

// Calls `f` with each part of the first `size` bytes of the buffers until it returns false.
template <typename F>
bool ForEachPart(const msghdr& message, size_t size, F f) {
  for (const iovec& buffer : std::span(message.msg_iov, message.msg_iovlen)) {
    const size_t part = std::min(size, buffer.iov_len);
    if (part > 0 && !f(std::span(static_cast<const uint8_t*>(buffer.iov_base), part))) return false;
    size -= part;
    if (size == 0) break;
  }
  return true;
}

}  // namespace

// One watched descriptor. gRPC may read and write at the same time, on different threads.
class Connection {
 public:
  Connection(std::shared_ptr<Connections> owner, int descriptor, std::string address)
      : owner_(std::move(owner)),
        descriptor_(descriptor),
        address_(std::move(address)),
        active_ms_(NowMs()),
        inspector_(owner_->limits_.http2, active_ms_) {}

  bool Received(const msghdr& message, size_t size) {
    const int64_t now_ms = NowMs();
    active_ms_.store(now_ms, std::memory_order_relaxed);
    return Inspect([&](Http2Inspector& inspector) {
      return ForEachPart(message, size, [&](std::span<const uint8_t> part) {
        return inspector.Received(part, now_ms);
      });
    });
  }
  void Sent(const msghdr& message, size_t size) {
    const int64_t now_ms = NowMs();
    Inspect([&](Http2Inspector& inspector) {
      return ForEachPart(message, size, [&](std::span<const uint8_t> part) {
        return inspector.Sent(part, now_ms);
      });
    });
  }
  void Closing() {
    // Who leaves with streams open has left them.
    const int64_t open = open_streams();
    owner_->CountStreams(-open, static_cast<uint64_t>(open));
    owner_->CountUnfinished(-unfinished_bytes());
    owner_->Remove(this);
  }

  int descriptor() const { return descriptor_; }
  const std::string& address() const { return address_; }
  int64_t active_ms() const { return active_ms_.load(std::memory_order_relaxed); }
  int64_t open_streams() const { return open_streams_.load(std::memory_order_relaxed); }
  int64_t unfinished_bytes() const { return unfinished_bytes_.load(std::memory_order_relaxed); }
  bool ever_used() const { return ever_used_.load(std::memory_order_relaxed); }

  bool leaving = false;  // guarded by the mutex of the owner: it has been shut down

 private:
  // Lets the inspector see bytes; false when the connection has been, or is now, shut down.
  template <typename F>
  bool Inspect(F inspect) {
    const absl::MutexLock lock(mutex_);
    if (ended_) return false;
    const int64_t open = inspector_.open_streams();
    const uint64_t opened = inspector_.opened_streams(), left = inspector_.reset_streams();
    const uint64_t unfinished = inspector_.unfinished_bytes();
    if (!inspect(inspector_)) End(inspector_.fault());
    open_streams_.store(inspector_.open_streams(), std::memory_order_relaxed);
    unfinished_bytes_.store(static_cast<int64_t>(inspector_.unfinished_bytes()),
                            std::memory_order_relaxed);
    if (inspector_.opened_streams() > opened) ever_used_.store(true, std::memory_order_relaxed);
    owner_->CountUnfinished(static_cast<int64_t>(inspector_.unfinished_bytes() - unfinished));
    const bool too_many =
        owner_->CountStreams(inspector_.open_streams() - open, inspector_.reset_streams() - left);
    if (too_many && inspector_.recent_resets() > kStreamsForAll) {
      End("it resets streams, and there are too many of all connections");
    }
    return !ended_;
  }
  void End(std::string_view why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(ended_, true)) return;
    LOG_EVERY_N_SEC(WARNING, 10) << "a connection was ended: " << why;
    shutdown(descriptor_, SHUT_RDWR);
  }

  const std::shared_ptr<Connections> owner_;
  const int descriptor_;
  const std::string address_;
  std::atomic<int64_t> active_ms_;
  std::atomic<int64_t> open_streams_ = 0;
  std::atomic<int64_t> unfinished_bytes_ = 0;
  std::atomic<bool> ever_used_ = false;
  absl::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  Http2Inspector inspector_ ABSL_GUARDED_BY(mutex_);
};

std::shared_ptr<Connections> Connections::Create(const ConnectionLimits& limits) {
  return std::shared_ptr<Connections>(new Connections(limits));
}

Connections::Connections(const ConnectionLimits& limits) : limits_(limits) {}

bool Connections::Admit(int descriptor) {
  if (descriptor < 0 || descriptor >= kMaxDescriptors) return false;
  std::string address = CountedAddress(descriptor);
  auto connection =
      std::make_unique<Connection>(shared_from_this(), descriptor, std::move(address));
  const absl::MutexLock lock(mutex_);
  if (!HasRoom(connection->address())) return false;
  if (!connection->address().empty()) ++addresses_[connection->address()];
  connections_.insert(connection.get());
  SetWatched(descriptor, connection.release());
  return true;
}

bool Connections::HasRoom(const std::string& address) {
  if (!address.empty()) {
    const auto counted = addresses_.find(address);
    if (counted != addresses_.end() && counted->second >= limits_.max_connections_per_address) {
      return false;
    }
  }
  return connections_.size() - leaving_ < limits_.max_connections ||
         (leaving_ < kMaxLeaving && ShutDownIdleLocked());
}

bool Connections::ShutDownIdle() {
  const absl::MutexLock lock(mutex_);
  return ShutDownIdleLocked();
}

bool Connections::ShutDownIdleLocked() {
  const auto need = [](const Connection& connection) {
    return std::pair(connection.ever_used(), connection.active_ms());
  };
  Connection* least = nullptr;
  for (Connection* connection : connections_) {
    if (connection->leaving || connection->open_streams() > 0) continue;
    if (least == nullptr || need(*connection) < need(*least)) least = connection;
  }
  if (least == nullptr) return false;
  LOG_EVERY_N_SEC(WARNING, 10) << "an idle connection makes room for a new one";
  ShutDown(*least);
  return true;
}

// The descriptor is open: it leaves the set before it is closed.
void Connections::ShutDown(Connection& connection) {
  connection.leaving = true;
  ++leaving_;
  shutdown(connection.descriptor(), SHUT_RDWR);
}

void Connections::Remove(Connection* connection) {
  const absl::MutexLock lock(mutex_);
  connections_.erase(connection);
  if (connection->leaving) --leaving_;
  const auto counted = addresses_.find(connection->address());
  if (counted != addresses_.end() && --counted->second == 0) addresses_.erase(counted);
}

uint32_t Connections::count() const {
  const absl::MutexLock lock(mutex_);
  return static_cast<uint32_t>(connections_.size()) - leaving_;
}

bool Connections::CountStreams(int64_t opened, uint64_t left) {
  if (opened != 0) open_streams_.fetch_add(opened, std::memory_order_relaxed);
  if (left > 0) {
    const absl::MutexLock lock(mutex_);
    AddLeftStreams(left);
  }
  return (opened > 0 || left > 0) && HasTooManyStreams() && ShutDownWithMostStreams();
}

bool Connections::HasTooManyStreams() const {
  return open_streams() + left_streams_.load(std::memory_order_relaxed) > limits_.max_total_streams;
}

void Connections::AddLeftStreams(uint64_t count) {
  const int64_t now_ms = NowMs();
  const int64_t before = left_streams_.load(std::memory_order_relaxed);
  const int64_t done = std::min(before, (now_ms - left_counted_ms_) * kLeftPerSecond / 1000);
  left_counted_ms_ = now_ms;
  left_streams_.store(before - done + static_cast<int64_t>(count), std::memory_order_relaxed);
}

template <typename Measure>
Connection* Connections::Largest(Measure measure) {
  Connection* largest = nullptr;
  for (Connection* connection : connections_) {
    if (connection->leaving) continue;
    if (largest == nullptr || measure(*connection) > measure(*largest)) largest = connection;
  }
  return largest;
}

// The streams that are over the limit are those of whoever has the most.
bool Connections::ShutDownWithMostStreams() {
  const absl::MutexLock lock(mutex_);
  AddLeftStreams(0);
  if (!HasTooManyStreams()) return false;
  Connection* const largest = Largest([](const Connection& c) { return c.open_streams(); });
  if (largest == nullptr || largest->open_streams() <= kStreamsForAll) return true;
  LOG_EVERY_N_SEC(WARNING, 10) << "a connection with " << largest->open_streams()
                               << " streams was ended: there are too many of all connections";
  ShutDown(*largest);
  return true;
}

void Connections::CountUnfinished(int64_t bytes) {
  if (bytes == 0) return;
  unfinished_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  const auto max = static_cast<int64_t>(limits_.max_unfinished_bytes);
  if (bytes < 0 || unfinished_bytes() <= max) [[likely]]
    return;
  const absl::MutexLock lock(mutex_);
  // What those have that are shut down goes when they are closed.
  int64_t leaving = 0;
  for (const Connection* connection : connections_) {
    if (connection->leaving) leaving += connection->unfinished_bytes();
  }
  if (unfinished_bytes() - leaving <= max) return;
  Connection* const largest = Largest([](const Connection& c) { return c.unfinished_bytes(); });
  if (largest == nullptr) return;
  LOG_EVERY_N_SEC(WARNING, 10) << "a connection with " << largest->unfinished_bytes()
                               << " bytes of unfinished messages was ended: there are too many "
                                  "of all connections";
  ShutDown(*largest);
}

bool NoteReceived(int descriptor, const msghdr& message, size_t size) {
  Connection* const connection = Watched(descriptor);
  return connection == nullptr || connection->Received(message, size);
}

void NoteSent(int descriptor, const msghdr& message, size_t size) {
  Connection* const connection = Watched(descriptor);
  if (connection != nullptr) connection->Sent(message, size);
}

void NoteClosing(int descriptor) {
  Connection* const connection = Watched(descriptor);
  if (connection == nullptr) return;
  connection->Closing();
  SetWatched(descriptor, nullptr);
  delete connection;
}

}  // namespace davit::server
