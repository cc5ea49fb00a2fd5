#ifndef DAVIT_RUNTIME_COMPONENT_LINKED_COMPONENT_IMPL_H_
#define DAVIT_RUNTIME_COMPONENT_LINKED_COMPONENT_IMPL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "runtime/component/component_impl.h"
#include "runtime/component/linked_component.h"
#include "runtime/component/linker_impl.h"
#include "runtime/link/program.h"

namespace davit::component {

// What Instance needs of a linked component; not for others.
struct LinkedComponent::Impl {
  const link::Program& program;  // of the component
  HostBindings bindings;

  // Made once for a component and a linker. Errors: UnsatisfiedImportsError.
  static absl::StatusOr<std::shared_ptr<const Impl>> Of(
      const Component::Impl& component, const std::shared_ptr<const Linker>& linker);

  // Null when the export is an import passed on.
  const link::Lift* LiftOf(ExportFuncId func) const;
  bool MayWait(ExportFuncId func) const;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LINKED_COMPONENT_IMPL_H_
