#ifndef DAVIT_RUNTIME_COMPONENT_DESTRUCTION_H_
#define DAVIT_RUNTIME_COMPONENT_DESTRUCTION_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "runtime/component/task.h"
#include "runtime/engine/store/store.h"
#include "runtime/handles/handle_table.h"
#include "runtime/link/program.h"

namespace davit::component {

class RunningProgram;

// The end of a resource whose own handle has gone: its destructor runs, as steps, in a task of its
// own. Spec: CanonicalABI.md#canon-resourcedrop
class Destruction final : public engine::Steps {
 public:
  // All of them outlive it. `entering`: the instances that its caller enters.
  Destruction(RunningProgram& program, HostEntry& entry, const handles::OwnedResource& owned,
              const std::vector<link::InstanceIndex>& entering)
      : program_(program), owned_(owned), task_(program, entry, entering) {}

  // Errors: kCannotEnter; what a destructor of the host fails with.
  absl::Status Next(engine::Step& step) override;
  absl::Status Failed(uint32_t completed, absl::Status status) override;

 private:
  absl::Status Begin(engine::Step& step);

  RunningProgram& program_;
  const handles::OwnedResource owned_;
  Task task_;
  bool begun_ = false;
  std::array<engine::CoreSlot, 1> slots_{};
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_DESTRUCTION_H_
