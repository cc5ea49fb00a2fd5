#ifndef DAVIT_RUNTIME_COMPONENT_COMPONENT_IMPL_H_
#define DAVIT_RUNTIME_COMPONENT_COMPONENT_IMPL_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "runtime/binary/ast.h"
#include "runtime/component/code.h"
#include "runtime/component/component.h"
#include "runtime/engine/engine.h"
#include "runtime/link/inliner.h"
#include "runtime/link/program.h"
#include "runtime/types/world.h"

namespace davit::component {

class Linker;

// What Linker and Instance need of a component; not for others.
class Component::Impl {
 public:
  // The component of an inlined tree. `trees` are the binaries it came from.
  static absl::StatusOr<std::shared_ptr<const Component>> Make(
      engine::Engine& engine, engine::CoreTypeAccount* types, link::InlinedComponent inlined,
      std::vector<std::shared_ptr<const binary::Component>> trees);
  void IndexExports();
  void NameResources();
  // The functions that a shorter name than theirs may mean.
  std::span<const ExportFuncId> MeantBy(std::string_view short_name) const;
  // For error messages: "a, b, ...", not all of many.
  std::string NamesOf(std::span<const ExportFuncId> funcs) const;

  // The binaries, the component's own first: kept for composition.
  std::vector<std::shared_ptr<const binary::Component>> trees;
  link::Program program;
  Code code;  // of `program`
  types::World world;
  // By ResourceId: the first name under which the world exports it, or empty.
  std::vector<std::string> resource_names;
  // What linkers have made of it (linked_component.cc), as long as they live.
  struct Linked {
    std::weak_ptr<const Linker> linker;
    std::shared_ptr<const void> impl;
  };
  mutable absl::Mutex linked_mutex;
  mutable std::vector<Linked> linked ABSL_GUARDED_BY(linked_mutex);
  std::vector<ExportFuncId> ids;                                // of all exported functions
  absl::flat_hash_map<std::string_view, ExportFuncId> by_name;  // in `program`
  // Without the version of the interface, and without the interface (in `program`): where there are
  // several, the name must say which.
  absl::flat_hash_map<std::string, absl::InlinedVector<ExportFuncId, 1>> by_short_version;
  absl::flat_hash_map<std::string_view, absl::InlinedVector<ExportFuncId, 1>> without_interface;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_COMPONENT_IMPL_H_
