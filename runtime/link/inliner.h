#ifndef DAVIT_RUNTIME_LINK_INLINER_H_
#define DAVIT_RUNTIME_LINK_INLINER_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/link/program.h"
#include "runtime/types/world.h"

namespace davit::link {

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

// Evaluates a validated component tree into the flat program of its instantiation. Each nested
// instantiation evaluates the nested component again, with its own resources, so that no types are
// ever substituted: what validation found out of its types has none, and is of no use here. With
// providers, they and the component become siblings of one tree; a provider may use those before
// it. REQUIRES: binary::Validate() was OK for all of them; the binaries outlive the program.
// Errors: LimitError when the tree has more than base::kMaxInlinedInstances instances or unfolds to
// more than InliningBudget allows; FeatureError for what cannot be linked (component imports of the
// root, values, 64-bit representations, thread.spawn-ref); FAILED_PRECONDITION when a provider does
// not fit or is not wanted. Thread-safe.
absl::StatusOr<InlinedComponent> Inline(const binary::Component& component,
                                        std::span<const Provider> providers = {});

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_INLINER_H_
