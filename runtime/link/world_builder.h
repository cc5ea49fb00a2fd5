#ifndef DAVIT_RUNTIME_LINK_WORLD_BUILDER_H_
#define DAVIT_RUNTIME_LINK_WORLD_BUILDER_H_

#include <vector>

#include "runtime/link/program.h"
#include "runtime/link/scope.h"
#include "runtime/types/world.h"

namespace davit::link {

// Describes imports or exports with their types, for people and clients. Time is linear in the
// number of distinct instances.
std::vector<types::Extern> DescribeItems(const InstanceValue& items, const Program& program);

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_WORLD_BUILDER_H_
