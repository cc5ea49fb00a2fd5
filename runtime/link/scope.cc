#include "runtime/link/scope.h"

namespace davit::link {
namespace {

using binary::Sort;

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

void Push(const Item& item, Scope& scope) {
  std::visit(Overloaded{
                 [&](const ModuleValue& v) { scope.modules.push_back(v); },
                 [&](const FuncValue& v) { scope.funcs.push_back(v); },
                 [&](const TypeValue& v) { scope.types.push_back(v); },
                 [&](const ComponentValue& v) { scope.components.push_back(v); },
                 [&](const InstancePtr& v) { scope.instances.push_back(v); },
             },
             item);
}

Item Get(const binary::SortIdx& at, const Scope& scope) {
  switch (at.sort) {
    case Sort::kCoreModule:
      return scope.modules[at.index];
    case Sort::kFunc:
      return scope.funcs[at.index];
    case Sort::kType:
      return scope.types[at.index];
    case Sort::kComponent:
      return scope.components[at.index];
    default:
      return scope.instances[at.index];
  }
}

const Scope& Outer(const Scope& scope, uint32_t count) {
  const Scope* outer = &scope;
  for (uint32_t i = 0; i < count; ++i) outer = outer->outer;
  return *outer;
}

}  // namespace davit::link
