#ifndef DAVIT_CLIENT_CODEGEN_CPP_TYPES_H_
#define DAVIT_CLIENT_CODEGEN_CPP_TYPES_H_

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "client/codegen/interface_model.h"
#include "runtime/types/type.h"

namespace davit::codegen {

// Writes types as C++ has them within one interface's namespace. REQUIRES: what Models checked.
class CppTypes {
 public:
  CppTypes(const Models& models, const InterfaceModel& self) : models_(models), self_(self) {}

  // A value of `type`, by name where that has one.
  std::string Of(const types::Type& type);
  // The same as a parameter: of one that need not outlive the call, lists of numbers are views.
  std::string Parameter(const types::Type& type, Answer answer);
  // What `type` is another name for; nothing for what is defined by it.
  std::optional<std::string> AliasOf(const TypeModel& type);

  // Has the name of `type` used where it is only another one for some list, tuple, ...; other types
  // must be defined before they are used anyhow.
  void SetDefined(const TypeModel& type) { defined_.insert(type.cpp); }
  // Names of types that mean something else from now on, until there is another set.
  void Hide(absl::flat_hash_set<std::string> names) { hidden_ = std::move(names); }
  // Files of the interfaces whose names were written.
  const std::set<std::string>& stems() const { return stems_; }

 private:
  template <typename Key>
  std::string NameOf(const Key& key);
  std::string Local(const std::string& cpp) const;
  std::string Elsewhere(const Models::Definition& definition);
  std::string Structure(const types::Type& type);
  std::string ResultOf(const types::Type& type);
  std::string Arguments(const char* of, const types::Type& type);

  const Models& models_;
  const InterfaceModel& self_;
  absl::flat_hash_set<std::string> defined_;
  absl::flat_hash_set<std::string> hidden_;
  std::set<std::string> stems_;
};

}  // namespace davit::codegen

#endif  // DAVIT_CLIENT_CODEGEN_CPP_TYPES_H_
