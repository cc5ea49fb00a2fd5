#ifndef DAVIT_RUNTIME_COMPONENT_COMPONENT_IMPL_H_
#define DAVIT_RUNTIME_COMPONENT_COMPONENT_IMPL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "runtime/component/component.h"
#include "runtime/component/program.h"
#include "runtime/engine/engine.h"
#include "runtime/types/world.h"

namespace davit::component {

// What Linker and Instance need of a component; not for others.
class Component::Impl {
 public:
  void IndexExports();
  // For error messages: "it exports a, b, ...".
  std::string NamesOfFuncs() const;

  Program program;
  types::World world;
  std::shared_ptr<const engine::ShimModule> shims;
  absl::flat_hash_map<std::string, ExportFuncId> by_name;
  // Without the version of the interface; nullopt where several would match.
  absl::flat_hash_map<std::string, std::optional<ExportFuncId>> by_short_name;
  uint64_t binary_bytes = 0;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_COMPONENT_IMPL_H_
