#include "runtime/wasm/core_group_key.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/violation.h"

namespace davit::wasm {
namespace {

constexpr uint8_t kPackedI8 = 0x78, kPackedI16 = 0x77;

}  // namespace

absl::Status CoreGroupKey::Add(const CoreSubType& type) {
  Number(type.is_final ? 1 : 0);
  Number(type.supertypes.size());
  for (uint32_t supertype : type.supertypes) DAVIT_RETURN_IF_ERROR(Index(supertype));
  if (const auto* func = std::get_if<CoreFuncType>(&type.composite)) return Func(*func);
  return Fields(std::get<std::span<const uint8_t>>(type.composite));
}

void CoreGroupKey::Number(uint64_t n) { key_.append(reinterpret_cast<const char*>(&n), sizeof(n)); }

absl::Status CoreGroupKey::Index(uint64_t index) {
  if (index < first_) return name_earlier_(index, key_);
  if (index - first_ >= size_) {
    return Violation(absl::StrCat("core type index ", index, " is out of bounds"));
  }
  key_.push_back('+');
  Number(index - first_);
  return absl::OkStatus();
}

absl::Status CoreGroupKey::ValType(const CoreValType& type) {
  key_.push_back(static_cast<char>(type.code));
  if (!IsReference(type)) return absl::OkStatus();
  if (type.heap >= 0) return Index(static_cast<uint64_t>(type.heap));
  key_.push_back('a');
  Number(static_cast<uint64_t>(type.heap));
  return absl::OkStatus();
}

absl::Status CoreGroupKey::ValTypes(std::span<const CoreValType> types) {
  Number(types.size());
  values_ += types.size();
  for (const CoreValType& type : types) DAVIT_RETURN_IF_ERROR(ValType(type));
  return absl::OkStatus();
}

absl::Status CoreGroupKey::Func(const CoreFuncType& func) {
  key_.push_back('f');
  DAVIT_RETURN_IF_ERROR(ValTypes(func.params));
  return ValTypes(func.results);
}

// The body of a struct or array type, opcode first.
absl::Status CoreGroupKey::Fields(std::span<const uint8_t> body) {
  base::ByteReader bytes(body);
  CoreTypeReader types(bytes);
  DAVIT_ASSIGN_OR_RETURN(const uint8_t opcode, bytes.Byte("core type"));
  uint32_t count = 1;
  if (opcode == kCoreStructOpcode) {
    DAVIT_ASSIGN_OR_RETURN(count, bytes.Count("struct fields", kMaxCoreStructFields));
  }
  key_.push_back(static_cast<char>(opcode));
  Number(count);
  values_ += count;
  for (uint32_t i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(Field(bytes, types));
  return absl::OkStatus();
}

absl::Status CoreGroupKey::Field(base::ByteReader& bytes, CoreTypeReader& types) {
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

}  // namespace davit::wasm
