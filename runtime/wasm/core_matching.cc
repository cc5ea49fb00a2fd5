#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_type_table.h"
#include "runtime/wasm/core_types.h"
#include "runtime/wasm/violation.h"

// Matching of core types. Spec: WebAssembly core, Validation, Matching.
namespace davit::wasm {
namespace {

constexpr uint8_t kRefCode = 0x64, kRefNullCode = 0x63;

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
    return entries_[static_cast<size_t>(heap)].composite == kCoreArrayOpcode ? kArray : kStruct;
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

bool CoreTypeTable::IsSubtype(const CoreFuncType& sub, const CoreFuncType& super) const {
  const auto all_match = [this](const std::vector<CoreValType>& from,
                                const std::vector<CoreValType>& to) {
    return std::ranges::equal(
        from, to, [this](const CoreValType& a, const CoreValType& b) { return IsSubtype(a, b); });
  };
  return all_match(super.params, sub.params) && all_match(sub.results, super.results);
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

}  // namespace davit::wasm
