#ifndef DAVIT_RUNTIME_WASI_IO_REACTOR_H_
#define DAVIT_RUNTIME_WASI_IO_REACTOR_H_

#include <chrono>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "runtime/wasi/io/waitable.h"

namespace davit::wasi::io {

using MonotonicTime = std::chrono::steady_clock::time_point;

// A time that never comes.
inline constexpr MonotonicTime kNever = MonotonicTime::max();

// The thread on which everything happens that instances wait for. One in a process is enough; what
// runs on it must not block. Thread-safe.
class Reactor {
 public:
  Reactor();
  // What was posted and has not run is dropped. Everything made with it must have ended.
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Runs `function` on the reactor's thread, soon.
  void Post(absl::AnyInvocable<void()> function);

  // Ready from `time` on. It must outlive none of its reactor.
  std::unique_ptr<Waitable> NewTimer(MonotonicTime time);

  // For what builds on Asio itself: reactor_impl.h.
  class Impl;
  Impl& impl() { return *impl_; }

 private:
  const std::unique_ptr<Impl> impl_;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_REACTOR_H_
