#include "client/codegen/host_class.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/codegen/source_text.h"
#include "runtime/text/wit_name.h"
#include "runtime/text/wit_text.h"
#include "runtime/text/wit_type.h"

namespace davit::codegen {
namespace {

using text::ResourceFuncName;

// Types by their names in one interface.
class WitNames final : public text::TypeNamer {
 public:
  WitNames(const Models& models, const InterfaceModel& self) : models_(models), self_(self) {}
  std::optional<std::string> NameOf(const types::Type& type) override {
    if (types::IsPrimitive(type.kind())) return std::nullopt;
    return Find(type);
  }
  std::string NameOf(types::ResourceId resource) override { return Find(resource).value_or(""); }

 private:
  template <typename Key>
  std::optional<std::string> Find(const Key& key) const {
    if (const std::string* name = self_.names.Find(key)) return text::WitIdentifier(*name);
    const auto definition = models_.Find(key);
    if (!definition.has_value()) return std::nullopt;
    return text::WitIdentifier(definition->wit);
  }

  const Models& models_;
  const InterfaceModel& self_;
};

// "pollable.ready: func() -> bool"
std::string Signature(const Models& models, const InterfaceModel& self, const FuncModel& func) {
  WitNames names(models, self);
  std::string signature;
  text::WitTypeWriter writer(signature, names, text::kMaxWitBytes);
  const auto name = text::ParseResourceFuncName(func.wit);
  if (name.has_value() && name->kind == ResourceFuncName::Kind::kConstructor) {
    absl::StrAppend(&signature, name->resource, ": constructor");
    writer.Params(*func.type, 0);
    if (func.type->result->kind() == types::Kind::kResult) writer.Result(*func.type);
    return signature;
  }
  if (name.has_value()) {
    const bool is_static = name->kind == ResourceFuncName::Kind::kStatic;
    absl::StrAppend(&signature, name->resource, ".", name->function,
                    is_static ? ": static " : ": ");
    writer.Function(*func.type, /*is_method=*/!is_static);
  } else {
    absl::StrAppend(&signature, func.wit, ": ");
    writer.Function(*func.type, /*is_method=*/false);
  }
  return signature;
}

std::vector<std::string> Parameters(const FuncModel& func, CppTypes& types) {
  std::vector<std::string> params;
  for (size_t i = 0; i < func.params.size(); ++i) {
    params.push_back(absl::StrCat(types.Parameter(*func.type->params[i].type, func.answer), " ",
                                  func.params[i]));
  }
  return params;
}

// "  virtual RETURNS NAME(PARAMS) = 0;"
std::string Method(std::string_view returns, std::string_view name,
                   const std::vector<std::string>& params) {
  const std::string head = absl::StrCat("  virtual ", returns, " ", name, "(");
  if (head.size() <= kLineLength) return Wrapped(head, params, ") = 0;\n", 6);
  return absl::StrCat("  virtual ", returns, "\n",
                      Wrapped(absl::StrCat("  ", name, "("), params, ") = 0;\n", 6));
}

std::string MethodOf(const FuncModel& func, CppTypes& types) {
  std::vector<std::string> params = Parameters(func, types);
  const types::TypePtr& result = func.type->result;
  const std::string value = result == nullptr ? "void" : types.Of(*result);
  if (func.answer == Answer::kMayWait) {
    params.push_back(absl::StrCat("Reply<", value, "> reply"));
    return Method("void", func.cpp, params);
  }
  const std::string returns =
      result == nullptr ? "absl::Status" : absl::StrCat("absl::StatusOr<", value, ">");
  return Method(returns, func.cpp, params);
}

}  // namespace

std::string HostClass(const Models& models, const InterfaceModel& interface, CppTypes& types) {
  absl::flat_hash_set<std::string> methods;
  for (const FuncModel& func : interface.funcs) methods.insert(func.cpp);
  types.Hide(std::move(methods));
  std::string text = "class Host {\n public:\n  virtual ~Host();\n";
  for (const FuncModel& func : interface.funcs) {
    absl::StrAppend(&text, "\n", Comment(2, Signature(models, interface, func), 2),
                    MethodOf(func, types));
  }
  for (const TypeModel& type : interface.types) {
    if (type.drop.empty()) continue;
    absl::StrAppend(&text, "\n  // A guest has dropped its ", type.wit, ".\n",
                    Method("absl::Status", type.drop, {"Rep rep"}));
  }
  types.Hide({});
  return absl::StrCat(text, "};\n");
}

std::string DefineBody(const InterfaceModel& interface) {
  std::string text =
      absl::StrCat("  HostMethods<Host> methods(linker, \"", interface.wit, "\", host);\n");
  for (const TypeModel& type : interface.types) {
    if (type.drop.empty()) continue;
    absl::StrAppend(&text, "  methods.Resource<", type.cpp, ", &Host::", type.drop, ">(\"",
                    type.wit, "\");\n");
  }
  for (const FuncModel& func : interface.funcs) {
    absl::StrAppend(
        &text, Wrapped(absl::StrCat("  methods.Func<&Host::", func.cpp, ">("),
                       std::vector<std::string>{absl::StrCat("\"", func.wit, "\"")}, ");\n", 6));
  }
  return absl::StrCat(text, "  return methods.status();\n");
}

}  // namespace davit::codegen
