#ifndef DAVIT_RUNTIME_TYPES_WORLD_H_
#define DAVIT_RUNTIME_TYPES_WORLD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/types/type.h"

// What a component imports and exports, with full types: plain values, made once per component.
namespace davit::types {

struct Item;
using ItemPtr = std::shared_ptr<const Item>;

// An import or export: "run", "wasi:cli/run@0.2.3", "[method]blob.read", ... `item` is never null.
struct Extern {
  std::string name;
  ItemPtr item;
};

// A named group of functions, types, resources and nested instances.
struct Instance {
  std::vector<Extern> items;
};

// Something that cannot be called: its own structure is not described.
enum class Opaque : uint8_t { kComponent, kCoreModule, kValue };

// TypePtr: a value type under a name, which WIT text then uses. ResourceId: a resource type.
struct Item {
  std::variant<FuncType, TypePtr, ResourceId, Instance, Opaque> of;
};

template <typename T>
ItemPtr MakeItem(T of) {
  return std::make_shared<const Item>(Item{.of = std::move(of)});
}

struct World {
  std::vector<Extern> imports;
  std::vector<Extern> exports;
};

// A function that `world` exports, directly or in an instance: the name is "func" or
// "ns:pkg/iface@1.2.3#func". `type` lives as long as the world's items.
struct ExportedFunc {
  std::string name;
  const FuncType* type = nullptr;
};

// Every one of them in export order, base::kMaxExportedFuncs at most. Functions of instances within
// instances are not among them, as WIT has no such thing.
std::vector<ExportedFunc> ExportedFuncs(const World& world);

// "ns:pkg/iface@1.2.3#func" -> "ns:pkg/iface#func"; empty for a name without a version.
std::string WithoutVersion(std::string_view func);
// "ns:pkg/iface@1.2.3#func" -> "func"; empty for the function of a world. Within `func`.
std::string_view WithoutInterface(std::string_view func);

// The one called `name`. The version of the interface may be left out, or the interface as a whole,
// where only one function can be meant; a function of the world is meant before those of
// interfaces. NOT_FOUND says what there is, INVALID_ARGUMENT which ones are called so.
absl::StatusOr<ExportedFunc> FindExportedFunc(const World& world, std::string_view name);

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_WORLD_H_
