#include "client/codegen/cpp_types.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/text/wit_scope.h"

namespace davit::codegen {

using types::Kind;

std::string CppTypes::Of(const types::Type& type) {
  if (text::ExistsByNameOnly(type.kind())) return NameOf(type);
  const std::string* name = self_.names.Find(type);
  if (name == nullptr) return Structure(type);
  const std::string& cpp = self_.cpp_names.at(*name);
  return defined_.contains(cpp) ? Local(cpp) : Structure(type);
}

std::string CppTypes::Parameter(const types::Type& type, Answer answer) {
  const bool is_view = answer == Answer::kAtOnce && type.kind() == Kind::kList &&
                       types::IsFixedWidthNumber(type.element()->kind());
  if (is_view) return absl::StrCat("std::span<const ", Of(*type.element()), ">");
  return Of(type);
}

std::optional<std::string> CppTypes::AliasOf(const TypeModel& type) {
  const auto definition =
      type.is_resource() ? models_.Find(type.resource) : models_.Find(*type.type);
  const std::string* first =
      type.is_resource() ? self_.names.Find(type.resource) : self_.names.Find(*type.type);
  if (definition.has_value() && definition->interface != &self_) return Elsewhere(*definition);
  if (first != nullptr && *first != type.wit) return self_.cpp_names.at(*first);
  if (type.is_resource() || text::ExistsByNameOnly(type.type->kind())) return std::nullopt;
  return Structure(*type.type);
}

template <typename Key>
std::string CppTypes::NameOf(const Key& key) {
  if (const std::string* name = self_.names.Find(key)) return Local(self_.cpp_names.at(*name));
  return Elsewhere(*models_.Find(key));
}

std::string CppTypes::Local(const std::string& cpp) const {
  return hidden_.contains(cpp) ? absl::StrCat("::", self_.cpp_namespace, "::", cpp) : cpp;
}

std::string CppTypes::Elsewhere(const Models::Definition& definition) {
  stems_.insert(definition.interface->stem);
  return absl::StrCat("::", definition.interface->cpp_namespace, "::", definition.cpp);
}

std::string CppTypes::Structure(const types::Type& type) {
  switch (type.kind()) {
    case Kind::kBool:
      return "bool";
    case Kind::kS8:
      return "int8_t";
    case Kind::kU8:
      return "uint8_t";
    case Kind::kS16:
      return "int16_t";
    case Kind::kU16:
      return "uint16_t";
    case Kind::kS32:
      return "int32_t";
    case Kind::kU32:
      return "uint32_t";
    case Kind::kS64:
      return "int64_t";
    case Kind::kU64:
      return "uint64_t";
    case Kind::kF32:
      return "float";
    case Kind::kF64:
      return "double";
    case Kind::kChar:
      return "char32_t";
    case Kind::kString:
      return "std::string";
    case Kind::kTuple:
      return Arguments("std::tuple", type);
    case Kind::kOption:
      return Arguments("std::optional", type);
    case Kind::kList:
      return Arguments("std::vector", type);
    case Kind::kMap:
      return absl::StrCat("std::vector<", Arguments("std::pair", type), ">");
    case Kind::kResult:
      return ResultOf(type);
    case Kind::kOwn:
      return absl::StrCat("Own<", NameOf(type.resource()), ">");
    case Kind::kBorrow:
      return absl::StrCat("Borrow<", NameOf(type.resource()), ">");
    default:
      return NameOf(type);
  }
}

std::string CppTypes::ResultOf(const types::Type& type) {
  const types::TypePtr& ok = type.fields()[0].type;
  const types::TypePtr& err = type.fields()[1].type;
  std::vector<std::string> arguments;
  if (ok != nullptr || err != nullptr) arguments.push_back(ok == nullptr ? "void" : Of(*ok));
  if (err != nullptr) arguments.push_back(Of(*err));
  return absl::StrCat("Result<", absl::StrJoin(arguments, ", "), ">");
}

std::string CppTypes::Arguments(const char* of, const types::Type& type) {
  std::vector<std::string> arguments;
  for (const types::Field& field : type.fields()) arguments.push_back(Of(*field.type));
  return absl::StrCat(of, "<", absl::StrJoin(arguments, ", "), ">");
}

}  // namespace davit::codegen
