#include "runtime/binary/validate/validator_types.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"

namespace davit::binary {
namespace {

using types::Kind;

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

types::TypePtr LayoutOf(const Member& member) {
  return member.type.has_value() ? member.type->shape->layout : nullptr;
}

std::vector<types::Field> LabelledLayouts(const std::vector<Member>& members) {
  std::vector<types::Field> fields;
  fields.reserve(members.size());
  for (const Member& member : members) {
    fields.push_back({.name = std::string(member.label), .type = LayoutOf(member)});
  }
  return fields;
}

std::vector<types::TypePtr> Layouts(const std::vector<Member>& members) {
  std::vector<types::TypePtr> layouts;
  layouts.reserve(members.size());
  for (const Member& member : members) layouts.push_back(LayoutOf(member));
  return layouts;
}

std::vector<std::string> Labels(const std::vector<Member>& members) {
  std::vector<std::string> labels;
  labels.reserve(members.size());
  for (const Member& member : members) labels.emplace_back(member.label);
  return labels;
}

types::TypePtr MakeLayout(const ValueShape& shape) {
  const std::vector<Member>& members = shape.members;
  switch (shape.kind) {
    case Kind::kRecord:
      return types::Record(LabelledLayouts(members));
    case Kind::kTuple:
      return types::Tuple(Layouts(members));
    case Kind::kVariant:
      return types::Variant(LabelledLayouts(members));
    case Kind::kEnum:
      return types::Enum(Labels(members));
    case Kind::kFlags:
      return types::Flags(Labels(members));
    case Kind::kOption:
      return types::Option(LayoutOf(members[0]));
    case Kind::kResult:
      return types::Result(LayoutOf(members[0]), LayoutOf(members[1]));
    case Kind::kList:
      return types::List(LayoutOf(members[0]));
    case Kind::kFixedList:
      return types::FixedList(LayoutOf(members[0]), shape.length);
    case Kind::kMap:
      return types::Map(LayoutOf(members[0]), LayoutOf(members[1]));
    case Kind::kOwn:
      return types::Own(ResourceId());
    case Kind::kBorrow:
      return types::Borrow(ResourceId());
    case Kind::kStream:
      return types::Stream(LayoutOf(members[0]));
    case Kind::kFuture:
      return types::Future(LayoutOf(members[0]));
    default:
      return types::Primitive(shape.kind);
  }
}

uint64_t StepsOfLabels(const std::vector<Member>& members) {
  uint64_t steps = 0;
  for (const Member& member : members) steps += wasm::StepsOf(member.label);
  return steps;
}

absl::Status CheckValueBudget(const types::Type& layout) {
  if (layout.depth() > base::kMaxTypeDepth) {
    return base::LimitError("type_depth", base::kMaxTypeDepth, "value types nest too deeply");
  }
  if (layout.node_count() > base::kMaxTypeSize) {
    return base::LimitError("type_size", base::kMaxTypeSize, "a value type is too large");
  }
  if (layout.size64() >= base::kMaxValueSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("the value type exceeds the maximum byte size of ", base::kMaxValueSize - 1));
  }
  return absl::OkStatus();
}

absl::Status CheckEntityBudget(uint64_t size, uint32_t depth) {
  if (depth > base::kMaxComponentNesting) {
    return base::LimitError("type_depth", base::kMaxComponentNesting,
                            "instance and component types nest too deeply");
  }
  if (size > base::kMaxTypeSize) {
    return base::LimitError("type_size", base::kMaxTypeSize,
                            "an instance or component type is too large");
  }
  return absl::OkStatus();
}

// Sizes stay far below overflow: each part is within kMaxTypeSize, and parts are in the binary.
struct Extent {
  uint64_t size = 1;
  uint32_t depth = 0;  // of instance and component types

