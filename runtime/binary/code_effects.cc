#include "runtime/binary/code_effects.h"

#include <cstdint>

#include "absl/status/status.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"

namespace davit::binary {
namespace {

using base::ByteReader;

// The answer of a walk that has found what it looks for.
absl::Status OtherEffect() { return absl::FailedPreconditionError("changes other state"); }

// Passes over instructions, immediates and all.
class CodeWalk {
 public:
  explicit CodeWalk(ByteReader code) : code_(code) {}

  // OK when no instruction has another effect.
  absl::Status Functions() {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                           code_.Count("functions", base::kMaxExternsAndFunctions));
    for (uint32_t i = 0; i < count; ++i) {
      DAVIT_ASSIGN_OR_RETURN(const uint32_t size, code_.U32("function size"));
      DAVIT_ASSIGN_OR_RETURN(const ByteReader body, code_.Sub(size, "function"));
      DAVIT_RETURN_IF_ERROR(CodeWalk(body).Function());
    }
    return code_.ExpectDone("code section");
  }

 private:
  absl::Status Function() {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t groups, code_.U32("locals"));
    for (uint32_t i = 0; i < groups; ++i) {
      DAVIT_RETURN_IF_ERROR(Index());
      DAVIT_RETURN_IF_ERROR(ValueType());
    }
    while (!code_.done()) DAVIT_RETURN_IF_ERROR(Instruction());
    return absl::OkStatus();
  }

  absl::Status Index() { return code_.U32("index").status(); }
  absl::Status Indices(int count) {
    for (int i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(Index());
    return absl::OkStatus();
  }
  absl::Status Skip(size_t bytes) { return code_.Bytes(bytes, "immediate").status(); }
  // Block types and heap types too: a signed number of 33 bits.
  absl::Status Type() { return code_.S33("type").status(); }
  absl::Status ValueType() {
    constexpr uint8_t kRefNull = 0x63, kRef = 0x64;
    DAVIT_ASSIGN_OR_RETURN(const uint8_t type, code_.Byte("value type"));
    return type == kRefNull || type == kRef ? Type() : absl::OkStatus();
  }
  absl::Status MemoryArgument() {
    constexpr uint32_t kHasMemoryIndex = 1 << 6;
    DAVIT_ASSIGN_OR_RETURN(const uint32_t alignment, code_.U32("alignment"));
    if ((alignment & kHasMemoryIndex) != 0) DAVIT_RETURN_IF_ERROR(Index());
    return code_.U64("offset").status();
  }
  absl::Status Vector(auto element) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count, code_.U32("count"));
    for (uint32_t i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(element());
    return absl::OkStatus();
  }
  absl::Status Catch() {
    constexpr uint8_t kCatchAll = 2, kCatchAllRef = 3;
    DAVIT_ASSIGN_OR_RETURN(const uint8_t kind, code_.Byte("catch"));
    if (kind > kCatchAllRef) return OtherEffect();
    return Indices(kind >= kCatchAll ? 1 : 2);
  }

  absl::Status Instruction() {
    DAVIT_ASSIGN_OR_RETURN(const uint8_t op, code_.Byte("instruction"));
    if (op >= 0x28 && op <= 0x3e) return MemoryArgument();
    if (op >= 0x45 && op <= 0xc4) return absl::OkStatus();  // numeric
    switch (op) {
      case 0x00:  // unreachable, nop, else, throw_ref, end, return, catch_all, drop, select
      case 0x01:
      case 0x05:
      case 0x0a:
      case 0x0b:
      case 0x0f:
      case 0x19:
      case 0x1a:
      case 0x1b:
      case 0xd1:  // ref.is_null, ref.eq, ref.as_non_null
      case 0xd3:
      case 0xd4:
        return absl::OkStatus();
      case 0x02:  // block, loop, if, try, ref.null
      case 0x03:
      case 0x04:
      case 0x06:
      case 0xd0:
        return Type();
      case 0x07:  // catch, throw, rethrow, br, br_if, call, return_call, call_ref, return_call_ref
      case 0x08:
      case 0x09:
      case 0x0c:
      case 0x0d:
      case 0x10:
      case 0x12:
      case 0x14:
      case 0x15:
      case 0x18:  // delegate, local.get, .set, .tee, global.get, .set, table.get
      case 0x20:
      case 0x21:
      case 0x22:
      case 0x23:
      case 0x24:
      case 0x25:
      case 0x3f:  // memory.size, memory.grow, ref.func, br_on_null, br_on_non_null
      case 0x40:
      case 0xd2:
      case 0xd5:
      case 0xd6:
        return Index();
      case 0x0e:  // br_table
        DAVIT_RETURN_IF_ERROR(Vector([this] { return Index(); }));
        return Index();
      case 0x11:  // call_indirect, return_call_indirect
      case 0x13:
        return Indices(2);
      case 0x1c:  // select with types
        return Vector([this] { return ValueType(); });
      case 0x1f:  // try_table
        DAVIT_RETURN_IF_ERROR(Type());
        return Vector([this] { return Catch(); });
      case 0x41:
        return code_.S32("constant").status();
      case 0x42:
        return code_.S64("constant").status();
      case 0x43:
        return Skip(sizeof(float));
      case 0x44:
        return Skip(sizeof(double));
      case 0xfc:
        return Bulk();
      case 0xfd:
        return Vectorized();
      default:
        return OtherEffect();  // table.set, GC, threads, what is not known
    }
  }

  absl::Status Bulk() {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t op, code_.U32("instruction"));
    if (op <= 7) return absl::OkStatus();  // saturating conversions
    switch (op) {
      case 8:   // memory.init
      case 10:  // memory.copy
        return Indices(2);
      case 11:  // memory.fill
      case 16:  // table.size
        return Index();
      default:
        return OtherEffect();  // data.drop, elem.drop, table.init, .copy, .grow, .fill
    }
  }

  absl::Status Vectorized() {
    constexpr uint32_t kLast = 0x114;  // of relaxed SIMD
    DAVIT_ASSIGN_OR_RETURN(const uint32_t op, code_.U32("instruction"));
    if (op <= 11 || op == 92 || op == 93) return MemoryArgument();
    if (op == 12 || op == 13) return Skip(16);  // v128.const, i8x16.shuffle
    if (op >= 21 && op <= 34) return Skip(1);   // lanes
    if (op >= 84 && op <= 91) {                 // loads and stores of lanes
      DAVIT_RETURN_IF_ERROR(MemoryArgument());
      return Skip(1);
    }
    return op <= kLast ? absl::OkStatus() : OtherEffect();
  }

  ByteReader code_;
};

}  // namespace

bool ChangesOnlyMemoriesAndGlobals(ByteReader code_section) {
  return CodeWalk(code_section).Functions().ok();
}

}  // namespace davit::binary
