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
                                 std::shared_ptr<const Impl> impl)
    : component_(std::move(component)), linker_(std::move(linker)), impl_(std::move(impl)) {}

LinkedComponent::~LinkedComponent() = default;

absl::StatusOr<std::shared_ptr<const LinkedComponent::Impl>> LinkedComponent::Impl::Of(
    const Component::Impl& component, const std::shared_ptr<const Linker>& linker) {
  absl::MutexLock lock(component.linked_mutex);
  for (const Component::Impl::Linked& linked : component.linked) {
    // Two are the same where both live and share what counts them.
    if (!linked.linker.owner_before(linker) && !linker.owner_before(linked.linker)) {
      return std::static_pointer_cast<const Impl>(linked.impl);
    }
  }
  std::erase_if(component.linked, [](const auto& linked) { return linked.linker.expired(); });
  DAVIT_ASSIGN_OR_RETURN(HostBindings bindings, linker->impl_->Resolve(component.program));
  auto impl = std::make_shared<const Impl>(component.program, std::move(bindings));
  component.linked.push_back({.linker = linker, .impl = impl});
  return impl;
}

absl::StatusOr<std::shared_ptr<const LinkedComponent>> LinkedComponent::Link(
    std::shared_ptr<const Component> component, std::shared_ptr<const Linker> linker) {
  DAVIT_ASSIGN_OR_RETURN(auto impl, Impl::Of(*component->impl_, linker));
  return std::shared_ptr<const LinkedComponent>(
      new LinkedComponent(std::move(component), std::move(linker), std::move(impl)));
}

bool LinkedComponent::MayWait(ExportFuncId func) const { return impl_->MayWait(func); }

}  // namespace davit::component
