#ifndef DAVIT_RUNTIME_BINARY_VAL_TYPE_H_
#define DAVIT_RUNTIME_BINARY_VAL_TYPE_H_

#include <cstdint>

#include "runtime/types/type.h"

namespace davit::binary {

// A value type: a primitive, or the index of a defined type. Spec: Binary.md#type-definitions
struct ValType {
  bool is_index = false;
  types::Kind primitive = types::Kind::kBool;
  uint32_t index = 0;
};

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VAL_TYPE_H_
