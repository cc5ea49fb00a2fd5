#ifndef DAVIT_RUNTIME_COMPONENT_LINKER_IMPL_H_
#define DAVIT_RUNTIME_COMPONENT_LINKER_IMPL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "runtime/canon/native/resource_tags.h"
#include "runtime/component/linker.h"
#include "runtime/link/park_analysis.h"
#include "runtime/link/program.h"
#include "runtime/types/resource_id.h"

namespace davit::component {

// What a host does at the end of one of its resources; null: nothing.
using ResourceEnd = std::function<absl::Status(HostState* state, uint32_t rep)>;

// A resource type of the host.
struct HostResource {
  std::string name;                       // "interface#name" of its definition
  std::optional<canon::ResourceTag> tag;  // where it has a name in C++
  ResourceEnd end;
};

// What the host supplies for one program; all of it lives as long as the linker.
struct HostBindings {
  std::vector<const HostFunction*> functions;   // by ImportIndex
  std::vector<const ResourceEnd*> destructors;  // by ResourceId; null for the guest's own
  link::Parks parks;                            // with these functions
};

// Definitions by "interface#name", found by compatible versions too.
template <typename Definition>
class Definitions {
 public:
  // Null when it is defined already.
  const Definition* Add(std::string_view interface, std::string_view name, Definition definition);
  const Definition* Find(std::string_view interface, std::string_view name) const;

 private:
  absl::node_hash_map<std::string, Definition> exact_;
  // By the compatibility key of the interface: the newest defined.
  absl::flat_hash_map<std::string, const Definition*> by_track_;
};

// The host's resource types that a program imports.
class ImportedResources final : public canon::ResourceTags {
 public:
  using ByTag = absl::flat_hash_map<canon::ResourceTag, const HostResource*>;
  // `by_tag`: all that have a name in C++, imported or not.
  explicit ImportedResources(const ByTag& by_tag) : by_tag_(by_tag) {}

  // By ResourceId; null for the guest's own and for what the host does not have.
  std::vector<const HostResource*> resources;

  absl::Status Match(types::ResourceId resource, canon::ResourceTag tag) const override;

 private:
  const ByTag& by_tag_;
};

// What Instance needs of a linker; not for others.
class Linker::Impl {
 public:
  // UnsatisfiedImportsError lists what `program` imports and nothing here is.
  absl::StatusOr<HostBindings> Resolve(const link::Program& program) const;

  Definitions<HostFunction> functions;
  // Shared by aliases, which is what tells resource types apart.
  Definitions<std::shared_ptr<const HostResource>> resources;
  // As Linker::DefineResource.
  absl::Status DefineResource(std::string_view interface, std::string_view name,
                              std::optional<canon::ResourceTag> tag, ResourceEnd end);

 private:
  ImportedResources::ByTag resource_by_tag_;

  ImportedResources FindResources(const link::Program& program) const;
  // Appends what of each kind nothing here satisfies to `missing`.
  void ResolveFunctions(const link::Program& program, const ImportedResources& imported,
                        HostBindings& bindings, std::vector<std::string>& missing) const;
  static void ResolveResources(const link::Program& program, const ImportedResources& imported,
                               HostBindings& bindings, std::vector<std::string>& missing);
  void CheckAliases(const link::Program& program, const ImportedResources& imported,
                    std::vector<std::string>& missing) const;
  void CheckInstances(const link::Program& program, std::vector<std::string>& missing) const;
  static void CheckModules(const link::Program& program, std::vector<std::string>& missing);
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LINKER_IMPL_H_
