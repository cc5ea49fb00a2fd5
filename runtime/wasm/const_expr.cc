#include "runtime/wasm/const_expr.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_types.h"

namespace davit::wasm {
namespace {

using base::BinaryError;
using base::BinaryFault;

enum Opcode : uint8_t {
  kEnd = 0x0b,
  kGlobalGet = 0x23,
  kI32Const = 0x41,
  kI64Const = 0x42,
  kF32Const = 0x43,
  kF64Const = 0x44,
  kI32Add = 0x6a,
  kI32Sub = 0x6b,
  kI32Mul = 0x6c,
  kI64Add = 0x7c,
  kI64Sub = 0x7d,
  kI64Mul = 0x7e,
  kRefNull = 0xd0,
  kRefFunc = 0xd2,
  kGcPrefix = 0xfb,
  kSimdPrefix = 0xfd,
};

// After kGcPrefix.
enum GcOpcode : uint32_t {
  kStructNew = 0,
  kStructNewDefault = 1,
  kArrayNew = 6,
  kArrayNewDefault = 7,
  kArrayNewFixed = 8,
  kAnyConvertExtern = 26,
  kExternConvertAny = 27,
  kRefI31 = 28,
};
constexpr uint32_t kV128Const = 12;  // after kSimdPrefix

class ConstExprReader {
 public:
  explicit ConstExprReader(base::ByteReader& reader) : reader_(reader) {}

  absl::StatusOr<ConstExpr> Read() {
    for (;;) {
      const uint64_t offset = reader_.offset();
      DAVIT_ASSIGN_OR_RETURN(const uint8_t opcode, reader_.Byte("constant expression"));
      if (opcode == kEnd) break;
      DAVIT_RETURN_IF_ERROR(ReadInstruction(opcode, offset));
    }
    if (!is_integer_ || stack_.size() != 1) return ConstExpr{};
    return ConstExpr{.value = stack_.front()};
  }

 private:
  absl::Status ReadInstruction(uint8_t opcode, uint64_t offset) {
    switch (opcode) {
      case kI32Const:
        return I32Const();
      case kI64Const:
        return I64Const();
      case kI32Add:
      case kI32Sub:
      case kI32Mul:
        Combine(opcode - kI32Add, 0xffff'ffff);
        return absl::OkStatus();
      case kI64Add:
      case kI64Sub:
      case kI64Mul:
        Combine(opcode - kI64Add, ~uint64_t{0});
        return absl::OkStatus();
      default:
        is_integer_ = false;
        return SkipOther(opcode, offset);
    }
  }

  absl::Status I32Const() {
    DAVIT_ASSIGN_OR_RETURN(const int32_t value, reader_.S32("i32.const"));
    stack_.push_back(static_cast<uint32_t>(value));
    return absl::OkStatus();
  }

  absl::Status I64Const() {
    DAVIT_ASSIGN_OR_RETURN(const int64_t value, reader_.S64("i64.const"));
    stack_.push_back(static_cast<uint64_t>(value));
    return absl::OkStatus();
  }

  // Replaces the two topmost values by their sum (0), difference (1) or product (2), cut to `mask`.
  void Combine(int operation, uint64_t mask) {
    if (stack_.size() < 2) {
      is_integer_ = false;
      return;
    }
    const uint64_t right = stack_.back();
    stack_.pop_back();
    uint64_t& left = stack_.back();
    left = (operation == 0 ? left + right : operation == 1 ? left - right : left * right) & mask;
  }

  absl::Status SkipOther(uint8_t opcode, uint64_t offset) {
    switch (opcode) {
      case kGlobalGet:
        return reader_.U32("global.get").status();
      case kRefFunc:
        return reader_.U32("ref.func").status();
      case kRefNull:
        return CoreTypeReader(reader_).HeapType().status();
      case kF32Const:
        return reader_.Bytes(4, "f32.const").status();
      case kF64Const:
        return reader_.Bytes(8, "f64.const").status();
      case kSimdPrefix:
        return SkipSimd(offset);
      case kGcPrefix:
        return SkipGc(offset);
      default:
        return NotConstant(offset);
    }
  }

  absl::Status SkipSimd(uint64_t offset) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t opcode, reader_.U32("vector instruction"));
    if (opcode != kV128Const) return NotConstant(offset);
    return reader_.Bytes(16, "v128.const").status();
  }

  absl::Status SkipGc(uint64_t offset) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t opcode, reader_.U32("reference instruction"));
    switch (opcode) {
      case kStructNew:
      case kStructNewDefault:
      case kArrayNew:
      case kArrayNewDefault:
        return reader_.U32("type index").status();
      case kArrayNewFixed:
        DAVIT_RETURN_IF_ERROR(reader_.U32("type index").status());
        return reader_.U32("array length").status();
      case kAnyConvertExtern:
      case kExternConvertAny:
      case kRefI31:
        return absl::OkStatus();
      default:
        return NotConstant(offset);
    }
  }

  static absl::Status NotConstant(uint64_t offset) {
    return BinaryError(BinaryFault::kInvalid, offset, "constant expression required");
  }

  base::ByteReader& reader_;
  std::vector<uint64_t> stack_;
  bool is_integer_ = true;
};

}  // namespace

absl::StatusOr<ConstExpr> ReadConstExpr(base::ByteReader& reader) {
  return ConstExprReader(reader).Read();
}

}  // namespace davit::wasm
