#ifndef DAVIT_RUNTIME_TYPES_WORLD_BUDGET_H_
#define DAVIT_RUNTIME_TYPES_WORLD_BUDGET_H_

#include <cstdint>
#include <string_view>

#include "runtime/types/type_proto.h"

namespace davit::types {

// Counts what a world takes, in either form, so that what one side writes the other reads. Private
// to type_proto.h's implementation.
class WorldBudget {
 public:
  // Each is false when the budget is exceeded; what is left is then gone.
  bool TakeType() { return Take(kTypeBytes); }
  // A field, case, label, parameter, import or export.
  bool TakeNamed(std::string_view name) { return Take(kNamedBytes + name.size()); }

 private:
  // Covers a Type with its layout.
  static constexpr uint64_t kTypeBytes = 64;
  static constexpr uint64_t kNamedBytes = 16;

  bool Take(uint64_t bytes) {
    const bool enough = bytes <= left_;
    left_ = enough ? left_ - bytes : 0;
    return enough;
  }

  uint64_t left_ = kMaxWorldBytes;
};

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_WORLD_BUDGET_H_
