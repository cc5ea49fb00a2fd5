#ifndef DAVIT_SERVER_TRANSPORT_CONNECTIONS_H_
#define DAVIT_SERVER_TRANSPORT_CONNECTIONS_H_

#include <sys/socket.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "server/transport/http2_inspector.h"

namespace davit::server {

struct ConnectionLimits {
  uint32_t max_connections = 1000;
  // Of one IPv4 address or IPv6 /64. Loopback and Unix sockets are not counted: there a proxy or
  // the machine's own programs come from.
  uint32_t max_connections_per_address = 500;
  // Open on all connections together. gRPC holds a call for a while after a client has left its
  // stream: those that were left lately count as well.
  uint32_t max_total_streams = 20'000;
  // Of messages that are not whole yet, on all connections together. gRPC keeps them, and where it
  // runs out of memory ends any stream.
  uint64_t max_unfinished_bytes = 512 << 20;
  Http2Limits http2;
};

class Connection;

// The connections of one server. gRPC reads and writes them itself; each is watched by the calls to
// the C library that it makes with the descriptor (socket_calls.cc), from Admit until it closes it.
// One that breaks a limit is shut down before gRPC sees the bytes that did. Thread-safe.
class Connections : public std::enable_shared_from_this<Connections> {
 public:
  static std::shared_ptr<Connections> Create(const ConnectionLimits& limits);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Watches the connected, clear-text HTTP/2 socket `descriptor` until it is closed. False when
  // there are too many and none can make room by ShutDownIdle: it is the caller's to close then.
  bool Admit(int descriptor);
  // Shuts down the connection that is needed least: one without an open stream, first one that
  // never had any, then the one that has been silent for the longest. False when there is none.
  bool ShutDownIdle();

  // Without those that are shut down but not closed yet.
  uint32_t count() const;
  int64_t open_streams() const { return open_streams_.load(std::memory_order_relaxed); }
  int64_t unfinished_bytes() const { return unfinished_bytes_.load(std::memory_order_relaxed); }

 private:
  friend class Connection;

  explicit Connections(const ConnectionLimits& limits);
  bool HasRoom(const std::string& address) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ShutDownIdleLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ShutDown(Connection& connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(Connection* connection);
  // Adds to the open streams, and to those that their clients have left. Returns true when there
  // were too many, and shuts down the connection that has most of them.
  bool CountStreams(int64_t opened, uint64_t left);
  bool HasTooManyStreams() const;
  bool ShutDownWithMostStreams();
  // Adds to the bytes of unfinished messages. When there are too many, shuts down the connection
  // that has most of them.
  void CountUnfinished(int64_t bytes);
  // Those that are not leaving.
  template <typename Measure>
  Connection* Largest(Measure measure) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddLeftStreams(uint64_t count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ConnectionLimits limits_;
  std::atomic<int64_t> open_streams_ = 0;
  std::atomic<int64_t> left_streams_ = 0;
  std::atomic<int64_t> unfinished_bytes_ = 0;
  mutable absl::Mutex mutex_;
  int64_t left_counted_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  uint32_t leaving_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_set<Connection*> connections_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, uint32_t> addresses_ ABSL_GUARDED_BY(mutex_);
};

// -- What socket_calls.cc tells; nothing for a descriptor that is not watched --

// `size` bytes have come into the buffers of `message`. False when the connection was shut down for
// them; they must not be used.
bool NoteReceived(int descriptor, const msghdr& message, size_t size);
// The first `size` bytes of `message` were sent.
void NoteSent(int descriptor, const msghdr& message, size_t size);
// The descriptor is about to be closed. Nothing else may be under way with it.
void NoteClosing(int descriptor);

}  // namespace davit::server

#endif  // DAVIT_SERVER_TRANSPORT_CONNECTIONS_H_
