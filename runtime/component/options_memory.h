#ifndef DAVIT_RUNTIME_COMPONENT_OPTIONS_MEMORY_H_
#define DAVIT_RUNTIME_COMPONENT_OPTIONS_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/canon/guest_memory.h"
#include "runtime/component/instance_tree.h"
#include "runtime/component/program.h"

namespace davit::component {

// The guest memory and realloc of one set of canonical options. Each call of realloc is a task of
// its own, in which the instance may not leave. Spec: CanonicalABI.md#canonical-options
class InstanceTree::OptionsMemory final : public canon::GuestMemory {
 public:
  // Both outlive this.
  OptionsMemory(InstanceTree& tree, const Options& options) : tree_(tree), options_(options) {}

  std::span<uint8_t> View() override;
  absl::StatusOr<uint32_t> Realloc(uint32_t old_ptr, uint32_t old_size, uint32_t alignment,
                                   uint32_t new_size) override;
  absl::Status ReallocEach(std::span<engine::CoreSlot> frames, size_t& completed) override;

 private:
  absl::Status CheckRealloc() const;
  InstanceState& instance() const { return tree_.instances_[options_.instance.value]; }
  engine::FuncId realloc() const { return tree_.funcs_[options_.realloc->value]; }

  InstanceTree& tree_;
  const Options& options_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_OPTIONS_MEMORY_H_
