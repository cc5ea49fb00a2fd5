#ifndef DAVIT_CLIENT_CODEGEN_READ_WORLD_H_
#define DAVIT_CLIENT_CODEGEN_READ_WORLD_H_

#include <string>

#include "absl/status/statusor.h"
#include "runtime/types/world.h"

namespace davit::codegen {

// The world of a component's binary, whose core modules are not looked at. Errors: as of
// component::Component::Compile.
absl::StatusOr<types::World> ReadWorld(std::string binary);

}  // namespace davit::codegen

#endif  // DAVIT_CLIENT_CODEGEN_READ_WORLD_H_
