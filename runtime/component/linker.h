#ifndef DAVIT_RUNTIME_COMPONENT_LINKER_H_
#define DAVIT_RUNTIME_COMPONENT_LINKER_H_

#include <cstdint>
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

// What a host does when a guest drops the last handle to one of its resources; `rep` is the host's
// own number for it. An error ends the guest as that of a HostFunction does.
using HostDestructor = std::function<absl::Status(uint32_t rep)>;

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

  // Defines a resource type of the host, found as DefineFunc's names are. In the Vals of host
  // functions an own or borrow of it is the rep in decimal: whoever returns an own gives it away
  // and learns of its end by `on_drop`, which may be null.
  absl::Status DefineResource(std::string_view interface, std::string_view name,
                              HostDestructor on_drop);

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
