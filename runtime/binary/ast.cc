#include "runtime/binary/ast.h"

namespace davit::binary {
namespace {

// The index space that each alternative of Definition::def appends to.
struct IntroducedSort {
  std::optional<Sort> operator()(const CoreModule&) const { return Sort::kCoreModule; }
  std::optional<Sort> operator()(const CoreInstance&) const { return Sort::kCoreInstance; }
  std::optional<Sort> operator()(const wasm::CoreTypeDef&) const { return Sort::kCoreType; }
  std::optional<Sort> operator()(const std::shared_ptr<const Component>&) const {
    return Sort::kComponent;
  }
  std::optional<Sort> operator()(const Instance&) const { return Sort::kInstance; }
  std::optional<Sort> operator()(const Alias& alias) const { return alias.sort; }
  std::optional<Sort> operator()(const TypeDef&) const { return Sort::kType; }
  std::optional<Sort> operator()(const Canon& canon) const {
    return std::holds_alternative<CanonLift>(canon.def) ? Sort::kFunc : Sort::kCoreFunc;
  }
  std::optional<Sort> operator()(const Start&) const { return std::nullopt; }
  std::optional<Sort> operator()(const Import& import) const { return import.desc.sort; }
  std::optional<Sort> operator()(const Export& exported) const { return exported.item.sort; }
  std::optional<Sort> operator()(const ValueDef&) const { return Sort::kValue; }
};

}  // namespace

std::string_view SortName(Sort sort) {
  switch (sort) {
    case Sort::kCoreFunc:
      return "core func";
    case Sort::kCoreTable:
      return "core table";
    case Sort::kCoreMemory:
      return "core memory";
    case Sort::kCoreGlobal:
      return "core global";
    case Sort::kCoreTag:
      return "core tag";
    case Sort::kCoreType:
      return "core type";
    case Sort::kCoreModule:
      return "core module";
    case Sort::kCoreInstance:
      return "core instance";
    case Sort::kFunc:
      return "func";
    case Sort::kValue:
      return "value";
    case Sort::kType:
      return "type";
    case Sort::kComponent:
      return "component";
    case Sort::kInstance:
      return "instance";
  }
  return "unknown";
}

std::optional<Sort> SortIntroducedBy(const Definition& definition) {
  return std::visit(IntroducedSort{}, definition.def);
}

}  // namespace davit::binary
