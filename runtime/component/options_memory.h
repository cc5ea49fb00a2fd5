#ifndef DAVIT_RUNTIME_COMPONENT_OPTIONS_MEMORY_H_
#define DAVIT_RUNTIME_COMPONENT_OPTIONS_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/canon/guest_memory.h"
#include "runtime/component/instance_state.h"
#include "runtime/engine/store/store.h"
#include "runtime/link/program.h"

namespace davit::component {

class RunningProgram;

// The guest memory and realloc of one set of canonical options. Each call of realloc is a task of
// its own, in which the instance may not leave. Spec: CanonicalABI.md#canonical-options
class OptionsMemory final : public canon::GuestMemory {
 public:
  // Both outlive this.
  OptionsMemory(RunningProgram& program, const link::Options& options)
      : program_(program), options_(options) {}

  std::span<uint8_t> View() override;
  absl::StatusOr<uint32_t> Realloc(uint32_t old_ptr, uint32_t old_size, uint32_t alignment,
                                   uint32_t new_size) override;
  absl::Status ReallocEach(std::span<engine::CoreSlot> frames, size_t& completed) override;

 private:
  absl::Status CheckRealloc() const;
  InstanceState& instance() const;
  engine::FuncId realloc() const;

  RunningProgram& program_;
  const link::Options& options_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_OPTIONS_MEMORY_H_
