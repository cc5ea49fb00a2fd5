#ifndef DAVIT_RUNTIME_COMPONENT_COMPONENT_IMPL_H_
#define DAVIT_RUNTIME_COMPONENT_COMPONENT_IMPL_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/component/component.h"
#include "runtime/component/inliner.h"
#include "runtime/component/program.h"
#include "runtime/engine/engine.h"
#include "runtime/types/world.h"

namespace davit::component {

// What Linker and Instance need of a component; not for others.
class Component::Impl {
 public:
  // The component of an inlined tree. `trees` are the binaries it came from.
  static absl::StatusOr<std::shared_ptr<const Component>> Make(
      engine::Engine& engine, InlinedComponent inlined,
      std::vector<std::shared_ptr<const binary::Component>> trees);
  void IndexExports();
  void NameResources();
  // For error messages: "it exports a, b, ...".
  std::string NamesOfFuncs() const;
  // The full names of the functions that have this one without its version.
  std::string VersionsOf(std::string_view short_name) const;

  // The binaries, the component's own first: kept for composition.
  std::vector<std::shared_ptr<const binary::Component>> trees;
  Program program;
  types::World world;
  // By ResourceId: the first name under which the world exports it, or empty.
  std::vector<std::string> resource_names;
  std::shared_ptr<const engine::ShimModule> shims;
  absl::flat_hash_map<std::string, ExportFuncId> by_name;
  // Without the version of the interface; nullopt where several would match.
  absl::flat_hash_map<std::string, std::optional<ExportFuncId>> by_short_name;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_COMPONENT_IMPL_H_
