#include "runtime/wasm/core_type_table.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_group_key.h"
#include "runtime/wasm/violation.h"

namespace davit::wasm {
namespace {

absl::Status OutOfBounds(uint64_t index) {
  return Violation(absl::StrCat("core type index ", index, " is out of bounds"));
}

// A type by its id.
absl::Status AppendId(uint64_t id, std::string& key) {
  key.push_back('=');
  key.append(reinterpret_cast<const char*>(&id), sizeof(id));
  return absl::OkStatus();
}

// Replaces the type index of a concrete reference. REQUIRES: it is in bounds.
CoreValType WithId(CoreValType type, std::span<const CoreTypeId> space) {
  if (IsReference(type) && type.heap >= 0) type.heap = space[static_cast<size_t>(type.heap)].value;
  return type;
}

absl::StatusOr<CoreValType> ResolveValType(const CoreValType& type,
                                           std::span<const CoreTypeId> space) {
  if (IsReference(type) && type.heap >= 0 && static_cast<uint64_t>(type.heap) >= space.size()) {
    return OutOfBounds(static_cast<uint64_t>(type.heap));
  }
  return WithId(type, space);
}

CoreFuncType WithIds(CoreFuncType func, std::span<const CoreTypeId> space) {
  for (CoreValType& type : func.params) type = WithId(type, space);
  for (CoreValType& type : func.results) type = WithId(type, space);
  return func;
}

}  // namespace

absl::Status ModuleType::AddImport(std::string_view module, std::string_view field,
                                   const CoreItem& item) {
  if (!import_index.try_emplace({module, field}, item).second) {
    return Violation(absl::StrCat("duplicate import name `", module, ":", field, "`"));
  }
  imports.push_back({.module = module, .field = field, .item = item});
  steps += StepsOf(module) + StepsOf(field);
  return absl::OkStatus();
}

absl::Status ModuleType::AddExport(std::string_view name, const CoreItem& item) {
  steps += StepsOf(name);
  if (exports.try_emplace(name, item).second) return absl::OkStatus();
  return Violation(absl::StrCat("export name `", name, "` already defined"));
}

CoreTypeId CoreTypeTable::Func(const CoreFuncType& type) {
  // The references hold ids, as if every type there can be came before.
  CoreGroupKey key(std::numeric_limits<uint64_t>::max(), 1, AppendId);
  key.Add(CoreSubType{.composite = type}).IgnoreError();
  const auto next = static_cast<uint32_t>(entries_.size());
  const auto [it, is_new] = groups_.try_emplace(std::move(key).Take(), next);
  if (is_new) entries_.push_back(Entry{.func = type});
  return CoreTypeId(it->second);
}

// Spec: WebAssembly core, Validation, Types (sub types). Of struct and array types only the kind is
// compared: no such type crosses a component boundary.
absl::Status CoreTypeTable::CheckSupertype(CoreTypeId type) const {
  const Entry& entry = entries_[type.value];
  if (!entry.supertype.has_value()) return absl::OkStatus();
  if (entry.supertype->value >= type.value) return Violation("a supertype must come first");
  const Entry& above = entries_[entry.supertype->value];
  if (above.is_final) return Violation("the supertype of a core type is final");
  const bool matches = entry.func.has_value() && above.func.has_value()
                           ? IsSubtype(*entry.func, *above.func)
                           : entry.composite == above.composite;
  return matches ? absl::OkStatus() : Violation("a core type does not match its supertype");
}

absl::Status CoreTypeTable::AddGroup(std::span<const CoreSubType> group,
                                     std::vector<CoreTypeId>& space) {
  const auto earlier = [&space](uint64_t index, std::string& key) {
    if (space[index] == kNoCoreType) return Violation("a module type is not a core value type");
    return AppendId(space[index].value, key);
  };
  CoreGroupKey key(space.size(), group.size(), earlier);
  for (const CoreSubType& type : group) {
    if (type.supertypes.size() > 1) return Violation("a core type has more than one supertype");
    DAVIT_RETURN_IF_ERROR(key.Add(type));
  }
  const auto first = static_cast<uint32_t>(entries_.size());
  const auto [it, is_new] = groups_.try_emplace(std::move(key).Take(), first);
  for (uint32_t i = 0; i < group.size(); ++i) space.push_back(CoreTypeId(it->second + i));
  if (!is_new) return absl::OkStatus();
  for (const CoreSubType& type : group) {
    Entry entry{.is_final = type.is_final};
    if (!type.supertypes.empty()) entry.supertype = space[type.supertypes.front()];
    if (const auto* func = std::get_if<CoreFuncType>(&type.composite)) {
      entry.func = WithIds(*func, space);
    } else {
      entry.composite = std::get<std::span<const uint8_t>>(type.composite).front();
    }
    entries_.push_back(std::move(entry));
  }
  for (uint32_t i = first; i < entries_.size(); ++i) {
    DAVIT_RETURN_IF_ERROR(CheckSupertype(CoreTypeId(i)));
  }
  return absl::OkStatus();
}

const CoreFuncType* CoreTypeTable::FuncOf(CoreTypeId id) const {
  if (id == kNoCoreType) return nullptr;
  const std::optional<CoreFuncType>& func = entries_[id.value].func;
  return func.has_value() ? &*func : nullptr;
}

absl::StatusOr<CoreItem> CoreTypeTable::Resolve(const CoreExternDesc& desc,
                                                std::span<const CoreTypeId> space) const {
  const auto func_type = [&](uint32_t index) -> absl::StatusOr<uint32_t> {
    if (index >= space.size()) return OutOfBounds(index);
    if (FuncOf(space[index]) == nullptr) {
      return Violation(absl::StrCat("core type ", index, " is not a function type"));
    }
    return space[index].value;
  };
  CoreItem item = desc;
  if (auto* func = std::get_if<CoreFuncRef>(&item)) {
    DAVIT_ASSIGN_OR_RETURN(func->type, func_type(func->type));
  } else if (auto* tag = std::get_if<CoreTagType>(&item)) {
    DAVIT_ASSIGN_OR_RETURN(tag->type, func_type(tag->type));
  } else if (auto* table = std::get_if<CoreTableType>(&item)) {
    DAVIT_ASSIGN_OR_RETURN(table->element, ResolveValType(table->element, space));
  } else if (auto* global = std::get_if<CoreGlobalType>(&item)) {
    DAVIT_ASSIGN_OR_RETURN(global->type, ResolveValType(global->type, space));
  }
  return item;
}

absl::StatusOr<ModuleType> ModuleTypeOf(const CoreModuleInfo& info, CoreTypeTable& table) {
  std::vector<CoreTypeId> space;
  const std::span<const CoreSubType> types(info.types);
  while (space.size() < types.size()) {
    const size_t start = space.size();
    size_t end = start + 1;
    while (end < types.size() && info.rec_group_of[end] == start) ++end;
    DAVIT_RETURN_IF_ERROR(table.AddGroup(types.subspan(start, end - start), space));
  }
  ModuleType module;
  for (const CoreImport& import : info.imports) {
    DAVIT_ASSIGN_OR_RETURN(const CoreItem item, table.Resolve(import.desc, space));
    DAVIT_RETURN_IF_ERROR(module.AddImport(import.module, import.name, item));
  }
  for (const CoreExport& exported : info.exports) {
    DAVIT_ASSIGN_OR_RETURN(const CoreItem item, table.Resolve(exported.desc, space));
    DAVIT_RETURN_IF_ERROR(module.AddExport(exported.name, item));
  }
  return module;
}

}  // namespace davit::wasm
