#ifndef DAVIT_RUNTIME_COMPONENT_INLINING_BUDGET_H_
#define DAVIT_RUNTIME_COMPONENT_INLINING_BUDGET_H_

#include <cstdint>

#include "absl/status/status.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"

namespace davit::component {

// Bounds what a component tree unfolds to. A component can be instantiated, and an instance be
// imported or exported, many times over within few bytes, and each time its definitions are
// evaluated again. Whatever inlining keeps is charged here before it is made.
class InliningBudget {
 public:
  // So many definitions, or parts of definitions that take as much as one. LimitError.
  absl::Status ChargeDefinitions(uint64_t count) {
    definitions_ += count;
    if (definitions_ <= base::kMaxInlinedDefinitions) [[likely]]
      return absl::OkStatus();
    return base::LimitError("inlined_definitions", base::kMaxInlinedDefinitions,
                            "the component tree has too many definitions");
  }
  // A name of so many bytes. LimitError.
  absl::Status ChargeName(uint64_t bytes) {
    name_bytes_ += bytes;
    if (name_bytes_ <= base::kMaxInlinedNameBytes) [[likely]]
      return absl::OkStatus();
    return base::LimitError("inlined_name_bytes", base::kMaxInlinedNameBytes,
                            "the names that the component tree unfolds to are too long");
  }

 private:
  // Cannot overflow: each charge is less than 2^32.
  uint64_t definitions_ = 0;
  uint64_t name_bytes_ = 0;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INLINING_BUDGET_H_
