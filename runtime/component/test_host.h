#ifndef DAVIT_RUNTIME_COMPONENT_TEST_HOST_H_
#define DAVIT_RUNTIME_COMPONENT_TEST_HOST_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/trap.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/engine.h"

namespace davit::component {

// The engine of the test process; never destroyed.
engine::Engine& TestEngine();

// A component that the build made, by its path in the runfiles ("tests/guests/wat/nested.wasm").
std::shared_ptr<const std::string> ReadGuest(std::string_view path);
std::shared_ptr<const Component> CompileGuest(std::string_view path);

// Of a status that is a trap; kUnspecified of any other.
base::TrapCode TrapCodeOf(const absl::Status& status);

// An instance in a cell of its own, called in WAVE.
class TestInstance {
 public:
  // Fails the test when the component does not instantiate.
  explicit TestInstance(std::string_view guest, const InstanceLimits& limits = {},
                        std::shared_ptr<const Linker> linker = nullptr);
  explicit TestInstance(std::shared_ptr<const Component> component,
                        const InstanceLimits& limits = {},
                        std::shared_ptr<const Linker> linker = nullptr);

  // Calls "interface#func(args)"; answers the result, empty when there is none.
  absl::StatusOr<std::string> Call(std::string_view call,
                                   PostReturnMode mode = PostReturnMode::kAutomatic);
  absl::Status PostReturn(std::string_view func);

  Instance& instance() { return *instance_; }
  engine::Cell& cell() { return *cell_; }
  // Of every call from now on.
  void set_timeout(absl::Duration timeout) { timeout_ = timeout; }

 private:
  std::shared_ptr<engine::Cell> cell_;
  std::unique_ptr<Instance> instance_;
  absl::Duration timeout_ = absl::Seconds(20);
};

// What instantiating a guest answers, with no imports satisfied unless by `linker`.
absl::Status InstantiateStatus(std::string_view guest, const InstanceLimits& limits = {},
                               std::shared_ptr<const Linker> linker = nullptr,
                               absl::Duration timeout = absl::Seconds(20));
absl::Status InstantiateStatus(std::shared_ptr<const Component> component,
                               const InstanceLimits& limits = {},
                               std::shared_ptr<const Linker> linker = nullptr,
                               absl::Duration timeout = absl::Seconds(20));

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_TEST_HOST_H_
