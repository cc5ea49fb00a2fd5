#ifndef DAVIT_SERVER_LOGS_LOG_H_
#define DAVIT_SERVER_LOGS_LOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/wasi/io/reactor.h"
#include "runtime/wasi/io/waker.h"
#include "server/transport/token_bucket.h"

namespace davit::server {

enum class LogStream : uint8_t { kStdout, kStderr };

// A longer line is kept as several.
inline constexpr size_t kMaxLineBytes = 8 << 10;

struct LogLine {
  uint64_t sequence = 0;
  absl::Time time;
  LogStream stream = LogStream::kStdout;
  std::string text;
  std::shared_ptr<const std::string> call_id;  // null: not known
  bool continues = false;                      // in the next line of its stream and call
  uint64_t dropped = 0;                        // lines right before it that were not kept
};

struct LogLimits {
  // Of the lines that are kept, each with what it takes beside its text.
  uint64_t bytes = 256 << 10;
  // What is written beyond that is not kept, so that no guest makes its host busy with it.
  uint64_t bytes_per_second = 1 << 20;
};

// The last lines that guests have written. Thread-safe.
class Log {
 public:
  // Those who may follow it at a time: each costs whoever writes.
  static constexpr size_t kMaxFollowers = 16;
  class Seat;

  explicit Log(const LogLimits& limits);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Adds a line, to which a number and `dropped` are given here, or counts it as dropped. `now` is
  // what the rate goes by. REQUIRES: its text has at most kMaxLineBytes.
  void Append(LogLine line, wasi::io::MonotonicTime now);
  // Nothing more comes: whoever follows it reaches the end.
  void Close();

  // A part of it.
  struct Part {
    std::vector<LogLine> lines;
    uint64_t lost = 0;       // lines before these that have gone to make room
    bool is_closed = false;  // nothing comes after these
  };
  // The lines after the one numbered `after`, or from the oldest on where the log has not come to
  // that: at least one where there is one, and beyond that at most `max_bytes` as LogLimits counts.
  Part Read(uint64_t after, size_t max_bytes);

  // Null when too many follow it.
  static std::unique_ptr<Seat> TakeSeat(std::shared_ptr<Log> log);

 private:
  using Wakers = std::vector<wasi::io::Waker>;

  static uint64_t BytesOf(const LogLine& line);
  uint64_t Known(uint64_t after) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return after > last_sequence_ ? 0 : after;
  }
  Wakers Add(LogLine line, wasi::io::MonotonicTime now) ABSL_LOCKS_EXCLUDED(mutex_);
  Wakers TakeWakers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct Place {
    bool is_taken = false;
    std::optional<wasi::io::Waker> waker;
  };

  const LogLimits limits_;
  absl::Mutex mutex_;
  TokenBucket rate_ ABSL_GUARDED_BY(mutex_);
  std::deque<LogLine> lines_ ABSL_GUARDED_BY(mutex_);
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;  // since the last line that was kept
  bool is_closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::array<Place, kMaxFollowers> places_ ABSL_GUARDED_BY(mutex_);
};

// Of one who follows a log.
class Log::Seat {
 public:
  Seat(std::shared_ptr<Log> log, size_t place) : log_(std::move(log)), place_(place) {}
  ~Seat();
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  // Tells `waker` when there is a line after the one numbered `after`, or the log is closed: at
  // once where that is so now. Instead of any that it was given before.
  void Arm(uint64_t after, const wasi::io::Waker& waker);

 private:
  const std::shared_ptr<Log> log_;
  const size_t place_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_LOGS_LOG_H_
