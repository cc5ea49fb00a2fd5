#ifndef DAVIT_RUNTIME_COMPONENT_LINKER_H_
#define DAVIT_RUNTIME_COMPONENT_LINKER_H_

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "runtime/canon/func_plan.h"
#include "runtime/component/component.h"

namespace davit::component {

// A host function over Vals: fills `results` (none or one, as its type says). An error ends the
// guest with that status; a trap status (base::TrapStatus) is reported as the guest's trap. Runs on
// the thread that runs the store and may be used by many stores at once.
using HostFunction =
    std::function<absl::Status(const canon::ValArgs& args, canon::ValArgs& results)>;

// What components may import. Build it, then share it; definition is not thread-safe, use is.
class Linker {
 public:
  Linker();
  ~Linker();
  Linker(const Linker&) = delete;
  Linker& operator=(const Linker&) = delete;

  // Defines function `name` of interface `interface` ("wasi:random/random@0.2.3"), or of the world
  // itself when `interface` is empty. An import of a compatible version finds it (same major, or
  // same minor below 1.0). ALREADY_EXISTS when it is defined.
  absl::Status DefineFunc(std::string_view interface, std::string_view name, HostFunction function);

  // FAILED_PRECONDITION (base::UnsatisfiedImportsError) that lists every import of `component` that
  // nothing here satisfies, with its type.
  absl::Status CheckImports(const Component& component) const;

 private:
  friend class Instance;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LINKER_H_
