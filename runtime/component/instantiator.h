#ifndef DAVIT_RUNTIME_COMPONENT_INSTANTIATOR_H_
#define DAVIT_RUNTIME_COMPONENT_INSTANTIATOR_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/component/code.h"
#include "runtime/engine/store/store.h"
#include "runtime/link/program.h"

namespace davit::component {

// Runs the steps of a program in a store that has nothing yet: core modules are instantiated, their
// start functions run, and what the program names of them is resolved.
class Instantiator {
 public:
  // What the steps have made, by the program's numbers.
  struct Items {
    std::vector<engine::CoreInstanceId> core_instances;
    std::vector<engine::FuncId> funcs;
    std::vector<engine::MemoryId> memories;
  };

  // All of them outlive it. `items` comes empty; start functions may need what is in it so far.
  Instantiator(engine::CellLock& lock, engine::Store& store, const link::Program& program,
               const Code& code, Items& items)
      : lock_(lock), store_(store), program_(program), code_(code), items_(items) {}

  // REQUIRES: a Run is active on the store, which looks before each core module whether it was
  // ended. Errors: those of Store::Instantiate.
  absl::Status Run();

 private:
  absl::Status Perform(const link::InstantiateModule& step);
  absl::Status Perform(const link::ResolveFunc& step);
  absl::Status Perform(const link::ResolveMemory& step);
  absl::StatusOr<engine::ExternId> Resolve(const link::CoreItem& item);

  engine::CellLock& lock_;
  engine::Store& store_;
  const link::Program& program_;
  const Code& code_;
  Items& items_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INSTANTIATOR_H_
