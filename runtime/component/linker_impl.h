#ifndef DAVIT_RUNTIME_COMPONENT_LINKER_IMPL_H_
#define DAVIT_RUNTIME_COMPONENT_LINKER_IMPL_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "runtime/component/linker.h"
#include "runtime/component/program.h"

namespace davit::component {

// What Instance needs of a linker; not for others.
class Linker::Impl {
 public:
  // The functions that satisfy the imports of `program`, by ImportIndex; they live as long as the
  // linker. UnsatisfiedImportsError.
  absl::StatusOr<std::vector<const HostFunction*>> Resolve(const Program& program) const;
  const HostFunction* Find(std::string_view interface, std::string_view name) const;

  // By "interface#name".
  absl::node_hash_map<std::string, HostFunction> exact;
  // By "interface@track#name": the newest that was defined of those that are compatible.
  absl::flat_hash_map<std::string, const HostFunction*> by_track;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LINKER_IMPL_H_
