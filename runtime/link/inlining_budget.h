#ifndef DAVIT_RUNTIME_LINK_INLINING_BUDGET_H_
#define DAVIT_RUNTIME_LINK_INLINING_BUDGET_H_

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "runtime/base/allowance.h"
#include "runtime/base/limits.h"

namespace davit::link {

// Bounds what a component tree unfolds to, by the bytes of its binaries. A component can be
// instantiated, and an instance be imported or exported, many times over within few bytes, and each
// time its definitions are evaluated again. What inlining keeps is charged here before it is made.
class InliningBudget {
 public:
  explicit InliningBudget(uint64_t binary_bytes)
      : definitions_(
            "inlined_definitions",
            std::min(base::kMaxInlinedDefinitions, kFreeDefinitions + kTimes * binary_bytes),
            "the component tree has too many definitions"),
        name_bytes_("inlined_name_bytes",
                    std::min(base::kMaxInlinedNameBytes, kFreeNameBytes + kTimes * binary_bytes),
                    "the names that the component tree unfolds to are too long") {}

  // So many definitions, or parts of definitions that take as much as one. LimitError.
  absl::Status ChargeDefinitions(uint64_t count) { return definitions_.Charge(count); }
  // A name of so many bytes. LimitError.
  absl::Status ChargeName(uint64_t bytes) { return name_bytes_.Charge(bytes); }
  // Entries of element segments that every instantiation of the tree puts in place. LimitError.
  absl::Status ChargeElements(uint64_t count) { return elements_.Charge(count); }

 private:
  // Tools make trees in which little is there twice.
  static constexpr uint64_t kFreeDefinitions = 200'000, kFreeNameBytes = 4 << 20, kTimes = 8;

  base::Allowance definitions_, name_bytes_;
  base::Allowance elements_{"inlined_element_entries", base::kMaxInlinedElements,
                            "the core instances of the component tree have too many elements"};
};

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_INLINING_BUDGET_H_
