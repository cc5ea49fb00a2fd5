#ifndef DAVIT_RUNTIME_WASM_CORE_TYPE_H_
#define DAVIT_RUNTIME_WASM_CORE_TYPE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

// The types of core modules as their binaries have them, with raw indices. Views and spans point
// into the binary.
namespace davit::wasm {

// A core value type as its binary encoding, kept apart only as far as davit must compare it:
// numeric types have `code` 0x7f..0x7b; a reference has nullable + heap type.
struct CoreValType {
  uint8_t code = 0x7f;  // 0x7f i32 0x7e i64 0x7d f32 0x7c f64 0x7b v128; 0x64 ref, 0x63 ref null
  int64_t heap = 0;     // of a reference: negative abstract heap type (s33), else a type index
  friend bool operator==(const CoreValType&, const CoreValType&) = default;
};
struct CoreFuncType {
  std::vector<CoreValType> params, results;
  friend bool operator==(const CoreFuncType&, const CoreFuncType&) = default;
};
struct CoreLimits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool shared = false, is64 = false;
  std::optional<uint32_t> page_size_log2;  // custom-page-sizes
};
struct CoreTableType {
  CoreValType element;
  CoreLimits limits;
};
struct CoreMemoryType {
  CoreLimits limits;
};
struct CoreGlobalType {
  CoreValType type;
  bool is_mutable = false;
};
struct CoreTagType {
  uint32_t type = 0;
};
// An import or export description; `func` and `tag` name a type of the enclosing type space.
struct CoreFuncRef {
  uint32_t type = 0;
};
using CoreExternDesc =
    std::variant<CoreFuncRef, CoreTableType, CoreMemoryType, CoreGlobalType, CoreTagType>;

// A defined core type: a function type, or another composite (struct, array, sub, rec group: GC)
// which davit keeps as bytes.
struct CoreSubType {
  bool is_final = true;
  std::vector<uint32_t> supertypes;
  std::variant<CoreFuncType, std::span<const uint8_t>> composite;  // span: struct/array body
};
struct CoreRecType {
  std::vector<CoreSubType> types;
  bool explicit_rec = false;
};

struct CoreImport {
  std::string_view module, name;
  CoreExternDesc desc;
  uint64_t offset = 0;
};
struct CoreExport {
  std::string_view name;
  CoreExternDesc desc;
  uint64_t offset = 0;
};

struct CoreModuleTypeDecl;
struct CoreModuleType {
  std::vector<CoreModuleTypeDecl> decls;
};
struct CoreTypeDef {
  std::variant<CoreRecType, CoreModuleType> def;
  uint64_t offset = 0;
};
struct CoreOuterAlias {
  uint32_t count = 0, index = 0;
};  // of a core type
struct CoreModuleTypeDecl {
  std::variant<CoreImport, CoreRecType, CoreOuterAlias, CoreExport> decl;
  uint64_t offset = 0;
};

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_TYPE_H_
