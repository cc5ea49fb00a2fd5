#ifndef DAVIT_RUNTIME_COMPONENT_CODE_H_
#define DAVIT_RUNTIME_COMPONENT_CODE_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/engine/engine.h"
#include "runtime/link/program.h"

namespace davit::component {

// What the engine has made of a program, apart from its description: the core modules that it
// instantiates, and the code that carries what crosses between them and the host. Immutable, shared
// by all instances of all threads.
struct Code {
  std::vector<std::shared_ptr<const engine::CompiledModule>> modules;  // as Program::modules
  std::shared_ptr<const engine::ShimModule> shims;
};

// Errors: those of engine::Engine::Compile and CompileShims, which `types` (may be null) is for.
// REQUIRES: the program's core modules are valid.
absl::StatusOr<Code> Compile(engine::Engine& engine, const link::Program& program,
                             engine::CoreTypeAccount* types);

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_CODE_H_
