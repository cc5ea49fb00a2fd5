#ifndef DAVIT_RUNTIME_COMPONENT_CANON_INLINER_H_
#define DAVIT_RUNTIME_COMPONENT_CANON_INLINER_H_

#include "absl/status/status.h"
#include "runtime/binary/canon_def.h"
#include "runtime/component/program_builder.h"
#include "runtime/component/scope.h"

namespace davit::component {

// Evaluates one canonical definition: appends the core func or func it makes to `scope`, and what
// it does to the program. LimitError when that is too much; FeatureError for thread.spawn-ref,
// which takes a reference where host imports take numbers.
absl::Status InlineCanon(const binary::Canon& canon, Scope& scope, ProgramBuilder& builder);

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_CANON_INLINER_H_
