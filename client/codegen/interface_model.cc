#include "client/codegen/interface_model.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "client/codegen/cpp_names.h"
#include "runtime/base/status_macros.h"
#include "runtime/text/wit_name.h"

namespace davit::codegen {
namespace {

using text::InterfaceName;

std::string WithoutVersion(const InterfaceName& name) {
  return absl::StrCat(name.package, "/", name.interface);
}

std::string FullName(const InterfaceName& name) {
  return absl::StrCat(WithoutVersion(name), name.version.empty() ? "" : "@", name.version);
}

bool IsCalled(const InterfaceName& name, std::string_view wanted) {
  return wanted == FullName(name) || wanted == WithoutVersion(name);
}

// "io" of "wasi:io/poll".
std::string PackageOf(const InterfaceName& name) {
  return SnakeCase(name.package.substr(name.package.find(':') + 1));
}

// "PollableReady", "NewFields", "FieldsFromList", "FilesystemErrorCode".
std::string MethodName(std::string_view wit) {
  const auto name = text::ParseResourceFuncName(wit);
  if (!name.has_value()) return PascalCase(wit);
  if (name->kind == text::ResourceFuncName::Kind::kConstructor) {
    return absl::StrCat("New", PascalCase(name->resource));
  }
  return PascalCase(name->resource) + PascalCase(name->function);
}

FuncModel DescribeFunc(const types::Extern& e, Answer answer, CppNames& methods) {
  FuncModel func{.wit = e.name,
                 .cpp = methods.Take(MethodName(e.name)),
                 .type = &std::get<types::FuncType>(e.item->of),
                 .params = {},
                 .answer = answer};
  CppNames params({"reply"});
  for (const types::Param& param : func.type->params) {
    func.params.push_back(params.Take(SnakeCase(param.name)));
  }
  return func;
}

Answer AnswerOf(const InterfaceName& interface, std::string_view func,
                const HostBindingsOptions& options) {
  const bool waits = std::ranges::any_of(options.waiting, [&](std::string_view wanted) {
    const size_t hash = wanted.find('#');
    return hash != std::string_view::npos && wanted.substr(hash + 1) == func &&
           IsCalled(interface, wanted.substr(0, hash));
  });
  return waits ? Answer::kMayWait : Answer::kAtOnce;
}

// All of them that may wait exist.
absl::Status CheckWaiting(const std::vector<InterfaceModel>& models,
                          const HostBindingsOptions& options) {
  for (const std::string& wanted : options.waiting) {
    const HostBindingsOptions only{.waiting = {wanted}};
    const bool found = std::ranges::any_of(models, [&](const InterfaceModel& model) {
      const InterfaceName name = *text::ParseInterfaceName(model.wit);
      return std::ranges::any_of(model.funcs, [&](const FuncModel& func) {
        return AnswerOf(name, func.wit, only) == Answer::kMayWait;
      });
    });
    if (!found) return absl::NotFoundError(absl::StrCat("no interface has ", wanted));
  }
  return absl::OkStatus();
}

// Calls `check` with `type` and with everything that it consists of.
template <typename Check>
absl::Status CheckParts(const types::TypePtr& type, const Check& check) {
  if (type == nullptr) return absl::OkStatus();
  DAVIT_RETURN_IF_ERROR(check(*type));
  for (const types::Field& field : type->fields()) {
    DAVIT_RETURN_IF_ERROR(CheckParts(field.type, check));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Models> Models::Create(const types::World& world,
                                      const HostBindingsOptions& options) {
  Models models(world);
  DAVIT_RETURN_IF_ERROR(models.Add(world, options));
  DAVIT_RETURN_IF_ERROR(CheckWaiting(models.models_, options));
  for (const InterfaceModel& model : models.models_) {
    DAVIT_RETURN_IF_ERROR(models.CheckTypes(model));
  }
  return models;
}

absl::Status Models::Add(const types::World& world, const HostBindingsOptions& options) {
  absl::flat_hash_set<std::string> found, stems;
  for (size_t i = 0; i < interfaces_.all().size(); ++i) {
    const InterfaceName& name = interfaces_.all()[i].name;
    const auto asked = std::ranges::find_if(
        options.interfaces, [&](const std::string& wanted) { return IsCalled(name, wanted); });
    if (asked == options.interfaces.end()) continue;
    if (!std::ranges::contains(world.imports, FullName(name), &types::Extern::name)) continue;
    if (!found.insert(*asked).second) {
      return absl::InvalidArgumentError(absl::StrCat("there are several versions of ", *asked));
    }
    by_interface_[i] = models_.size();
    const InterfaceModel& model = models_.emplace_back(Describe(i, options));
    if (!stems.insert(model.stem).second) {
      return absl::InvalidArgumentError(absl::StrCat("two interfaces are called ", model.stem));
    }
  }
  for (const std::string& wanted : options.interfaces) {
    if (!found.contains(wanted)) {
      return absl::NotFoundError(absl::StrCat("the world does not import ", wanted));
    }
  }
  return absl::OkStatus();
}

InterfaceModel Models::Describe(size_t interface, const HostBindingsOptions& options) const {
  const text::WitInterface& of = interfaces_.all()[interface];
  const std::string package = PackageOf(of.name), name = SnakeCase(of.name.interface);
  InterfaceModel model{
      .index = interface,
      .wit = FullName(of.name),
      .cpp_namespace = absl::StrCat(options.root_namespace, "::", package, "::", name),
      .stem = absl::StrCat(package, "_", name)};
  // What every header says besides.
  CppNames types(
      {"Host", "HostState", "Linker", "Define", "Has", "Own", "Borrow", "Rep", "Reply", "Result"});
  CppNames methods({"Host", "HostState", "Own", "Borrow", "Rep", "Reply", "Result"});
  for (const types::Extern* e : of.items) {
    TypeModel type{.wit = e->name, .cpp = PascalCase(e->name)};
    if (const auto* value = std::get_if<types::TypePtr>(&e->item->of)) {
      type.type = *value;
      model.names.Declare(e->name, *type.type);
    } else if (const auto* resource = std::get_if<types::ResourceId>(&e->item->of)) {
      type.resource = *resource;
      const auto* definition = interfaces_.Find(*resource);
      const bool is_first = model.names.Find(*resource) == nullptr;
      if (is_first && definition->interface == interface) {
        type.drop = methods.Take(absl::StrCat("Drop", type.cpp));
      }
      model.names.Declare(e->name, *resource);
    } else {
      continue;
    }
    type.cpp = types.Take(type.cpp);
    model.cpp_names[type.wit] = type.cpp;
    model.types.push_back(std::move(type));
  }
  for (const types::Extern* e : of.items) {
    if (!std::holds_alternative<types::FuncType>(e->item->of)) continue;
    model.funcs.push_back(DescribeFunc(*e, AnswerOf(of.name, e->name, options), methods));
  }
  return model;
}

std::optional<Models::Definition> Models::At(
    const text::WitInterfaces::Definition* definition) const {
  if (definition == nullptr) return std::nullopt;
  const auto at = by_interface_.find(definition->interface);
  if (at == by_interface_.end()) return std::nullopt;
  const InterfaceModel& model = models_[at->second];
  return Definition{
      .interface = &model, .wit = definition->name, .cpp = model.cpp_names.at(definition->name)};
}

absl::Status Models::CheckTypes(const InterfaceModel& model) const {
  const auto check = [&](const types::Type& type) { return CheckPart(model, type); };
  for (const TypeModel& type : model.types) DAVIT_RETURN_IF_ERROR(CheckParts(type.type, check));
  for (const FuncModel& func : model.funcs) {
    if (func.type->is_async) {
      return absl::UnimplementedError(
          absl::StrCat(model.wit, "#", func.wit, ": async functions have no C++ form yet"));
    }
    for (const types::Param& param : func.type->params) {
      DAVIT_RETURN_IF_ERROR(CheckParts(param.type, check));
    }
    DAVIT_RETURN_IF_ERROR(CheckParts(func.type->result, check));
  }
  return absl::OkStatus();
}

// There is a C++ type for `type`, and it has a name where it needs one.
absl::Status Models::CheckPart(const InterfaceModel& model, const types::Type& type) const {
  switch (type.kind()) {
    case types::Kind::kStream:
    case types::Kind::kFuture:
    case types::Kind::kErrorContext:
    case types::Kind::kFixedList:
      return absl::UnimplementedError(absl::StrCat(model.wit, ": there is no C++ type for ",
                                                   types::KindName(type.kind()), " yet"));
    case types::Kind::kOwn:
    case types::Kind::kBorrow:
      return CheckUse(model, interfaces_.Find(type.resource()));
    default:
      if (!text::ExistsByNameOnly(type.kind())) return absl::OkStatus();
      const auto* definition = interfaces_.Find(type);
      // What is written more than once is known by what it is made of.
      if (definition == nullptr && model.names.Find(type) != nullptr) return absl::OkStatus();
      return CheckUse(model, definition);
  }
}

absl::Status Models::CheckUse(const InterfaceModel& model,
                              const text::WitInterfaces::Definition* definition) const {
  if (At(definition).has_value()) return absl::OkStatus();
  const std::string of = definition == nullptr
                             ? "no interface"
                             : FullName(interfaces_.all()[definition->interface].name);
  return absl::InvalidArgumentError(
      absl::StrCat(model.wit, " uses types of ", of, ", which is not asked for"));
}

}  // namespace davit::codegen
