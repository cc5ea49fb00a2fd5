#include "runtime/binary/core_type_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_types.h"
#include "runtime/binary/violation.h"

namespace davit::binary {
namespace {

constexpr uint8_t kRefCode = 0x64, kRefNullCode = 0x63;
constexpr uint8_t kPackedI8 = 0x78, kPackedI16 = 0x77;

constexpr bool IsReference(const CoreValType& type) {
  return type.code == kRefCode || type.code == kRefNullCode;
}

absl::Status OutOfBounds(uint64_t index) {
  return Violation(absl::StrCat("core type index ", index, " is out of bounds"));
}

// The encoding of a rec group that equal groups share: references to earlier types by id, to
// members of the group by position.
class GroupKey {
 public:
  // For types whose references hold ids already.
  GroupKey() = default;
  GroupKey(std::span<const CoreTypeId> space, size_t group_size)
      : has_indices_(true), space_(space), group_size_(group_size) {}

  absl::Status Add(const CoreSubType& type) {
    Number(type.is_final ? 1 : 0);
    Number(type.supertypes.size());
    for (uint32_t supertype : type.supertypes) DAVIT_RETURN_IF_ERROR(Index(supertype));
    if (const auto* func = std::get_if<CoreFuncType>(&type.composite)) return Func(*func);
    return Fields(std::get<std::span<const uint8_t>>(type.composite));
  }

  std::string Take() && { return std::move(key_); }

 private:
  void Number(uint64_t n) { key_.append(reinterpret_cast<const char*>(&n), sizeof(n)); }

  absl::Status Index(uint64_t index) {
    if (!has_indices_) return Id(index);
    if (index < space_.size()) {
      if (space_[index] == kNoCoreType) return Violation("a module type is not a core value type");
      return Id(space_[index].value);
    }
    if (index - space_.size() >= group_size_) return OutOfBounds(index);
    key_.push_back('+');
    Number(index - space_.size());
    return absl::OkStatus();
  }

  absl::Status Id(uint64_t id) {
    key_.push_back('=');
    Number(id);
    return absl::OkStatus();
  }

  absl::Status ValType(const CoreValType& type) {
    key_.push_back(static_cast<char>(type.code));
    if (!IsReference(type)) return absl::OkStatus();
    if (type.heap >= 0) return Index(static_cast<uint64_t>(type.heap));
    key_.push_back('a');
    Number(static_cast<uint64_t>(type.heap));
    return absl::OkStatus();
  }

  absl::Status Func(const CoreFuncType& func) {
    key_.push_back('f');
    Number(func.params.size());
    for (const CoreValType& param : func.params) DAVIT_RETURN_IF_ERROR(ValType(param));
    Number(func.results.size());
    for (const CoreValType& result : func.results) DAVIT_RETURN_IF_ERROR(ValType(result));
    return absl::OkStatus();
  }

  // The body of a struct or array type, opcode first.
  absl::Status Fields(std::span<const uint8_t> body) {
    base::ByteReader bytes(body);
    CoreTypeReader types(bytes);
    DAVIT_ASSIGN_OR_RETURN(const uint8_t opcode, bytes.Byte("core type"));
    uint32_t count = 1;
    if (opcode == kCoreStructOpcode) {
      DAVIT_ASSIGN_OR_RETURN(count, bytes.Count("struct fields", kMaxCoreStructFields));
    }
    key_.push_back(static_cast<char>(opcode));
    Number(count);
    for (uint32_t i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(Field(bytes, types));
    return absl::OkStatus();
  }

  absl::Status Field(base::ByteReader& bytes, CoreTypeReader& types) {
    DAVIT_ASSIGN_OR_RETURN(const uint8_t code, bytes.Peek("field type"));
    if (code == kPackedI8 || code == kPackedI16) {
      DAVIT_RETURN_IF_ERROR(bytes.Byte("field type").status());
      key_.push_back(static_cast<char>(code));
    } else {
      DAVIT_ASSIGN_OR_RETURN(const CoreValType type, types.ValType());
      DAVIT_RETURN_IF_ERROR(ValType(type));
    }
    DAVIT_ASSIGN_OR_RETURN(const uint8_t mutability, bytes.Byte("mutability"));
    key_.push_back(static_cast<char>(mutability));
    return absl::OkStatus();
  }

  bool has_indices_ = false;
  std::span<const CoreTypeId> space_;
  size_t group_size_ = 0;
  std::string key_;
};

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
  GroupKey key;
  // Without indices there is nothing that could be out of bounds.
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
  GroupKey key(space, group.size());
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

}  // namespace davit::binary
