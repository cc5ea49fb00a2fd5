#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_CANON_OPTIONS_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_CANON_OPTIONS_H_

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "runtime/binary/canon_def.h"
#include "runtime/binary/validate/scope.h"
#include "runtime/types/type.h"

// Canonical options: which a definition may have, which it must have. Private to the validator.
// Errors: a violation; FeatureError for what a feature that is off would allow.
// Spec: CanonicalABI.md#canonopt-validation
namespace davit::binary {

// The options that only some definitions take; memory and string-encoding go everywhere.
struct AllowedOptions {
  bool realloc = false;
  bool post_return = false;
  bool async = false;
  bool callback = false;
};

// Checks each option that is present by itself: allowed, in bounds, of the right core type, with
// the others that it needs.
absl::Status CheckOptions(const Scope& scope, const CanonOptions& options,
                          const AllowedOptions& allowed);

// A memory that built-ins may write to: 32-bit and not shared.
absl::Status CheckMemory(const Scope& scope, uint32_t memory);

// OK when the core function at `index` has type `wanted`; `what` names it in the error.
absl::Status CheckCoreFunc(const Scope& scope, uint32_t index, const types::CoreSignature& wanted,
                           std::string_view what);

// The options that passing values of some types needs.
class RequiredOptions {
 public:
  // Values the component passes out are read from its memory.
  void PassOut(const std::optional<ValueType>& type);
  // Values it receives are written to its memory, at places that it allocates.
  void Receive(const std::optional<ValueType>& type);
  void NeedMemory() { memory_ = true; }
  void NeedRealloc() { memory_ = realloc_ = true; }

  absl::Status Check(const CanonOptions& options) const;

 private:
  bool memory_ = false, realloc_ = false;
};

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_CANON_OPTIONS_H_