  void Add(Extent part) {
    size += part.size;
    depth = std::max(depth, part.depth);
  }
};

Extent ExtentOf(const AnyType& type) {
  return std::visit(
      Overloaded{[](const ValueType& t) { return Extent{t.shape->layout->node_count(), 0}; },
                 [](const ResourceRef&) { return Extent{1, 0}; },
                 [](const FuncType* t) { return Extent{t->size, 0}; },
                 [](const InstanceType* t) { return Extent{t->size, t->depth}; },
                 [](const ComponentType* t) { return Extent{t->size, t->depth}; }},
      type);
}

Extent ExtentOf(const Entity& entity) {
  return std::visit(Overloaded{[](const wasm::ModuleType* t) {
                                 return Extent{1 + t->imports.size() + t->exports.size(), 0};
                               },
                               [](const FuncType* t) { return Extent{t->size, 0}; },
                               [](const ValueEntity& t) { return ExtentOf(AnyType(t.type)); },
                               [](const TypeEntity& t) { return ExtentOf(t.type); },
                               [](const ComponentType* t) { return Extent{t->size, t->depth}; },
                               [](const InstanceType* t) { return Extent{t->size, t->depth}; }},
                    entity);
}

Mentions MentionsOf(const AnyType& type) {
  return std::visit(Overloaded{[](const ValueType& t) { return t.mentions(); },
                               [](const ResourceRef& t) { return t.mentions(); },
                               [](const FuncType* t) { return t->mentions; },
                               [](const InstanceType* t) { return t->mentions; },
                               [](const ComponentType* t) { return t->mentions; }},
                    type);
}

void Measure(const EntityMap& map, Extent& extent, Mentions& mentions) {
  for (const EntityMap::Item& item : map.items()) {
    extent.Add(ExtentOf(item.entity));
    mentions |= MentionsOf(item.entity);
  }
}

}  // namespace

Sort SortOf(const Entity& entity) {
  static constexpr Sort kSorts[] = {Sort::kCoreModule, Sort::kFunc,      Sort::kValue,
                                    Sort::kType,       Sort::kComponent, Sort::kInstance};
  return kSorts[entity.index()];
}

Mentions MentionsOf(const Entity& entity) {
  return std::visit(Overloaded{[](const wasm::ModuleType*) { return Mentions{0}; },
                               [](const FuncType* t) { return t->mentions; },
                               [](const ValueEntity& t) { return t.type.mentions(); },
                               [](const TypeEntity& t) { return MentionsOf(t.type); },
                               [](const ComponentType* t) { return t->mentions; },
                               [](const InstanceType* t) { return t->mentions; }},
                    entity);
}

std::string_view KindOf(const AnyType& type) {
  return std::visit(
      Overloaded{[](const ValueType& t) { return types::KindName(t.shape->kind); },
                 [](const ResourceRef&) { return std::string_view("resource"); },
                 [](const FuncType*) { return std::string_view("func type"); },
                 [](const InstanceType*) { return std::string_view("instance type"); },
                 [](const ComponentType*) { return std::string_view("component type"); }},
      type);
}

void EntityMap::Add(std::string_view name, const Entity& entity) {
  index_->try_emplace(name, static_cast<uint32_t>(items_.size()));
  items_.push_back({.name = name, .entity = entity});
}

const Entity* EntityMap::Find(std::string_view name) const {
  const auto it = index_->find(name);
  return it == index_->end() ? nullptr : &items_[it->second].entity;
}

EntityMap EntityMap::WithEntities(std::vector<Entity> entities) const {
  EntityMap copy;
  copy.index_ = index_;
  copy.items_.reserve(items_.size());
  for (size_t i = 0; i < items_.size(); ++i) {
    copy.items_.push_back({.name = items_[i].name, .entity = entities[i]});
  }
  return copy;
}

ValueType TypeStore::Primitive(Kind kind) {
  const ValueShape*& shape = primitives_[kind];
  if (shape == nullptr) {
    values_.push_back({.kind = kind,
                       .layout = types::Primitive(kind),
                       .structure = Structure({static_cast<uint32_t>(kind)})});
    shape = &values_.back();
  }
  return ValueType{.shape = shape};
}

