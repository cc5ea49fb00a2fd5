#include "runtime/component/code.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace davit::component {

absl::StatusOr<Code> Compile(engine::Engine& engine, const link::Program& program,
                             engine::CoreTypeAccount* types) {
  Code code;
  code.modules.reserve(program.modules.size());
  for (const binary::CoreModule* module : program.modules) {
    DAVIT_ASSIGN_OR_RETURN(auto compiled,
                           engine.Compile(module->bytes, engine::Validity::kValid, types));
    code.modules.push_back(std::move(compiled));
  }
  const engine::ShimSpec crossings{.entries = program.crossings.entries,
                                   .host_imports = program.crossings.host_imports};
  DAVIT_ASSIGN_OR_RETURN(code.shims, engine.CompileShims(crossings, types));
  return code;
}

}  // namespace davit::component
