#include "runtime/component/destruction.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/component/running_program.h"

namespace davit::component {

absl::Status Destruction::Next(engine::Step& step) {
  if (!std::exchange(begun_, true)) DAVIT_RETURN_IF_ERROR(Begin(step));
  if (step.kind == engine::Step::Kind::kEnd) task_.Leave();
  return absl::OkStatus();
}

absl::Status Destruction::Begin(engine::Step& step) {
  DAVIT_RETURN_IF_ERROR(task_.Enter());
  const link::ResourceInfo& resource = program_.program().resources[owned_.type.value];
  if (!resource.instance) {
    const ResourceEnd& end = *program_.bindings().destructors[owned_.type.value];
    return end ? end(program_.host_state(), owned_.rep.value) : absl::OkStatus();
  }
  if (!resource.destructor) return absl::OkStatus();
  slots_[0] = owned_.rep.value;
  step = {.kind = engine::Step::Kind::kCalls,
          .func = program_.func(*resource.destructor),
          .slots = slots_,
          .last = true};
  return absl::OkStatus();
}

absl::Status Destruction::Failed(uint32_t /*completed*/, absl::Status status) { return status; }

}  // namespace davit::component
