#ifndef DAVIT_RUNTIME_TEXT_WIT_SCOPE_H_
#define DAVIT_RUNTIME_TEXT_WIT_SCOPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "runtime/text/wit_name.h"
#include "runtime/types/type.h"
#include "runtime/types/world.h"

// Who names which type in a WIT document. For what writes WIT or code made of it.
namespace davit::text {

// The names of types in one interface or world. The types must outlive it.
class TypeNames {
 public:
  // Names `type` or `resource` unless it already has a name; takes the name in any case. False when
  // the name is taken.
  bool Declare(const std::string& name, const types::Type& type);
  bool Declare(const std::string& name, types::ResourceId resource);
  // The name, or null. Types that only exist by name are found by structure, others by identity.
  const std::string* Find(const types::Type& type) const;
  const std::string* Find(types::ResourceId resource) const;
  // `name`, or what comes next after it that is not taken.
  std::string Unused(const std::string& name) const;

 private:
  absl::flat_hash_set<std::string> taken_;
  absl::flat_hash_map<const types::Type*, std::string> by_identity_;
  absl::flat_hash_map<uint64_t, std::vector<std::pair<const types::Type*, std::string>>>
      by_structure_;
  absl::flat_hash_map<types::ResourceId, std::string> resources_;
};

// An interface of some package, with the items of all imports and exports of its name.
struct WitInterface {
  InterfaceName name;
  std::vector<const types::Extern*> items;
};

// All the interfaces of a world, and where each type is defined: in the first that names it. Views
// into the world, which must outlive it.
class WitInterfaces {
 public:
  explicit WitInterfaces(const types::World& world);

  struct Definition {
    size_t interface = 0;  // index into all()
    std::string_view name;
  };
  const std::vector<WitInterface>& all() const { return all_; }
  const Definition* Find(const types::Type& type) const;
  const Definition* Find(types::ResourceId resource) const;
  // Whether base::kMaxWorldItems were reached, so that items are missing.
  bool incomplete() const { return items_left_ == 0; }

 private:
  void Add(const types::Extern& e);
  void AddItems(size_t interface, const std::vector<types::Extern>& items);

  std::vector<WitInterface> all_;
  absl::flat_hash_map<std::string_view, size_t> by_name_;
  absl::flat_hash_set<std::pair<size_t, std::string_view>> seen_;
  absl::flat_hash_map<const types::Type*, Definition> types_;
  absl::flat_hash_map<types::ResourceId, Definition> resources_;
  size_t items_left_;
};

// Whether values of `kind` have no type expression in WIT, only a name.
bool ExistsByNameOnly(types::Kind kind);

}  // namespace davit::text

#endif  // DAVIT_RUNTIME_TEXT_WIT_SCOPE_H_
