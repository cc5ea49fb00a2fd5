#ifndef DAVIT_RUNTIME_CANON_PLAN_H_
#define DAVIT_RUNTIME_CANON_PLAN_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "runtime/types/type.h"

// Types prepared for lifting and lowering: what a value's walk needs, and nothing to look up.
namespace davit::canon {

struct Node;

// A record field, tuple member, variant case, enum case or flags label.
struct Member {
  std::string_view name;       // empty for tuple members
  const Node* node = nullptr;  // null where there is no payload
  uint32_t offset = 0;         // bytes from the start of the record or tuple
  uint32_t flat_offset = 0;    // slots from the start of the record or tuple
};

// How one type lies in linear memory and in flat slots. Spec: CanonicalABI.md#element-size,
// #alignment, #flattening; for 32-bit pointers.
struct Node {
  types::Kind kind = types::Kind::kBool;
  uint8_t discriminant_size = 0;  // bytes
  // All bytes of the value are numbers: any bits are valid, and none is padding.
  bool bitwise = false;
  bool allocates = false;    // lowering it may need realloc: it has a string, list or map in it
  bool has_handles = false;  // it has an own or borrow in it
  uint32_t alignment = 1;
  uint32_t size = 0;              // bytes; the stride of a list of this type
  uint32_t payload_offset = 0;    // variants; the payload's first flat slot is always 1
  uint32_t flat_count = 0;        // slots; exact up to kMaxFlatParams, never used beyond
  uint32_t length = 0;            // fixed lists
  uint32_t label_mask = 0;        // flags: one bit for each label
  types::ResourceId resource;     // own and borrow
  const Node* element = nullptr;  // list, fixed list; the entry tuple of a map
  std::vector<Member> members;    // option: none, some; result: ok, err
  // Bytes of host memory that a Val of this type takes at most, without strings and list items.
  uint64_t host_cost = 0;
  // Steps of a walk over a value at most, likewise, and how many items of a list of this type are
  // walked between two looks whether the run was ended: one at least.
  uint64_t steps = 1;
  uint32_t items_per_look = 1;
  // What moving a value from one component to another costs of the copy budget, likewise.
  uint64_t transfer_cost = 1;
  // From name to position in `members`; empty when there are few.
  absl::flat_hash_map<std::string_view, uint32_t> by_name;
};

// The member of that name. `hint` is where it probably is.
std::optional<uint32_t> SearchMember(const Node& node, std::string_view name);
inline std::optional<uint32_t> FindMember(const Node& node, std::string_view name, uint32_t hint) {
  if (hint < node.members.size() && node.members[hint].name == name) [[likely]] {
    return hint;
  }
  return SearchMember(node, name);
}

// The nodes of some types, one for each distinct Type object. Immutable once built.
class Plan {
 public:
  Plan() = default;
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // The node of `type`, which must outlive the plan. Null for null. The plan owns the node.
  // REQUIRES: `type` is validated: depth up to base::kMaxTypeDepth, size below kMaxValueSize.
  const Node* Add(const types::TypePtr& type);

 private:
  void AddFields(const types::Type& type, Node& node);
  void AddCases(const types::Type& type, Node& node);

  std::deque<Node> nodes_;
  absl::flat_hash_map<const types::Type*, const Node*> by_type_;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_PLAN_H_
