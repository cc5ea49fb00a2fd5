#include "runtime/component/linker.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/component_impl.h"
#include "runtime/component/linker_impl.h"
#include "runtime/link/version_track.h"
#include "runtime/text/wit_text.h"

namespace davit::component {
namespace {

std::string KeyOf(std::string_view interface, std::string_view name) {
  return absl::StrCat(interface, "#", name);
}

// Under which compatible versions of `interface` find each other; empty when it has none.
std::string TrackKeyOf(std::string_view interface, std::string_view name) {
  const std::string track = link::CompatibilityKey(interface);
  return track.empty() ? "" : KeyOf(track, name);
}

std::string QualifiedName(const std::string& interface, const std::string& name) {
  return interface.empty() ? name : KeyOf(interface, name);
}

std::string Describe(const link::ImportedFunc& import) {
  return absl::StrCat(QualifiedName(import.interface, import.name), ": ",
                      text::ToWit(import.plan->type()));
}

absl::Status Matches(const HostFunction& function, const link::ImportedFunc& import) {
  return function.matches ? function.matches(import.plan->type()) : absl::OkStatus();
}

absl::Status AlreadyDefined(std::string_view interface, std::string_view name) {
  return absl::AlreadyExistsError(absl::StrCat("\"", KeyOf(interface, name), "\" is defined"));
}

}  // namespace

template <typename Definition>
const Definition* Definitions<Definition>::Add(std::string_view interface, std::string_view name,
                                               Definition definition) {
  auto [it, added] = exact_.try_emplace(KeyOf(interface, name), std::move(definition));
  if (!added) return nullptr;
  if (std::string track = TrackKeyOf(interface, name); !track.empty()) {
    by_track_[track] = &it->second;
  }
  return &it->second;
}

template <typename Definition>
const Definition* Definitions<Definition>::Find(std::string_view interface,
                                                std::string_view name) const {
  if (auto it = exact_.find(KeyOf(interface, name)); it != exact_.end()) return &it->second;
  auto it = by_track_.find(TrackKeyOf(interface, name));
  return it == by_track_.end() ? nullptr : it->second;
}

HostFunction OverVals(ValFunction function) {
  return {.call = [function = std::move(function)](
                      const canon::FuncPlan& plan, canon::CallContext& context,
                      std::span<canon::CoreSlot> slots) -> absl::Status {
    canon::ValArgs args, results;
    DAVIT_RETURN_IF_ERROR(canon::LiftParams(plan, context, slots, args));
    DAVIT_RETURN_IF_ERROR(function(args, results));
    return canon::LowerResult(plan, context, results, slots);
  }};
}

HostFunction OverVals(StatefulValFunction function) {
  return {.call = [function = std::move(function)](
                      const canon::FuncPlan& plan, canon::CallContext& context,
                      std::span<canon::CoreSlot> slots) -> absl::Status {
    DAVIT_RETURN_IF_ERROR(internal::CheckState(context));
    canon::ValArgs args, results;
    DAVIT_RETURN_IF_ERROR(canon::LiftParams(plan, context, slots, args));
    DAVIT_RETURN_IF_ERROR(function(*context.host_state, args, results));
    return canon::LowerResult(plan, context, results, slots);
  }};
}

HostFunction WaitingOverVals(WaitingValFunction function) {
  return {.start = [function = std::move(function)](
                       const canon::FuncPlan& plan, canon::CallContext& context,
                       std::span<canon::CoreSlot> slots, HostReply reply) -> absl::Status {
    canon::ValArgs args;
    DAVIT_RETURN_IF_ERROR(canon::LiftParams(plan, context, slots, args));
    function(args, std::move(reply));
    return absl::OkStatus();
  }};
}

HostFunction WaitingOverVals(StatefulWaitingValFunction function) {
  return {.start = [function = std::move(function)](
                       const canon::FuncPlan& plan, canon::CallContext& context,
                       std::span<canon::CoreSlot> slots, HostReply reply) -> absl::Status {
    DAVIT_RETURN_IF_ERROR(internal::CheckState(context));
    canon::ValArgs args;
    DAVIT_RETURN_IF_ERROR(canon::LiftParams(plan, context, slots, args));
    function(*context.host_state, args, std::move(reply));
    return absl::OkStatus();
  }};
}

absl::Status internal::CheckState(const canon::CallContext& context) {
  if (context.host_state != nullptr) [[likely]]
    return absl::OkStatus();
  return absl::InternalError("the host keeps nothing for this instance");
}

Linker::Linker() : impl_(std::make_unique<Impl>()) {}
Linker::~Linker() = default;

absl::Status Linker::DefineFunc(std::string_view interface, std::string_view name,
                                HostFunction function) {
  if (impl_->functions.Add(interface, name, std::move(function)) == nullptr) {
    return AlreadyDefined(interface, name);
  }
  return absl::OkStatus();
}

absl::Status Linker::DefineResource(std::string_view interface, std::string_view name,
                                    HostDestructor on_drop) {
  ResourceEnd end;
  if (on_drop) {
    end = [on_drop = std::move(on_drop)](HostState*, uint32_t rep) { return on_drop(rep); };
  }
  return impl_->DefineResource(interface, name, std::move(end));
}

absl::Status Linker::DefineResource(std::string_view interface, std::string_view name,
                                    StatefulHostDestructor on_drop) {
  return impl_->DefineResource(
      interface, name, [on_drop = std::move(on_drop)](HostState* state, uint32_t rep) {
        return state == nullptr ? absl::InternalError("the host keeps nothing for this instance")
                                : on_drop(*state, rep);
      });
}

absl::Status Linker::Impl::DefineResource(std::string_view interface, std::string_view name,
                                          ResourceEnd end) {
  auto shared = std::make_shared<const ResourceEnd>(std::move(end));
  if (resources.Add(interface, name, std::move(shared)) == nullptr) {
    return AlreadyDefined(interface, name);
  }
  return absl::OkStatus();
}

absl::Status Linker::DefineResourceAlias(std::string_view interface, std::string_view name,
                                         std::string_view second_interface,
                                         std::string_view second_name) {
  const auto* resource = impl_->resources.Find(interface, name);
  if (resource == nullptr) {
    return absl::NotFoundError(absl::StrCat("\"", KeyOf(interface, name), "\" is not defined"));
  }
  if (impl_->resources.Add(second_interface, second_name, *resource) == nullptr) {
    return AlreadyDefined(second_interface, second_name);
  }
  return absl::OkStatus();
}

absl::Status Linker::CheckImports(const Component& component) const {
  return impl_->Resolve(component.impl_->program).status();
}

absl::StatusOr<HostBindings> Linker::Impl::Resolve(const link::Program& program) const {
  HostBindings bindings;
  std::vector<std::string> missing;
  ResolveFunctions(program, bindings, missing);
  ResolveResources(program, bindings, missing);
  CheckAliases(program, bindings, missing);
  CheckInstances(program, missing);
  CheckModules(program, missing);
  if (!missing.empty()) return base::UnsatisfiedImportsError(missing);
  std::vector<bool> waits;
  for (const HostFunction* function : bindings.functions) waits.push_back(function->waits());
  bindings.parks = link::FindParks(program, waits);
  return bindings;
}

void Linker::Impl::ResolveFunctions(const link::Program& program, HostBindings& bindings,
                                    std::vector<std::string>& missing) const {
  bindings.functions.reserve(program.imports.size());
  for (const link::ImportedFunc& import : program.imports) {
    const HostFunction* function = functions.Find(import.interface, import.name);
    bindings.functions.push_back(function);
    if (function == nullptr) {
      missing.push_back(Describe(import));
    } else if (absl::Status match = Matches(*function, import); !match.ok()) {
      missing.push_back(
          absl::StrCat(Describe(import), " (the host's differs: ", match.message(), ")"));
    }
  }
}

void Linker::Impl::ResolveResources(const link::Program& program, HostBindings& bindings,
                                    std::vector<std::string>& missing) const {
  bindings.destructors.reserve(program.resources.size());
  for (const link::ResourceInfo& resource : program.resources) {
    const auto* found =
        resource.instance ? nullptr : resources.Find(resource.interface, resource.name);
    bindings.destructors.push_back(found == nullptr ? nullptr : found->get());
    if (!resource.instance && found == nullptr) {
      missing.push_back(
          absl::StrCat(QualifiedName(resource.interface, resource.name), ": resource"));
    }
  }
}

void Linker::Impl::CheckAliases(const link::Program& program, const HostBindings& bindings,
                                std::vector<std::string>& missing) const {
  for (const link::ImportedAlias& alias : program.imported_aliases) {
    const auto* found = resources.Find(alias.interface, alias.name);
    const ResourceEnd* wanted = bindings.destructors[alias.resource.value];
    if (found == nullptr || wanted == nullptr || found->get() == wanted) continue;
    const link::ResourceInfo& resource = program.resources[alias.resource.value];
    missing.push_back(
        absl::StrCat(QualifiedName(alias.interface, alias.name), ": the same resource as ",
                     QualifiedName(resource.interface, resource.name), " (the host's is another)"));
  }
}

// An instance is what is in it: nothing says that the host has it, but something else may be there.
void Linker::Impl::CheckInstances(const link::Program& program,
                                  std::vector<std::string>& missing) const {
  for (const link::ImportedItem& instance : program.imported_instances) {
    if (functions.Find(instance.interface, instance.name) != nullptr) {
      missing.push_back(absl::StrCat(QualifiedName(instance.interface, instance.name),
                                     ": instance (the host has a function)"));
    }
  }
}

// Only another component can have a core module.
void Linker::Impl::CheckModules(const link::Program& program, std::vector<std::string>& missing) {
  for (const link::ImportedItem& module : program.unlinked_modules) {
    missing.push_back(absl::StrCat(QualifiedName(module.interface, module.name), ": core module"));
  }
}

}  // namespace davit::component
