#include "runtime/wasm/instance_state.h"

#include <string_view>
#include <variant>

#include "runtime/base/byte_reader.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/code_effects.h"
#include "runtime/wasm/const_expr.h"
#include "runtime/wasm/core_types.h"
#include "runtime/wasm/rewrite.h"

namespace davit::wasm {

using base::ByteReader;

namespace {

bool IsNumber(const CoreValType& type) {
  constexpr uint8_t kF64 = 0x7c, kI32 = 0x7f;
  return type.code >= kF64 && type.code <= kI32;
}

// Indices of the mutable globals that a global section defines; unset when one is no number, or
// when they are too many.
absl::StatusOr<std::optional<std::vector<uint32_t>>> ReadMutableGlobals(const CoreSection& section,
                                                                        uint32_t first_index) {
  ByteReader reader(section.contents, section.offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                         reader.Count("core globals", base::kMaxExternsAndFunctions));
  std::vector<uint32_t> globals;
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const CoreGlobalType type, CoreTypeReader(reader).GlobalType());
    DAVIT_RETURN_IF_ERROR(ReadConstExpr(reader).status());
    if (!type.is_mutable) continue;
    if (!IsNumber(type.type) || globals.size() == kMaxStateGlobals) return std::nullopt;
    globals.push_back(first_index + i);
  }
  return globals;
}

// Whether exports can be added: there is room, and none has a name as the rewriter gives.
absl::StatusOr<bool> TakesExports(const CoreSection& section) {
  ByteReader reader(section.contents, section.offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                         reader.Count("core exports", base::kMaxExternsAndFunctions));
  if (count > base::kMaxExternsAndFunctions - kMaxStateGlobals) return false;
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const std::string_view name,
                           reader.Name("core export", base::kMaxNameBytes));
    if (name.starts_with(kGlobalExportPrefix)) return false;
    DAVIT_RETURN_IF_ERROR(reader.Byte("kind of an export").status());
    DAVIT_RETURN_IF_ERROR(reader.U32("index of an export").status());
  }
  return true;
}

// Types other than of functions are those of the GC proposal.
absl::StatusOr<bool> HasFuncTypesOnly(const CoreSection& section) {
  ByteReader reader(section.contents, section.offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.Count("core types", base::kMaxTypes));
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const CoreRecType group, CoreTypeReader(reader).RecType());
    for (const CoreSubType& type : group.types) {
      if (!std::holds_alternative<CoreFuncType>(type.composite)) return false;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<std::optional<std::vector<uint32_t>>> GlobalsThatAreAllState(
    const std::vector<CoreSection>& sections, uint32_t imported_globals) {
  std::optional<std::vector<uint32_t>> globals(std::in_place);
  for (const CoreSection& section : sections) {
    bool qualifies = true;
    switch (section.id) {
      case CoreSectionId::kType: {
        DAVIT_ASSIGN_OR_RETURN(qualifies, HasFuncTypesOnly(section));
        break;
      }
      case CoreSectionId::kGlobal: {
        DAVIT_ASSIGN_OR_RETURN(globals, ReadMutableGlobals(section, imported_globals));
        qualifies = globals.has_value();
        break;
      }
      case CoreSectionId::kExport: {
        DAVIT_ASSIGN_OR_RETURN(qualifies, TakesExports(section));
        break;
      }
      case CoreSectionId::kStart:
        qualifies = false;
        break;
      case CoreSectionId::kCode:
        qualifies = ChangesOnlyMemoriesAndGlobals(ByteReader(section.contents, section.offset));
        break;
      default:
        break;
    }
    if (!qualifies) return std::nullopt;
  }
  return globals;
}

}  // namespace davit::wasm
