#ifndef DAVIT_RUNTIME_LINK_CANON_INLINER_H_
#define DAVIT_RUNTIME_LINK_CANON_INLINER_H_

#include "absl/status/status.h"
#include "runtime/binary/canon_def.h"
#include "runtime/link/program_builder.h"
#include "runtime/link/scope.h"

namespace davit::link {

// Evaluates one canonical definition: appends the core func or func it makes to `scope`, and what
// it does to the program. LimitError when that is too much; FeatureError for thread.spawn-ref,
// which takes a reference where host imports take numbers.
absl::Status InlineCanon(const binary::Canon& canon, Scope& scope, ProgramBuilder& builder);

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_CANON_INLINER_H_
