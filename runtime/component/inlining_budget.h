#ifndef DAVIT_RUNTIME_COMPONENT_INLINING_BUDGET_H_
#define DAVIT_RUNTIME_COMPONENT_INLINING_BUDGET_H_

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"

namespace davit::component {

// Bounds what a component tree unfolds to, by the bytes of its binaries. A component can be
// instantiated, and an instance be imported or exported, many times over within few bytes, and each
// time its definitions are evaluated again. What inlining keeps is charged here before it is made.
class InliningBudget {
 public:
  explicit InliningBudget(uint64_t binary_bytes)
      : max_definitions_(
            std::min(base::kMaxInlinedDefinitions, kFreeDefinitions + kTimes * binary_bytes)),
        max_name_bytes_(
            std::min(base::kMaxInlinedNameBytes, kFreeNameBytes + kTimes * binary_bytes)) {}

  // So many definitions, or parts of definitions that take as much as one. LimitError.
  absl::Status ChargeDefinitions(uint64_t count) {
    definitions_ += count;
    if (definitions_ <= max_definitions_) [[likely]]
      return absl::OkStatus();
    return base::LimitError("inlined_definitions", max_definitions_,
                            "the component tree has too many definitions");
  }
  // A name of so many bytes. LimitError.
  absl::Status ChargeName(uint64_t bytes) {
    name_bytes_ += bytes;
    if (name_bytes_ <= max_name_bytes_) [[likely]]
      return absl::OkStatus();
    return base::LimitError("inlined_name_bytes", max_name_bytes_,
                            "the names that the component tree unfolds to are too long");
  }

 private:
  // Tools make trees in which little is there twice.
  static constexpr uint64_t kFreeDefinitions = 200'000, kFreeNameBytes = 4 << 20, kTimes = 8;

  const uint64_t max_definitions_, max_name_bytes_;
  // Cannot overflow: each charge is less than 2^32.
  uint64_t definitions_ = 0, name_bytes_ = 0;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INLINING_BUDGET_H_
