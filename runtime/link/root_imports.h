#ifndef DAVIT_RUNTIME_LINK_ROOT_IMPORTS_H_
#define DAVIT_RUNTIME_LINK_ROOT_IMPORTS_H_

#include <cstdint>
#include <deque>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/link/program_builder.h"
#include "runtime/link/scope.h"

namespace davit::link {

// Evaluates what the root component imports from the host: functions and resources become entries
// of the program, instances become bags of them by their types, core modules stay unlinked.
class RootImports {
 public:
  // `scopes` holds the scopes of evaluated types; both must outlive this.
  RootImports(ProgramBuilder& builder, std::deque<Scope>& scopes)
      : builder_(builder), scopes_(scopes) {}

  // The thing imported. FeatureError for components and values; LimitError when its type unfolds to
  // too much.
  absl::StatusOr<Item> Import(const binary::Import& import, const Scope& scope);

  // Everything imported so far, by name.
  const InstanceValue& items() const { return items_; }

 private:
  // What `desc` describes, called `name` in `interface` (empty: in the world).
  absl::StatusOr<Item> Make(const binary::ExternDesc& desc, const Scope& scope,
                            const std::string& interface, const std::string& name);
  absl::StatusOr<Item> MakeInstance(const TypeClosure& type, const std::string& path);
  Item MakeFunc(const FuncTypePtr& type, const std::string& interface, const std::string& name);
  Item MakeResource(const std::string& interface, const std::string& name);
  Item MakeEqual(const TypeValue& type, const std::string& interface, const std::string& name);
  absl::Status Declare(const binary::TypeDecl& decl, Scope& scope, const std::string& path,
                       InstanceValue& value);

  ProgramBuilder& builder_;
  std::deque<Scope>& scopes_;
  InstanceValue items_;
};

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_ROOT_IMPORTS_H_
