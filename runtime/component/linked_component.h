#ifndef DAVIT_RUNTIME_COMPONENT_LINKED_COMPONENT_H_
#define DAVIT_RUNTIME_COMPONENT_LINKED_COMPONENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "runtime/component/component.h"
#include "runtime/component/linker.h"

namespace davit::component {

// A component whose imports a linker has satisfied, by name, version and type: once for all of its
// instances, which only index. Immutable, thread-safe. Keeps both.
class LinkedComponent {
 public:
  // What was made before for both is used again. Errors: UnsatisfiedImportsError.
  static absl::StatusOr<std::shared_ptr<const LinkedComponent>> Link(
      std::shared_ptr<const Component> component, std::shared_ptr<const Linker> linker);
  ~LinkedComponent();
  LinkedComponent(const LinkedComponent&) = delete;
  LinkedComponent& operator=(const LinkedComponent&) = delete;

  const Component& component() const { return *component_; }
  // Whether a call of it may come to wait for a host function that answers later.
  bool MayWait(ExportFuncId func) const;

 private:
  friend class Instance;
  struct Impl;
  LinkedComponent(std::shared_ptr<const Component> component, std::shared_ptr<const Linker> linker,
                  std::shared_ptr<const Impl> impl);

  const std::shared_ptr<const Component> component_;
  const std::shared_ptr<const Linker> linker_;
  const std::shared_ptr<const Impl> impl_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LINKED_COMPONENT_H_
