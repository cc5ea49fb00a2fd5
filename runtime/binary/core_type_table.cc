#include "runtime/binary/core_type_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_types.h"
#include "runtime/binary/violation.h"

namespace davit::binary {
namespace {

constexpr uint8_t kRefCode = 0x64, kRefNullCode = 0x63;
constexpr uint8_t kStructOpcode = 0x5f, kArrayOpcode = 0x5e;
constexpr uint8_t kPackedI8 = 0x78, kPackedI16 = 0x77;

// Abstract heap types, as their signed encoding.
enum Heap : int64_t {
  kNoExn = -0x0c,
  kNoFunc = -0x0d,
  kNoExtern = -0x0e,
  kNone = -0x0f,
  kFunc = -0x10,
  kExtern = -0x11,
  kAny = -0x12,
  kEq = -0x13,
  kI31 = -0x14,
  kStruct = -0x15,
  kArray = -0x16,
  kExn = -0x17,
};

// The abstract heap type directly above `heap`, or `heap` itself at the top.
int64_t HeapAbove(int64_t heap) {
  switch (heap) {
    case kEq:
      return kAny;
    case kI31:
    case kStruct:
    case kArray:
      return kEq;
    default:
      return heap;
  }
}

int64_t HeapTop(int64_t heap) {
  while (HeapAbove(heap) != heap) heap = HeapAbove(heap);
  switch (heap) {
    case kNone:
      return kAny;
    case kNoFunc:
      return kFunc;
    case kNoExtern:
      return kExtern;
    case kNoExn:
      return kExn;
    default:
      return heap;
  }
}

constexpr bool IsHeapBottom(int64_t heap) { return heap <= kNoExn && heap >= kNone; }
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
    if (opcode == kStructOpcode) {
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

// Spec: WebAssembly core, Matching, Limits.
bool LimitsMatch(const CoreLimits& sub, const CoreLimits& super) {
  if (sub.min < super.min) return false;
  return !super.max.has_value() || (sub.max.has_value() && *sub.max <= *super.max);
}

std::string ToString(const CoreValType& type) {
  switch (type.code) {
    case 0x7f:
      return "i32";
    case 0x7e:
      return "i64";
    case 0x7d:
      return "f32";
    case 0x7c:
      return "f64";
    case 0x7b:
      return "v128";
    default:
      break;
  }
  const std::string_view null = type.code == kRefNullCode ? "null " : "";
  if (type.heap >= 0) return absl::StrCat("(ref ", null, "type)");
  switch (type.heap) {
    case kFunc:
      return absl::StrCat("(ref ", null, "func)");
    case kExtern:
      return absl::StrCat("(ref ", null, "extern)");
    default:
      return absl::StrCat("(ref ", null, "0x", absl::Hex(type.heap + 0x80), ")");
  }
}

std::string ToString(const std::vector<CoreValType>& types) {
  return absl::StrCat("[",
                      absl::StrJoin(types, " ",
                                    [](std::string* out, const CoreValType& type) {
                                      absl::StrAppend(out, ToString(type));
                                    }),
                      "]");
}

}  // namespace

std::string ToString(const CoreFuncType& type) {
  return absl::StrCat(ToString(type.params), " -> ", ToString(type.results));
}

std::string_view CoreItemKind(const CoreItem& item) {
  static constexpr std::string_view kKinds[] = {"func", "table", "memory", "global", "tag"};
  return kKinds[item.index()];
}

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
    Entry entry;
    if (!type.supertypes.empty()) entry.supertype = space[type.supertypes.front()];
    if (const auto* func = std::get_if<CoreFuncType>(&type.composite)) {
      entry.func = WithIds(*func, space);
    } else {
      entry.composite = std::get<std::span<const uint8_t>>(type.composite).front();
    }
    entries_.push_back(std::move(entry));
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

bool CoreTypeTable::IsSubtype(CoreTypeId sub, CoreTypeId super) const {
  while (sub != super) {
    const std::optional<CoreTypeId>& above = entries_[sub.value].supertype;
    // A supertype comes before its subtypes: the walk ends.
    if (!above.has_value() || above->value >= sub.value) return false;
    sub = *above;
  }
  return true;
}

bool CoreTypeTable::IsHeapSubtype(int64_t sub, int64_t super) const {
  const auto id = [](int64_t heap) { return CoreTypeId(static_cast<uint32_t>(heap)); };
  const auto abstract = [&](int64_t heap) -> int64_t {
    if (heap < 0) return heap;
    if (FuncOf(id(heap)) != nullptr) return kFunc;
    return entries_[static_cast<size_t>(heap)].composite == kArrayOpcode ? kArray : kStruct;
  };
  if (sub >= 0 && super >= 0) return IsSubtype(id(sub), id(super));
  if (IsHeapBottom(sub)) return HeapTop(sub) == HeapTop(abstract(super));
  if (super >= 0) return false;
  for (int64_t heap = abstract(sub);; heap = HeapAbove(heap)) {
    if (heap == super) return true;
    if (HeapAbove(heap) == heap) return false;
  }
}

bool CoreTypeTable::IsSubtype(const CoreValType& sub, const CoreValType& super) const {
  if (!IsReference(sub) || !IsReference(super)) return sub == super;
  if (sub.code == kRefNullCode && super.code == kRefCode) return false;
  return IsHeapSubtype(sub.heap, super.heap);
}

absl::Status CoreTypeTable::CheckSame(const CoreTableType& sub, const CoreTableType& super) const {
  if (!(sub.element == super.element)) {
    return Violation(absl::StrCat("expected table element type ", ToString(super.element),
                                  ", found ", ToString(sub.element)));
  }
  if (sub.limits.is64 != super.limits.is64 || sub.limits.shared != super.limits.shared ||
      !LimitsMatch(sub.limits, super.limits)) {
    return Violation("mismatch in table limits");
  }
  return absl::OkStatus();
}

absl::Status CoreTypeTable::CheckSubtype(const CoreItem& sub, const CoreItem& super) const {
  if (sub.index() != super.index()) {
    return Violation(absl::StrCat("expected ", CoreItemKind(super), ", found ", CoreItemKind(sub)));
  }
  if (const auto* want = std::get_if<CoreFuncRef>(&super)) {
    const CoreTypeId have(std::get<CoreFuncRef>(sub).type);
    if (IsSubtype(have, CoreTypeId(want->type))) return absl::OkStatus();
    return Violation(absl::StrCat("expected func ", ToString(*FuncOf(CoreTypeId(want->type))),
                                  ", found func ", ToString(*FuncOf(have))));
  }
  if (const auto* want = std::get_if<CoreTableType>(&super)) {
    return CheckSame(std::get<CoreTableType>(sub), *want);
  }
  if (const auto* want = std::get_if<CoreMemoryType>(&super)) {
    const CoreLimits& have = std::get<CoreMemoryType>(sub).limits;
    if (have.shared != want->limits.shared) {
      return Violation("mismatch in the shared flag for memories");
    }
    if (have.is64 != want->limits.is64) return Violation("mismatch in the index type of memories");
    if (have.page_size_log2.value_or(16) != want->limits.page_size_log2.value_or(16)) {
      return Violation("mismatch in the page size of memories");
    }
    return LimitsMatch(have, want->limits) ? absl::OkStatus()
                                           : Violation("mismatch in memory limits");
  }
  if (const auto* want = std::get_if<CoreGlobalType>(&super)) {
    const auto& have = std::get<CoreGlobalType>(sub);
    if (have.is_mutable != want->is_mutable) return Violation("global types differ in mutability");
    if (have.is_mutable ? have.type == want->type : IsSubtype(have.type, want->type)) {
      return absl::OkStatus();
    }
    return Violation(absl::StrCat("expected global type ", ToString(want->type), ", found ",
                                  ToString(have.type)));
  }
  if (std::get<CoreTagType>(sub).type == std::get<CoreTagType>(super).type) {
    return absl::OkStatus();
  }
  return Violation("tag types differ");
}

absl::Status CoreTypeTable::CheckSubtype(const ModuleType& sub, const ModuleType& super) const {
  for (const ModuleType::Import& import : sub.imports) {
    const std::string name = absl::StrCat("`", import.module, "::", import.field, "`");
    const auto given = super.import_index.find({import.module, import.field});
    if (given == super.import_index.end()) {
      return Violation(absl::StrCat("missing expected import ", name));
    }
    if (absl::Status match = CheckSubtype(given->second, import.item); !match.ok()) {
      return Violation(absl::StrCat("type mismatch in import ", name, ": ", match.message()));
    }
  }
  for (const auto& [name, wanted] : super.exports) {
    const auto given = sub.exports.find(name);
    if (given == sub.exports.end()) {
      return Violation(absl::StrCat("missing expected export `", name, "`"));
    }
    if (absl::Status match = CheckSubtype(given->second, wanted); !match.ok()) {
      return Violation(absl::StrCat("type mismatch in export `", name, "`: ", match.message()));
    }
  }
  return absl::OkStatus();
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
