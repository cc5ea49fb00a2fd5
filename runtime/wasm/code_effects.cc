#include "runtime/wasm/code_effects.h"

#include <cstdint>

#include "absl/status/statusor.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_instructions.h"

namespace davit::wasm {
namespace {

using base::ByteReader;

// Whether an instruction changes, or makes, what is neither in a memory nor in a global.
bool HasOtherEffect(Opcode opcode) {
  constexpr Opcode kGcPrefix = 0xfb, kThreadsPrefix = 0xfe;
  const Opcode prefix = opcode >> 16;
  if (prefix == kGcPrefix || prefix == kThreadsPrefix) return true;
  switch (opcode) {
    case kTableSet:
    case kDataDrop:
    case kTableInit:
    case kElemDrop:
    case kTableCopy:
    case kTableGrow:
    case kTableFill:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<bool> HasOtherEffect(ByteReader body) {
  DAVIT_RETURN_IF_ERROR(SkipLocals(body));
  while (!body.done()) {
    DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(body));
    if (HasOtherEffect(opcode)) return true;
    DAVIT_RETURN_IF_ERROR(SkipImmediates(body, InstructionOf(opcode).immediates));
  }
  return false;
}

absl::StatusOr<bool> AnyHasOtherEffect(ByteReader code) {
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                         code.Count("functions", base::kMaxExternsAndFunctions));
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t size, code.U32("function size"));
    DAVIT_ASSIGN_OR_RETURN(const ByteReader body, code.Sub(size, "function"));
    DAVIT_ASSIGN_OR_RETURN(const bool has_other, HasOtherEffect(body));
    if (has_other) return true;
  }
  return !code.done();
}

}  // namespace

bool ChangesOnlyMemoriesAndGlobals(base::ByteReader code_section) {
  return !AnyHasOtherEffect(code_section).value_or(true);
}

}  // namespace davit::wasm
