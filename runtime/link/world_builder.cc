#include "runtime/link/world_builder.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"

namespace davit::link {
namespace {

class Describer {
 public:
  explicit Describer(const Program& program) : program_(program) {}

  std::vector<types::Extern> Items(const InstanceValue& value) {
    std::vector<types::Extern> items;
    items.reserve(value.exports.size());
    for (const auto& [name, item] : value.exports) {
      if (auto described = std::visit([this](const auto& v) { return Describe(v); }, item)) {
        items.push_back({std::string(name), std::move(described)});
      }
    }
    return items;
  }

 private:
  types::ItemPtr Describe(const ModuleValue&) {
    return types::MakeItem(types::Opaque::kCoreModule);
  }
  types::ItemPtr Describe(const ComponentValue&) {
    return types::MakeItem(types::Opaque::kComponent);
  }
  types::ItemPtr Describe(const FuncValue& func) {
    const canon::FuncPlan& plan = *program_.PlanOf(func.target);
    types::ItemPtr& item = funcs_[&plan];
    if (item == nullptr) item = types::MakeItem(plan.type());
    return item;
  }
  types::ItemPtr Describe(const InstancePtr& instance) {
    types::ItemPtr& item = instances_[instance.get()];
    if (item == nullptr) item = types::MakeItem(types::Instance{Items(*instance)});
    return item;
  }
  // Function, component and instance types have no place in WIT.
  types::ItemPtr Describe(const TypeValue& type) {
    if (const auto* value = std::get_if<types::TypePtr>(&type)) return types::MakeItem(*value);
    if (const auto* id = std::get_if<types::ResourceId>(&type)) return types::MakeItem(*id);
    return nullptr;
  }

  const Program& program_;
  // Each is described once, however often it is named.
  absl::node_hash_map<const InstanceValue*, types::ItemPtr> instances_;
  absl::flat_hash_map<const canon::FuncPlan*, types::ItemPtr> funcs_;
};

}  // namespace

std::vector<types::Extern> DescribeItems(const InstanceValue& items, const Program& program) {
  return Describer(program).Items(items);
}

}  // namespace davit::link
