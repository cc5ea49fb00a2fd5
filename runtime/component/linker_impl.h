#ifndef DAVIT_RUNTIME_COMPONENT_LINKER_IMPL_H_
#define DAVIT_RUNTIME_COMPONENT_LINKER_IMPL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "runtime/component/linker.h"
#include "runtime/link/park_analysis.h"
#include "runtime/link/program.h"

namespace davit::component {

// What a host does at the end of one of its resources; null: nothing.
using ResourceEnd = std::function<absl::Status(HostState* state, uint32_t rep)>;

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

// What Instance needs of a linker; not for others.
class Linker::Impl {
 public:
  // UnsatisfiedImportsError lists what `program` imports and nothing here is.
  absl::StatusOr<HostBindings> Resolve(const link::Program& program) const;

  Definitions<HostFunction> functions;
  // Aliases share a destructor, which is what tells resource types apart.
  Definitions<std::shared_ptr<const ResourceEnd>> resources;
  // As Linker::DefineResource.
  absl::Status DefineResource(std::string_view interface, std::string_view name, ResourceEnd end);

 private:
  // Appends what of each kind nothing here satisfies to `missing`.
  void ResolveFunctions(const link::Program& program, HostBindings& bindings,
                        std::vector<std::string>& missing) const;
  void ResolveResources(const link::Program& program, HostBindings& bindings,
                        std::vector<std::string>& missing) const;
  void CheckAliases(const link::Program& program, const HostBindings& bindings,
                    std::vector<std::string>& missing) const;
  void CheckInstances(const link::Program& program, std::vector<std::string>& missing) const;
  static void CheckModules(const link::Program& program, std::vector<std::string>& missing);
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LINKER_IMPL_H_
