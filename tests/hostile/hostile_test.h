#ifndef DAVIT_TESTS_HOSTILE_HOSTILE_TEST_H_
#define DAVIT_TESTS_HOSTILE_HOSTILE_TEST_H_

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/watch.h"
#include "tests/integration/davitd.h"

namespace davit::hostile {

// What an attack did to davitd.
struct Outcome {
  // The process goes on; otherwise the end of its log.
  bool is_alive = false;
  std::string last_words;
  uint64_t peak_bytes = 0;
  uint64_t settled_bytes = 0;  // resident once it falls no more
  int peak_threads = 0;
  Bystander::Record bystander;
  absl::Duration next_good_call;  // on a new connection; InfiniteDuration when it failed
};
std::ostream& operator<<(std::ostream& out, const Outcome& outcome);

// What it may do at most. Sanitizers have more (watch.h).
struct Bounds {
  uint64_t peak_bytes = kGiB;
  uint64_t settled_bytes = 600 * kMiB;
  int peak_threads = 100;
  absl::Duration bystander = absl::Seconds(1);
  absl::Duration next_good_call = absl::Seconds(1);
};
MATCHER_P(StaysWithin, bounds, "stays within the bounds") {
  *result_listener << "which " << arg;
  return arg.is_alive && arg.peak_bytes <= bounds.peak_bytes * kLarger &&
         arg.settled_bytes <= bounds.settled_bytes * kLarger &&
         arg.peak_threads <= bounds.peak_threads &&
         arg.bystander.longest <= bounds.bystander * kSlower && arg.bystander.failures == 0 &&
         arg.next_good_call <= bounds.next_good_call * kSlower;
}

// Each case attacks a davitd of its own, in its default configuration unless it says otherwise. In
// the end it has to come down within seconds, with status 0.
class HostileTest : public testing::Test {
 protected:
  HostileTest() : HostileTest("") {}
  explicit HostileTest(std::string config) : config_(std::move(config)) {}
  void SetUp() override;
  void TearDown() override;

  // Runs the attack, with a bystander beside it whose instance is DEDICATED, and a good call after
  // it. May be called again.
  Outcome Attack(absl::FunctionRef<void()> attack);
  // Whether it was killed for its size, or has ended: an attack that goes on need not.
  bool IsDown();

  integration::Davitd& davitd() { return *davitd_; }
  client::Client& client() { return *client_; }
  std::unique_ptr<client::Client> Connect(absl::Duration timeout = absl::Seconds(60));

  // A new instance of a component that is deployed for it, which has to work; the full name.
  std::string Instance(std::string_view binary, v1::CreateInstanceRequest request = {});
  // The same of a component that is there.
  std::string InstanceOf(std::string_view component, v1::CreateInstanceRequest request = {});
  std::string Deploy(std::string_view binary);

  struct CallOptions {
    std::optional<uint32_t> arg;  // of a func(u32) -> u32
    absl::Duration deadline = absl::Seconds(60);
  };
  absl::Status Call(std::string_view instance, std::string_view func, const CallOptions& options);
  absl::Status Call(std::string_view instance, std::string_view func) {
    return Call(instance, func, {});
  }
  // How long after its deadline, or after `end` was done when it began to run, the call of `func`
  // holds its cell: until a second call of the instance is answered, which waits for it.
  absl::Duration HoldsCellAfterDeadline(std::string_view instance, std::string_view func,
                                        const CallOptions& options);
  absl::Duration HoldsCellAfter(absl::FunctionRef<void(grpc::ClientContext&)> end,
                                std::string_view instance, std::string_view func,
                                const CallOptions& options);
  // How long the call itself lasts from when `end` begins, when the call runs.
  absl::Duration CallLasts(absl::FunctionRef<void(grpc::ClientContext&)> end,
                           std::string_view instance, std::string_view func,
                           const CallOptions& options);
  // Waits, for two minutes at most, until davitd computes little: the optimiser has nothing left.
  void AwaitQuiet() const;

 private:
  // A call on a thread of its own, which has begun to run in its guest.
  class Running;
  absl::Duration NextGoodCall();
  uint64_t Settle() const;

  const std::string config_;
  std::unique_ptr<integration::Davitd> davitd_;
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<client::Client> client_;
  std::string bystander_;  // an instance
  int deployed_ = 0;
};

}  // namespace davit::hostile

#endif  // DAVIT_TESTS_HOSTILE_HOSTILE_TEST_H_
