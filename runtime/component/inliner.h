#ifndef DAVIT_RUNTIME_COMPONENT_INLINER_H_
#define DAVIT_RUNTIME_COMPONENT_INLINER_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/component/program.h"
#include "runtime/engine/engine.h"
#include "runtime/types/world.h"

namespace davit::component {

struct InlinedComponent {
  Program program;
  types::World world;
};

// A component whose export satisfies an import of another: the import's name, with or without its
// version.
struct Provider {
  std::string import;
  const binary::Component* component = nullptr;
};

// Evaluates a validated component tree into the flat program of its instantiation, and compiles the
// core modules that it instantiates. Each nested instantiation evaluates the nested component
// again, with its own resources, so that no types are ever substituted. With providers, they and
// the component become siblings of one tree; a provider may use those before it. REQUIRES:
// binary::Validate() was OK for all of them; the binaries outlive the program. Errors: LimitError
// when the tree has more than base::kMaxInlinedInstances instances or unfolds to more than
// InliningBudget allows; FeatureError for what cannot be linked (component imports of the root,
// values, 64-bit representations, thread.spawn-ref); FAILED_PRECONDITION when a provider does not
// fit or is not wanted; those of engine::Engine::Compile, which `types` (may be null) is for.
absl::StatusOr<InlinedComponent> Inline(engine::Engine& engine, const binary::Component& component,
                                        engine::CoreTypeAccount* types,
                                        std::span<const Provider> providers = {});

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INLINER_H_
