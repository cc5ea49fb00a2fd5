#include "runtime/binary/validate/resource_mentions.h"

#include "absl/container/flat_hash_set.h"
#include "runtime/base/status_macros.h"

namespace davit::binary {
namespace {

// Gathers the resources that a type binds and those it mentions. Resources are unique to where
// they are bound, so that what is mentioned but not bound is free.
class ResourceCollector {
 public:
  explicit ResourceCollector(TypeStore& store) : store_(store) {}

  absl::Status Visit(const AnyType& type) {
    return std::visit([this](const auto& t) { return Visit(t); }, type);
  }

  absl::Status Visit(const EntityMap& map) {
    DAVIT_RETURN_IF_ERROR(store_.Charge(1 + map.items().size()));
    for (const EntityMap::Item& item : map.items()) {
      DAVIT_RETURN_IF_ERROR(
          std::visit([this](const auto& entity) { return Visit(entity); }, item.entity));
    }
    return absl::OkStatus();
  }

  bool FoundFree() const {
    for (ResourceId id : mentioned_) {
      if (!bound_.contains(id)) return true;
    }
    return false;
  }

  bool Mentions(ResourceId id) const { return mentioned_.contains(id); }

 private:
  absl::Status Visit(const ResourceRef& resource) {
    mentioned_.insert(resource.id);
    return absl::OkStatus();
  }

  absl::Status Visit(const ValueType& type) {
    const ValueShape& shape = *type.shape;
    if (!shape.layout->contains_resource() || !visited_.insert(&shape).second) {
      return absl::OkStatus();
    }
    DAVIT_RETURN_IF_ERROR(store_.Charge(1 + shape.members.size()));
    if (shape.members.empty()) mentioned_.insert(shape.resource.id);
    return VisitMembers(shape.members);
  }

  absl::Status Visit(const FuncType* func) {
    if (!visited_.insert(func).second) return absl::OkStatus();
    DAVIT_RETURN_IF_ERROR(store_.Charge(1 + func->params.size()));
    if (func->result.has_value()) DAVIT_RETURN_IF_ERROR(Visit(*func->result));
    return VisitMembers(func->params);
  }

  absl::Status Visit(const InstanceType* instance) {
    if (!visited_.insert(instance).second) return absl::OkStatus();
    DAVIT_RETURN_IF_ERROR(store_.Charge(instance->bound_resources.size()));
    bound_.insert(instance->bound_resources.begin(), instance->bound_resources.end());
    return Visit(instance->exports);
  }

  absl::Status Visit(const ComponentType* component) {
    if (!visited_.insert(component).second) return absl::OkStatus();
    DAVIT_RETURN_IF_ERROR(
        store_.Charge(component->imported_resources.size() + component->defined_resources.size()));
    bound_.insert(component->imported_resources.begin(), component->imported_resources.end());
    bound_.insert(component->defined_resources.begin(), component->defined_resources.end());
    DAVIT_RETURN_IF_ERROR(Visit(component->imports));
    return Visit(component->exports);
  }

  absl::Status Visit(const wasm::ModuleType*) { return absl::OkStatus(); }
  absl::Status Visit(const ValueEntity& value) { return Visit(value.type); }
  absl::Status Visit(const TypeEntity& type) { return Visit(type.type); }

  absl::Status VisitMembers(const std::vector<Member>& members) {
    for (const Member& member : members) {
      if (member.type.has_value()) DAVIT_RETURN_IF_ERROR(Visit(*member.type));
    }
    return absl::OkStatus();
  }

  TypeStore& store_;
  absl::flat_hash_set<const void*> visited_;
  absl::flat_hash_set<ResourceId> bound_, mentioned_;
};

}  // namespace

absl::StatusOr<bool> MentionsResource(const AnyType& type, TypeStore& store) {
  ResourceCollector resources(store);
  DAVIT_RETURN_IF_ERROR(resources.Visit(type));
  return resources.FoundFree();
}

absl::Status KeepMentioned(const EntityMap& exports, std::vector<ResourceId>& resources,
                           TypeStore& store) {
  if (resources.empty()) return absl::OkStatus();
  DAVIT_RETURN_IF_ERROR(store.Charge(resources.size()));
  ResourceCollector collector(store);
  DAVIT_RETURN_IF_ERROR(collector.Visit(exports));
  std::erase_if(resources, [&](ResourceId id) { return !collector.Mentions(id); });
  return absl::OkStatus();
}

}  // namespace davit::binary
