#ifndef DAVIT_RUNTIME_COMPONENT_INLINER_H_
#define DAVIT_RUNTIME_COMPONENT_INLINER_H_

#include <memory>

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

// Evaluates a validated component tree into the flat program of its instantiation, and compiles the
// core modules that it instantiates. Each nested instantiation evaluates the nested component again,
// with its own resources, so that no types are ever substituted.
// REQUIRES: binary::Validate(component) was OK; the binary outlives the call.
// Errors: LimitError when the tree has more than base::kMaxInlinedInstances instances or
// kMaxInlinedDefinitions definitions; FeatureError for what cannot be linked (component and module
// imports of the root, values); those of engine::Engine::Compile.
absl::StatusOr<InlinedComponent> Inline(engine::Engine& engine, const binary::Component& component);

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INLINER_H_
