#include "runtime/canon/plan.h"

#include <algorithm>
#include <limits>

#include "runtime/base/limits.h"
#include "runtime/canon/steps.h"

namespace davit::canon {
namespace {

using types::Kind;

// Up to this many names are compared one after the other.
constexpr size_t kMaxLinearSearch = 8;

// Host memory of Vals, rounded up to what the messages, their strings and pointers take.
constexpr uint64_t kValCost = 40;
constexpr uint64_t kMessageCost = 56;  // RecordVal, ListVal, ...
constexpr uint64_t kNameCost = 40;
constexpr uint64_t kFieldCost = 56 + kNameCost;

bool IsVariant(Kind kind) {
  return kind == Kind::kVariant || kind == Kind::kEnum || kind == Kind::kOption ||
         kind == Kind::kResult;
}

uint32_t Saturate(uint64_t size) {
  return static_cast<uint32_t>(std::min<uint64_t>(size, std::numeric_limits<uint32_t>::max()));
}

uint64_t CostOfMembers(const Node& node, uint64_t each) {
  uint64_t cost = 0;
  for (const Member& member : node.members) cost += each + member.node->host_cost;
  return cost;
}

uint64_t CostOfLargestCase(const Node& node) {
  uint64_t cost = 0;
  for (const Member& member : node.members) {
    if (member.node != nullptr) cost = std::max(cost, member.node->host_cost);
  }
  return cost;
}

uint64_t HostCost(const Node& node) {
  switch (node.kind) {
    case Kind::kRecord:
      return kValCost + kMessageCost + CostOfMembers(node, kFieldCost);
    case Kind::kTuple:
      return kValCost + kMessageCost + CostOfMembers(node, 0);
    case Kind::kEnum:
      return kValCost + kNameCost;
    case Kind::kOption:
      return kValCost + kMessageCost + CostOfLargestCase(node);
    case Kind::kVariant:
      return kValCost + kMessageCost + kNameCost + CostOfLargestCase(node);
    case Kind::kResult:
      return kValCost + 2 * kMessageCost + CostOfLargestCase(node);
    case Kind::kFlags:
      return kValCost + kMessageCost + node.members.size() * kNameCost;
    case Kind::kFixedList:
      return kValCost + kMessageCost + uint64_t{node.length} * node.element->host_cost;
    case Kind::kList:
    case Kind::kMap:
      return kValCost + kMessageCost;
    case Kind::kString:
    case Kind::kOwn:
    case Kind::kBorrow:
      return kValCost + kNameCost;
    default:
      return kValCost;
  }
}

// Whether the members follow each other without padding and are bitwise themselves.
bool FieldsAreBitwise(const Node& node) {
  uint64_t end = 0;
  for (const Member& member : node.members) {
    if (!member.node->bitwise || member.offset != end) return false;
    end += member.node->size;
  }
  return end == node.size;
}

bool IsBitwise(const Node& node) {
  if (types::IsFixedWidthNumber(node.kind)) return true;
  if (node.kind == Kind::kFixedList) return node.element->bitwise;
  if (node.kind == Kind::kRecord || node.kind == Kind::kTuple) return FieldsAreBitwise(node);
  return false;
}

// Of a value that is walked, each part and each item of a fixed list is a step at least.
uint64_t StepsOf(const Node& node) {
  if (node.kind == Kind::kFixedList) {
    const Node& element = *node.element;
    if (element.bitwise) return 1 + node.size / Steps::kBytesPerStep;
    return 1 + node.length * element.steps;
  }
  uint64_t all = 0, most = 0;
  for (const Member& member : node.members) {
    if (member.node == nullptr) continue;
    all += member.node->steps;
    most = std::max(most, member.node->steps);
  }
  return 1 + (IsVariant(node.kind) ? most : all);
}

bool IsListOrMap(Kind kind) { return kind == Kind::kList || kind == Kind::kMap; }

// Whether a part of it has a property.
bool AnyPart(const Node& node, bool Node::* property) {
  if (node.element != nullptr) return node.element->*property;
  return std::ranges::any_of(node.members, [property](const Member& member) {
    return member.node != nullptr && member.node->*property;
  });
}

uint32_t LabelMask(size_t labels) {
  return labels >= base::kMaxFlagsLabels ? ~uint32_t{0} : (uint32_t{1} << labels) - 1;
}

void IndexNames(Node& node) {
  if (node.members.size() <= kMaxLinearSearch || node.kind == Kind::kTuple) return;
  node.by_name.reserve(node.members.size());
  for (uint32_t i = 0; i < node.members.size(); ++i) {
    node.by_name.emplace(node.members[i].name, i);
  }
}

}  // namespace

std::optional<uint32_t> SearchMember(const Node& node, std::string_view name) {
  if (!node.by_name.empty()) {
    const auto found = node.by_name.find(name);
    if (found == node.by_name.end()) return std::nullopt;
    return found->second;
  }
  for (uint32_t i = 0; i < node.members.size(); ++i) {
    if (node.members[i].name == name) return i;
  }
  return std::nullopt;
}

const Node* Plan::Add(const types::TypePtr& type) {
  if (type == nullptr) return nullptr;
  if (const auto known = by_type_.find(type.get()); known != by_type_.end()) return known->second;
  Node node;
  node.kind = type->kind();
  node.discriminant_size = type->layout().discriminant_size;
  node.alignment = type->layout().alignment;
  node.size = Saturate(type->layout().size);
  node.payload_offset = type->layout().payload_offset;
  node.flat_count = static_cast<uint32_t>(type->flat().size());
  node.length = type->length();
  node.resource = type->resource();
  if (node.kind == Kind::kRecord || node.kind == Kind::kTuple) {
    AddFields(*type, node);
  } else if (IsVariant(node.kind) || node.kind == Kind::kFlags) {
    AddCases(*type, node);
  } else if (node.kind == Kind::kList || node.kind == Kind::kFixedList) {
    node.element = Add(type->element());
  } else if (node.kind == Kind::kMap) {
    node.element = Add(type->entry());
  }
  if (node.kind == Kind::kFlags) node.label_mask = LabelMask(node.members.size());
  node.bitwise = IsBitwise(node);
  node.allocates =
      node.kind == Kind::kString || IsListOrMap(node.kind) || AnyPart(node, &Node::allocates);
  node.has_handles =
      node.kind == Kind::kOwn || node.kind == Kind::kBorrow || AnyPart(node, &Node::has_handles);
  node.host_cost = HostCost(node);
  node.steps = StepsOf(node);
  node.items_per_look =
      static_cast<uint32_t>(std::max<uint64_t>(1, Steps::kPerLook / (2 * node.steps)));
  node.transfer_cost = node.bitwise ? node.size : std::max<uint64_t>(node.size, node.steps);
  IndexNames(node);
  nodes_.push_back(std::move(node));
  return by_type_.emplace(type.get(), &nodes_.back()).first->second;
}

void Plan::AddFields(const types::Type& type, Node& node) {
  uint32_t flat_offset = 0;
  node.members.reserve(type.fields().size());
  for (size_t i = 0; i < type.fields().size(); ++i) {
    const types::Field& field = type.fields()[i];
    const Node* part = Add(field.type);
    node.members.push_back({.name = field.name,
                            .node = part,
                            .offset = Saturate(type.layout().offsets[i]),
                            .flat_offset = flat_offset});
    flat_offset += part->flat_count;
  }
}

void Plan::AddCases(const types::Type& type, Node& node) {
  if (node.kind == Kind::kOption) node.members.push_back({.name = "none"});
  for (const types::Field& field : type.fields()) {
    node.members.push_back({.name = field.name, .node = Add(field.type)});
  }
}

}  // namespace davit::canon
