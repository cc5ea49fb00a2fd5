#ifndef DAVIT_RUNTIME_LINK_IMPORT_BINDER_H_
#define DAVIT_RUNTIME_LINK_IMPORT_BINDER_H_

#include <cstdint>
#include <deque>
#include <string>

#include "absl/status/status.h"
#include "runtime/binary/ast.h"
#include "runtime/link/core_type_eval.h"
#include "runtime/link/inlining_budget.h"
#include "runtime/link/program.h"
#include "runtime/link/scope.h"

namespace davit::link {

// Checks that what another component exports fits what a component imports. Resources that the
// import leaves abstract stand for those exported, so both sides are compared with real identities.
class ImportBinder {
 public:
  // `scopes` holds the scopes of evaluated types; all must outlive this.
  ImportBinder(const Program& program, InliningBudget& budget, std::deque<Scope>& scopes)
      : program_(program), budget_(budget), scopes_(scopes) {}

  // FAILED_PRECONDITION naming the first item of `path` that is missing or of another type;
  // LimitError when the types unfold to too much.
  absl::Status Check(const binary::ExternDesc& desc, const Scope& scope, const Item& provided,
                     const std::string& path);

 private:
  absl::Status CheckFunc(const FuncTypePtr& want, const Item& provided, const std::string& path);
  absl::Status CheckType(const binary::TypeBound& bound, const Scope& scope, const Item& provided,
                         const std::string& path);
  absl::Status CheckModule(uint32_t want, const Scope& scope, const Item& provided,
                           const std::string& path);
  absl::Status CheckInstance(const TypeClosure& want, const Item& provided,
                             const std::string& path);
  absl::Status CheckDecl(const binary::TypeDecl& decl, Scope& scope, const InstanceValue& provided,
                         const std::string& path);

  const Program& program_;
  InliningBudget& budget_;
  std::deque<Scope>& scopes_;
  CoreTypeEval core_types_;
};

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_IMPORT_BINDER_H_
