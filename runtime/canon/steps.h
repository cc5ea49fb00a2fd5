#ifndef DAVIT_RUNTIME_CANON_STEPS_H_
#define DAVIT_RUNTIME_CANON_STEPS_H_

#include <cstdint>

#include "absl/status/status.h"

namespace davit::canon {

// The run of guest code that a call is part of, as far as it may be ended from outside: by its
// deadline, its client or its deletion.
class RunWatch {
 public:
  virtual ~RunWatch() = default;
  // OK, or what the call is to end with.
  virtual absl::Status CheckRun() = 0;
};

// Counts the steps of a walk over a value, which takes C++ as long as a guest likes, and looks at
// the watch every so many of them. Not thread-safe.
class Steps {
 public:
  // Between two looks: a fraction of a millisecond.
  static constexpr uint64_t kPerLook = uint64_t{1} << 15;
  // What is copied or looked through as a whole: as many bytes take as long as a step.
  static constexpr uint64_t kBytesPerStep = 16;

  // `watch` may be null, which never ends anything, and outlives this.
  explicit Steps(RunWatch* watch) : watch_(watch) {}

  // To be called before so many steps, which should be no more than kPerLook. Errors: those of the
  // watch.
  absl::Status Take(uint64_t steps) {
    if (steps < left_) [[likely]] {
      left_ -= steps;
      return absl::OkStatus();
    }
    return Look();
  }

 private:
  absl::Status Look() {
    left_ = kPerLook;
    return watch_ == nullptr ? absl::OkStatus() : watch_->CheckRun();
  }

  RunWatch* const watch_;
  uint64_t left_ = kPerLook;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_STEPS_H_
