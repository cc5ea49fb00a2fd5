#ifndef DAVIT_RUNTIME_LINK_SCOPE_H_
#define DAVIT_RUNTIME_LINK_SCOPE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "runtime/binary/ast.h"
#include "runtime/link/program.h"
#include "runtime/types/type.h"

// What the index spaces of a component hold while its tree is inlined: not types of things, but the
// things themselves, as far as they are known before instantiation.
namespace davit::link {

struct Scope;
struct InstanceValue;
using InstancePtr = std::shared_ptr<const InstanceValue>;
using FuncTypePtr = std::shared_ptr<const types::FuncType>;

// A component or instance type, which is evaluated where it is used.
struct TypeClosure {
  const binary::TypeDef* def = nullptr;
  const Scope* scope = nullptr;
};
using TypeValue = std::variant<types::TypePtr, FuncTypePtr, types::ResourceId, TypeClosure>;

struct ModuleValue {
  const binary::CoreModule* module = nullptr;  // null: an import that nothing has satisfied
};
struct FuncValue {
  FuncTarget target;
};
struct ComponentValue {
  const binary::Component* component = nullptr;
  const Scope* scope = nullptr;
};
using Item = std::variant<ModuleValue, FuncValue, TypeValue, ComponentValue, InstancePtr>;

// The exports of a component instance, in order. Names point into the binary.
struct InstanceValue {
  std::vector<std::pair<std::string_view, Item>> exports;
  absl::flat_hash_map<std::string_view, size_t> by_name;

  void Add(std::string_view name, Item item) {
    by_name.emplace(name, exports.size());
    exports.emplace_back(name, std::move(item));
  }
  // REQUIRES: validation proved that it is there.
  const Item& Get(std::string_view name) const { return exports[by_name.at(name)].second; }
};

// A core instance made of named items instead of by instantiation.
using CoreBag = absl::flat_hash_map<std::string_view, CoreItem>;
using CoreInstanceValue = std::variant<CoreInstanceIndex, std::shared_ptr<const CoreBag>>;

// One or several core types; evaluated only where an imported core module is compared with them.
using CoreTypeDefinition = std::variant<const wasm::CoreTypeDef*, wasm::CoreOuterAlias>;

// The index spaces of one component instance, or of a component or instance type under evaluation.
// Closures point to scopes, so a scope stays where it is until inlining ends.
struct Scope {
  const Scope* outer = nullptr;
  InstanceIndex instance;

  std::vector<CoreItem> core_funcs, core_tables, core_memories, core_globals, core_tags;
  std::vector<CoreInstanceValue> core_instances;
  std::vector<CoreTypeDefinition> core_types;
  std::vector<ModuleValue> modules;
  std::vector<FuncValue> funcs;
  std::vector<TypeValue> types;
  std::vector<ComponentValue> components;
  std::vector<InstancePtr> instances;
};

// Appends `item` to the index space of its sort.
void Push(const Item& item, Scope& scope);

// REQUIRES: `at` is of a component-level sort.
Item Get(const binary::SortIdx& at, const Scope& scope);

// The scope `count` levels out. REQUIRES: there are as many.
const Scope& Outer(const Scope& scope, uint32_t count);

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_SCOPE_H_
