#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_RESOURCE_MENTIONS_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_RESOURCE_MENTIONS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/binary/validate/validator_types.h"

// Which resources types mention, exactly. Errors: budgets only.
namespace davit::binary {

// Whether `type` mentions a resource that it does not itself bind, so that it means something only
// in the component instance it was written in.
absl::StatusOr<bool> MentionsResource(const AnyType& type, TypeStore& store);

// Drops from `resources` those that nobody can see in `exports`. Without it a component would carry
// the resources of all instances inside it, and nesting would multiply them.
absl::Status KeepMentioned(const EntityMap& exports, std::vector<ResourceId>& resources,
                           TypeStore& store);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_RESOURCE_MENTIONS_H_
