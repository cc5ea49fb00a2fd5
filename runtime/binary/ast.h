#ifndef DAVIT_RUNTIME_BINARY_AST_H_
#define DAVIT_RUNTIME_BINARY_AST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/binary/canon_def.h"
#include "runtime/binary/val_type.h"
#include "runtime/types/type.h"
#include "runtime/wasm/core_type.h"

// The syntax tree of a component binary: what Binary.md's grammar says, definition by definition
// in file order, with raw indices. Decode() makes it, Validate() proves it, component/ links it.
// Views and spans point into the binary, which Component::bytes (the root's) keeps alive.
namespace davit::binary {

// The 13 index spaces. Spec: Explainer.md#index-spaces
enum class Sort : uint8_t {
  kCoreFunc,
  kCoreTable,
  kCoreMemory,
  kCoreGlobal,
  kCoreTag,
  kCoreType,
  kCoreModule,
  kCoreInstance,
  kFunc,
  kValue,
  kType,
  kComponent,
  kInstance,
};
std::string_view SortName(Sort sort);  // "core func", "instance", ...

struct SortIdx {
  Sort sort = Sort::kFunc;
  uint32_t index = 0;
};

struct NameAttributes {
  std::optional<std::string_view> implements, version_suffix, external_id;
};
struct ExternName {
  std::string_view name;
  NameAttributes attributes;
  uint64_t offset = 0;
};

// ---- core: modules and instances -----------------------------------------------------------

// Section 1. The module's bytes, preamble included; `offset` is where they start in the file.
struct CoreModule {
  std::span<const uint8_t> bytes;
  uint64_t offset = 0;
};

// Section 2.
struct CoreInstantiateArg {
  std::string_view name;
  uint32_t instance = 0;
  uint64_t offset = 0;
};
struct CoreInstantiate {
  uint32_t module = 0;
  std::vector<CoreInstantiateArg> args;
};
struct CoreInlineExport {
  std::string_view name;
  SortIdx item;
  uint64_t offset = 0;
};
struct CoreInlineExports {
  std::vector<CoreInlineExport> exports;
};
struct CoreInstance {
  std::variant<CoreInstantiate, CoreInlineExports> expr;
};

// ---- component: types ----------------------------------------------------------------------

struct LabelledType {
  std::string_view label;
  std::optional<ValType> type;
  uint64_t offset = 0;
};
// A defined value type. `kind` says which; members as in types::Type::fields() (payload nullopt
// where there is none). An alias of a primitive has kind = that primitive and no members.
struct DefValType {
  types::Kind kind = types::Kind::kBool;
  std::vector<LabelledType> members;
  uint32_t length = 0;    // fixed list
  uint32_t resource = 0;  // own, borrow: type index
};
struct FuncTypeDef {
  bool is_async = false;
  std::vector<LabelledType> params;
  std::optional<ValType> result;
};
struct ResourceTypeDef {
  bool rep64 = false;
  std::optional<uint32_t> destructor;
};  // core func

enum class TypeBoundKind : uint8_t { kEq, kSubResource };
struct TypeBound {
  TypeBoundKind kind = TypeBoundKind::kEq;
  uint32_t type = 0;
};
// externdesc: core module (core type index), func, instance, component (type index), type, value.
struct ExternDesc {
  Sort sort = Sort::kFunc;
  uint32_t type = 0;  // core module, func, component, instance; value: if is_index
  TypeBound bound;    // sort == kType
  std::variant<std::monostate, ValType, uint32_t> value;  // sort == kValue: type, or (eq i)
};

struct TypeDef;
struct Alias;
struct ImportDecl {
  ExternName name;
  ExternDesc desc;
};
struct ExportDecl {
  ExternName name;
  ExternDesc desc;
};
struct TypeDecl;  // one declarator of a component or instance type
struct ComponentTypeDef {
  std::vector<TypeDecl> decls;
};
struct InstanceTypeDef {
  std::vector<TypeDecl> decls;
};

// Section 7 (and declarators).
struct TypeDef {
  std::variant<DefValType, FuncTypeDef, ComponentTypeDef, InstanceTypeDef, ResourceTypeDef> def;
  uint64_t offset = 0;
  uint64_t size = 0;  // bytes in the binary
};

// ---- component: aliases, instances, the rest -------------------------------------------------

enum class AliasTarget : uint8_t { kExport, kCoreExport, kOuter };
struct Alias {
  Sort sort = Sort::kFunc;
  AliasTarget target = AliasTarget::kExport;
  uint32_t instance = 0;     // kExport, kCoreExport
  std::string_view name;     // kExport, kCoreExport
  uint32_t outer_count = 0;  // kOuter
  uint32_t outer_index = 0;  // kOuter
};

struct TypeDecl {
  std::variant<wasm::CoreTypeDef, std::shared_ptr<TypeDef>, Alias, ImportDecl, ExportDecl> decl;
  uint64_t offset = 0;
};

struct InstantiateArg {
  std::string_view name;
  SortIdx item;
  uint64_t offset = 0;
};
struct Instantiate {
  uint32_t component = 0;
  std::vector<InstantiateArg> args;
};
struct InlineExport {
  ExternName name;
  SortIdx item;
};
struct InlineExports {
  std::vector<InlineExport> exports;
};
struct Instance {
  std::variant<Instantiate, InlineExports> expr;
};

struct Start {
  uint32_t func = 0;
  std::vector<uint32_t> args;
  uint32_t results = 0;
};
struct ValueDef {
  ValType type;
  std::span<const uint8_t> bytes;
  uint64_t offset = 0;
};
struct Import {
  ExternName name;
  ExternDesc desc;
};
struct Export {
  ExternName name;
  SortIdx item;
  std::optional<ExternDesc> ascription;
};

struct Component;

// One definition, in file order. Each appends to one index space (Binary.md); `offset` is its
// first byte.
struct Definition {
  std::variant<CoreModule, CoreInstance, wasm::CoreTypeDef, std::shared_ptr<const Component>,
               Instance, Alias, TypeDef, Canon, Start, Import, Export, ValueDef>
      def;
  uint64_t offset = 0;
};
// The index space that `definition` appends one index to; nullopt for a start definition, which
// appends its results to the values.
std::optional<Sort> SortIntroducedBy(const Definition& definition);

// Names for messages and traces, from the component-name custom section; never authoritative.
struct NameSection {
  std::string_view component;
  std::vector<std::pair<SortIdx, std::string_view>> names;
};

struct Component {
  std::vector<Definition> definitions;
  NameSection names;
  uint64_t offset = 0;  // of the preamble
  // Root only: the binary itself.
  std::shared_ptr<const std::string> bytes;
};

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_AST_H_
