#ifndef DAVIT_RUNTIME_TYPES_RESOURCE_ID_H_
#define DAVIT_RUNTIME_TYPES_RESOURCE_ID_H_

#include "runtime/base/index.h"

namespace davit::types {

// Identity of a resource type. What the number means is up to whoever makes the types: an abstract
// id while validating, the index of a resource of a program afterwards. A store runs one program,
// so that the resource types of its handles have the program's numbers.
struct ResourceTag;
using ResourceId = base::Index<ResourceTag>;

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_RESOURCE_ID_H_