absl::StatusOr<const ValueShape*> TypeStore::Make(ValueShape draft) {
  DAVIT_RETURN_IF_ERROR(Charge(1 + StepsOfLabels(draft.members)));
  if (types::IsPrimitive(draft.kind)) return Primitive(draft.kind).shape;
  if (draft.layout == nullptr) {
    draft.layout = MakeLayout(draft);
    DAVIT_RETURN_IF_ERROR(CheckValueBudget(*draft.layout));
  }
  std::vector<uint32_t> key = {static_cast<uint32_t>(draft.kind), draft.length};
  draft.mentions = 0;
  if (draft.kind == Kind::kOwn || draft.kind == Kind::kBorrow) {
    key.push_back(draft.resource.id.value);
    draft.mentions = draft.resource.mentions();
  }
  for (const Member& member : draft.members) AddMember(member, key, draft.mentions);
  draft.structure = Structure(std::move(key));
  values_.push_back(std::move(draft));
  return &values_.back();
}

absl::StatusOr<const FuncType*> TypeStore::Make(FuncType draft) {
  DAVIT_RETURN_IF_ERROR(Charge(1 + StepsOfLabels(draft.params)));
  // No value kind starts a key with this number.
  constexpr uint32_t kFuncTag = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> key = {kFuncTag, draft.is_async ? 1u : 0u};
  draft.mentions = 0;
  Extent extent;
  const auto add = [&](const Member& member) {
    AddMember(member, key, draft.mentions);
    if (member.type.has_value()) extent.Add(ExtentOf(AnyType(*member.type)));
  };
  add({.label = {}, .type = draft.result});
  for (const Member& param : draft.params) add(param);
  DAVIT_RETURN_IF_ERROR(CheckEntityBudget(extent.size, 0));
  draft.structure = Structure(std::move(key));
  draft.size = extent.size;
  funcs_.push_back(std::move(draft));
  return &funcs_.back();
}

absl::StatusOr<const InstanceType*> TypeStore::Make(InstanceType draft) {
  DAVIT_RETURN_IF_ERROR(Charge(1 + draft.exports.items().size()));
  Extent extent;
  draft.mentions = 0;
  Measure(draft.exports, extent, draft.mentions);
  draft.size = extent.size;
  draft.depth = extent.depth + 1;
  DAVIT_RETURN_IF_ERROR(CheckEntityBudget(draft.size, draft.depth));
  instances_.push_back(std::move(draft));
  return &instances_.back();
}

absl::StatusOr<const ComponentType*> TypeStore::Make(ComponentType draft) {
  DAVIT_RETURN_IF_ERROR(Charge(1 + draft.imports.items().size() + draft.exports.items().size()));
  Extent extent;
  draft.mentions = 0;
  Measure(draft.imports, extent, draft.mentions);
  Measure(draft.exports, extent, draft.mentions);
  draft.size = extent.size;
  draft.depth = extent.depth + 1;
  DAVIT_RETURN_IF_ERROR(CheckEntityBudget(draft.size, draft.depth));
  components_.push_back(std::move(draft));
  return &components_.back();
}

const wasm::ModuleType* TypeStore::Make(wasm::ModuleType type) {
  modules_.push_back(std::move(type));
  return &modules_.back();
}

uint32_t TypeStore::Label(std::string_view label) {
  return labels_.try_emplace(label, static_cast<uint32_t>(labels_.size())).first->second;
}

uint32_t TypeStore::Structure(std::vector<uint32_t> key) {
  const auto next = static_cast<uint32_t>(structures_.size() + 1);
  return structures_.try_emplace(std::move(key), next).first->second;
}

void TypeStore::AddMember(const Member& member, std::vector<uint32_t>& key, Mentions& mentions) {
  key.push_back(Label(member.label));
  key.push_back(member.type.has_value() ? member.type->structure() : 0);
  if (member.type.has_value()) mentions |= member.type->mentions();
}

}  // namespace davit::binary
