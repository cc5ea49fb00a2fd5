#ifndef DAVIT_TESTS_GUESTS_HOSTED_H_
#define DAVIT_TESTS_GUESTS_HOSTED_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/davit.h"

namespace davit::guests {

// A guest in this process, for tests: calls and answers are text.
class Hosted {
 public:
  // Compiles a component, given by the path that Bazel has for it ("tests/guests/wat/traps.wasm"),
  // and instantiates it. All share one engine.
  static absl::StatusOr<Hosted> Create(const std::string& path,
                                       absl::Duration time_limit = absl::Seconds(20));
  ~Hosted();
  Hosted(Hosted&&) = default;

  // Calls "ns:pkg/iface#func(1, 2)", in WAVE. The answer is the result in WAVE ("" when there is
  // none), or "trap CODE: message", or "CODE: message" for any other error.
  std::string Call(std::string_view call);
  // The same with a time limit of its own for the guest.
  std::string Call(std::string_view call, absl::Duration time_limit);

  // The trap that ended the last call, or nullopt.
  std::optional<base::Trap> last_trap() const { return base::TrapOf(last_); }

 private:
  explicit Hosted(std::shared_ptr<engine::Cell> cell) : cell_(std::move(cell)) {}
  absl::StatusOr<std::string> TryCall(std::string_view call, absl::Duration time_limit);

  std::shared_ptr<engine::Cell> cell_;
  std::unique_ptr<component::Instance> instance_;
  absl::Status last_;
};

// As Hosted::Call has it.
std::string StatusText(const absl::Status& status);

}  // namespace davit::guests

#endif  // DAVIT_TESTS_GUESTS_HOSTED_H_
