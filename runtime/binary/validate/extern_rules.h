#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_EXTERN_RULES_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_EXTERN_RULES_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/extern_names.h"
#include "runtime/binary/features.h"
#include "runtime/binary/validate/validator_types.h"

namespace davit::binary {

// Labels of one record, variant, enum, flags or function type, which must be kebab-case and
// strongly unique. `what` (e.g. "record field") names them in errors.
class LabelSet {
 public:
  explicit LabelSet(std::string_view what) : what_(what) {}
  // Error: INVALID_ARGUMENT without an offset.
  absl::Status Add(std::string_view label);

 private:
  std::string_view what_;
  absl::flat_hash_map<std::string, std::string_view> taken_;
};

// The names of the imports, or of the exports, of one component, component type or instance type:
// their grammar, attributes, strong uniqueness, and the typing rules of annotated names.
// Spec: Binary.md#import-and-export-definitions
class ExternNameSet {
 public:
  // `what` is "import" or "export".
  ExternNameSet(std::string_view what, const Features& features)
      : what_(what), features_(features) {}

  // Error: INVALID_ARGUMENT without an offset.
  absl::Status Add(const ExternName& name, const Entity& entity);

 private:
  absl::Status CheckAttributes(const ExternName& name, const ParsedExternName& parsed,
                               const Entity& entity) const;
  absl::Status CheckAnnotation(const ExternName& name, const ParsedExternName& parsed,
                               const Entity& entity) const;

  std::string_view what_;
  const Features& features_;
  absl::flat_hash_map<std::string, std::string_view> taken_;      // by uniqueness key
  absl::flat_hash_map<std::string_view, ResourceRef> resources_;  // by label
};

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_EXTERN_RULES_H_
