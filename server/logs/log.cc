#include "server/logs/log.h"

#include <algorithm>
#include <chrono>

#include "absl/log/check.h"

namespace davit::server {
namespace {

int64_t Milliseconds(wasi::io::MonotonicTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

void WakeAll(const std::vector<wasi::io::Waker>& wakers) {
  for (const wasi::io::Waker& waker : wakers) waker.Wake();
}

}  // namespace

// The bucket begins full: what the clock has shown before fills it.
Log::Log(const LogLimits& limits)
    : limits_(limits), rate_(limits.bytes_per_second, limits.bytes_per_second, 0) {}

uint64_t Log::BytesOf(const LogLine& line) { return sizeof(LogLine) + line.text.size(); }

void Log::Append(LogLine line, wasi::io::MonotonicTime now) {
  DCHECK_LE(line.text.size(), kMaxLineBytes);
  WakeAll(Add(std::move(line), now));
}

Log::Wakers Log::Add(LogLine line, wasi::io::MonotonicTime now) {
  absl::MutexLock lock(mutex_);
  line.sequence = ++last_sequence_;
  if (!rate_.Take(line.text.size() + 1, Milliseconds(now))) {
    ++dropped_;
    return {};
  }
  line.dropped = std::exchange(dropped_, 0);
  bytes_ += BytesOf(line);
  lines_.push_back(std::move(line));
  while (bytes_ > limits_.bytes && lines_.size() > 1) {
    bytes_ -= BytesOf(lines_.front());
    lines_.pop_front();
  }
  return TakeWakers();
}

void Log::Close() {
  Wakers wakers;
  {
    absl::MutexLock lock(mutex_);
    is_closed_ = true;
    wakers = TakeWakers();
  }
  WakeAll(wakers);
}

Log::Wakers Log::TakeWakers() {
  Wakers wakers;
  for (Place& place : places_) {
    if (place.waker.has_value()) wakers.push_back(*std::exchange(place.waker, std::nullopt));
  }
  return wakers;
}

Log::Part Log::Read(uint64_t after, size_t max_bytes) {
  Part part;
  absl::MutexLock lock(mutex_);
  after = Known(after);
  auto line = std::ranges::upper_bound(lines_, after, {}, &LogLine::sequence);
  if (line != lines_.end()) {
    const uint64_t missing = line->sequence - after - 1;
    part.lost = missing - std::min(missing, line->dropped);
  }
  for (uint64_t bytes = 0; line != lines_.end(); ++line) {
    bytes += BytesOf(*line);
    if (bytes > max_bytes && !part.lines.empty()) break;
    part.lines.push_back(*line);
  }
  part.is_closed = is_closed_ && line == lines_.end();
  return part;
}

std::unique_ptr<Log::Seat> Log::TakeSeat(std::shared_ptr<Log> log) {
  size_t place = 0;
  {
    absl::MutexLock lock(log->mutex_);
    const auto free = std::ranges::find(log->places_, false, &Place::is_taken);
    if (free == log->places_.end()) return nullptr;
    free->is_taken = true;
    place = static_cast<size_t>(free - log->places_.begin());
  }
  return std::make_unique<Seat>(std::move(log), place);
}

// -- Log::Seat --

Log::Seat::~Seat() {
  absl::MutexLock lock(log_->mutex_);
  log_->places_[place_] = {};
}

void Log::Seat::Arm(uint64_t after, const wasi::io::Waker& waker) {
  {
    absl::MutexLock lock(log_->mutex_);
    const bool has_more =
        !log_->lines_.empty() && log_->lines_.back().sequence > log_->Known(after);
    if (!has_more && !log_->is_closed_) {
      log_->places_[place_].waker = waker;
      return;
    }
  }
  waker.Wake();
}

}  // namespace davit::server
