#ifndef DAVIT_RUNTIME_COMPONENT_WORLD_BUILDER_H_
#define DAVIT_RUNTIME_COMPONENT_WORLD_BUILDER_H_

#include <vector>

#include "runtime/component/program.h"
#include "runtime/component/scope.h"
#include "runtime/types/world.h"

namespace davit::component {

// Describes imports or exports with their types, for people and clients. Time is linear in the
// number of distinct instances.
std::vector<types::Extern> DescribeItems(const InstanceValue& items, const Program& program);

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_WORLD_BUILDER_H_
