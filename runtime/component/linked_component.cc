#include "runtime/component/linked_component.h"

#include <utility>
#include <variant>

#include "runtime/base/status_macros.h"
#include "runtime/component/component_impl.h"
#include "runtime/component/linked_component_impl.h"

namespace davit::component {

const link::Lift* LinkedComponent::Impl::LiftOf(ExportFuncId func) const {
  const auto* lift = std::get_if<link::LiftIndex>(&program.exports[func.value].target);
  return lift == nullptr ? nullptr : &program.lifts[lift->value];
}

bool LinkedComponent::Impl::MayWait(ExportFuncId func) const {
  const auto* lift = std::get_if<link::LiftIndex>(&program.exports[func.value].target);
  return lift != nullptr && bindings.parks.lifts[lift->value];
}

LinkedComponent::LinkedComponent(std::shared_ptr<const Component> component,
                                 std::shared_ptr<const Linker> linker,
                                 std::unique_ptr<const Impl> impl)
    : component_(std::move(component)), linker_(std::move(linker)), impl_(std::move(impl)) {}

LinkedComponent::~LinkedComponent() = default;

absl::StatusOr<std::shared_ptr<const LinkedComponent>> LinkedComponent::Link(
    std::shared_ptr<const Component> component, std::shared_ptr<const Linker> linker) {
  const link::Program& program = component->impl_->program;
  DAVIT_ASSIGN_OR_RETURN(HostBindings bindings, linker->impl_->Resolve(program));
  auto impl = std::make_unique<const Impl>(program, std::move(bindings));
  return std::shared_ptr<const LinkedComponent>(
      new LinkedComponent(std::move(component), std::move(linker), std::move(impl)));
}

bool LinkedComponent::MayWait(ExportFuncId func) const { return impl_->MayWait(func); }

}  // namespace davit::component
