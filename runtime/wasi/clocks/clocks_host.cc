#include "runtime/wasi/clocks/clocks_host.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/wasi/io/pollable.h"

namespace davit::wasi::clocks {
namespace {

using Pollable = p2::io::poll::Pollable;

// A timer that counts among those of its instance.
class CountedTimer final : public io::Waitable {
 public:
  CountedTimer(std::unique_ptr<io::Waitable> timer, uint32_t& count)
      : timer_(std::move(timer)), count_(count) {
    ++count_;
  }
  ~CountedTimer() override { --count_; }
  bool Ready() override { return timer_->Ready(); }
  void Arm(const io::Waker& waker) override { timer_->Arm(waker); }

 private:
  const std::unique_ptr<io::Waitable> timer_;
  uint32_t& count_;
};

}  // namespace

absl::StatusOr<uint64_t> MonotonicClockHost::Now() {
  if (core_.config->fixed_time) return 0;
  return static_cast<uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - core_.begin).count());
}

io::MonotonicTime MonotonicClockHost::After(io::MonotonicTime start, uint64_t nanoseconds) {
  const std::chrono::nanoseconds most = io::kNever - start;
  if (nanoseconds >= static_cast<uint64_t>(most.count())) return io::kNever;
  return start + std::chrono::nanoseconds(nanoseconds);
}

absl::StatusOr<canon::Own<Pollable>> MonotonicClockHost::SubscribeInstant(uint64_t when) {
  return Subscribe(After(core_.begin, when));
}

absl::StatusOr<canon::Own<Pollable>> MonotonicClockHost::SubscribeDuration(uint64_t when) {
  return Subscribe(After(std::chrono::steady_clock::now(), when));
}

absl::StatusOr<canon::Own<Pollable>> MonotonicClockHost::Subscribe(io::MonotonicTime time) {
  if (core_.timers >= core_.config->quotas.timers) {
    return base::TrapStatus(base::TrapCode::kHandleTableFull,
                            absl::StrCat("the instance has ", core_.timers, " timers"));
  }
  auto timer = std::make_shared<CountedTimer>(core_.services.reactor.NewTimer(time), core_.timers);
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<io::Pollable>(std::move(timer))));
  return canon::Own<Pollable>{rep};
}

absl::StatusOr<p2::clocks::wall_clock::Datetime> WallClockHost::Now() {
  const absl::Time now = core_.config->fixed_time.value_or(absl::Now());
  const int64_t seconds = absl::ToUnixSeconds(now);
  const int64_t nanoseconds = absl::ToInt64Nanoseconds(now - absl::FromUnixSeconds(seconds));
  return p2::clocks::wall_clock::Datetime{.seconds = static_cast<uint64_t>(seconds),
                                          .nanoseconds = static_cast<uint32_t>(nanoseconds)};
}

absl::StatusOr<p2::clocks::wall_clock::Datetime> WallClockHost::Resolution() {
  return p2::clocks::wall_clock::Datetime{.seconds = 0, .nanoseconds = 1};
}

}  // namespace davit::wasi::clocks
