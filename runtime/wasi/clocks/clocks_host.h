#ifndef DAVIT_RUNTIME_WASI_CLOCKS_CLOCKS_HOST_H_
#define DAVIT_RUNTIME_WASI_CLOCKS_CLOCKS_HOST_H_

#include <cstdint>

#include "runtime/wasi/bindings/clocks_monotonic_clock.h"
#include "runtime/wasi/bindings/clocks_wall_clock.h"
#include "runtime/wasi/core.h"
#include "runtime/wasi/io/reactor.h"

namespace davit::wasi::clocks {

// wasi:clocks/monotonic-clock: nanoseconds since the instance began.
class MonotonicClockHost final : public p2::clocks::monotonic_clock::Host {
 public:
  // `core` must outlive it.
  explicit MonotonicClockHost(Core& core) : core_(core) {}

  absl::StatusOr<uint64_t> Now() override;
  absl::StatusOr<uint64_t> Resolution() override { return 1; }
  absl::StatusOr<canon::Own<p2::io::poll::Pollable>> SubscribeInstant(uint64_t when) override;
  absl::StatusOr<canon::Own<p2::io::poll::Pollable>> SubscribeDuration(uint64_t when) override;

 private:
  // What comes later than can be told never comes.
  static io::MonotonicTime After(io::MonotonicTime start, uint64_t nanoseconds);
  absl::StatusOr<canon::Own<p2::io::poll::Pollable>> Subscribe(io::MonotonicTime time);

  Core& core_;
};

// wasi:clocks/wall-clock.
class WallClockHost final : public p2::clocks::wall_clock::Host {
 public:
  // `core` must outlive it.
  explicit WallClockHost(Core& core) : core_(core) {}

  absl::StatusOr<p2::clocks::wall_clock::Datetime> Now() override;
  absl::StatusOr<p2::clocks::wall_clock::Datetime> Resolution() override;

 private:
  Core& core_;
};

}  // namespace davit::wasi::clocks

#endif  // DAVIT_RUNTIME_WASI_CLOCKS_CLOCKS_HOST_H_
