#include "runtime/component/linker.h"

#include <memory>
#include <optional>
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

std::string QualifiedName(std::string_view interface, std::string_view name) {
  return interface.empty() ? std::string(name) : KeyOf(interface, name);
}

std::string Describe(const link::ImportedFunc& import) {
  return absl::StrCat(QualifiedName(import.interface, import.name), ": ",
                      text::ToWit(import.plan->type()));
}

absl::Status Matches(const HostFunction& function, const link::ImportedFunc& import,
                     const ImportedResources& imported) {
  if (!function.matches) return absl::OkStatus();
  return function.matches(import.plan->type(), &imported);
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

namespace {

ResourceEnd EndOf(HostDestructor on_drop) {
  if (!on_drop) return nullptr;
  return [on_drop = std::move(on_drop)](HostState*, uint32_t rep) { return on_drop(rep); };
}

ResourceEnd EndOf(StatefulHostDestructor on_drop) {
  if (!on_drop) return nullptr;
  return [on_drop = std::move(on_drop)](HostState* state, uint32_t rep) {
    return state == nullptr ? absl::InternalError("the host keeps nothing for this instance")
                            : on_drop(*state, rep);
  };
}

}  // namespace

absl::Status Linker::DefineResource(std::string_view interface, std::string_view name,
                                    HostDestructor on_drop) {
  return impl_->DefineResource(interface, name, std::nullopt, EndOf(std::move(on_drop)));
}

absl::Status Linker::DefineResource(std::string_view interface, std::string_view name,
                                    StatefulHostDestructor on_drop) {
  return impl_->DefineResource(interface, name, std::nullopt, EndOf(std::move(on_drop)));
}

absl::Status Linker::DefineTagged(std::string_view interface, std::string_view name,
                                  canon::ResourceTag tag, HostDestructor on_drop) {
  return impl_->DefineResource(interface, name, tag, EndOf(std::move(on_drop)));
}

absl::Status Linker::DefineTagged(std::string_view interface, std::string_view name,
                                  canon::ResourceTag tag, StatefulHostDestructor on_drop) {
  return impl_->DefineResource(interface, name, tag, EndOf(std::move(on_drop)));
}

absl::Status Linker::Impl::DefineResource(std::string_view interface, std::string_view name,
                                          std::optional<canon::ResourceTag> tag, ResourceEnd end) {
  const std::string full_name = QualifiedName(interface, name);
  const auto same = tag.has_value() ? resource_by_tag_.find(*tag) : resource_by_tag_.end();
  if (same != resource_by_tag_.end() && same->second->name != full_name) {
    return absl::InvalidArgumentError(absl::StrCat("the C++ type for \"", full_name,
                                                   "\" is that of \"", same->second->name, "\""));
  }
  auto resource = std::make_shared<const HostResource>(
      HostResource{.name = full_name, .tag = tag, .end = std::move(end)});
  if (resources.Add(interface, name, resource) == nullptr) return AlreadyDefined(interface, name);
  if (tag.has_value()) resource_by_tag_.emplace(*tag, resource.get());
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
  const ImportedResources imported = FindResources(program);
  ResolveFunctions(program, imported, bindings, missing);
  ResolveResources(program, imported, bindings, missing);
  CheckAliases(program, imported, missing);
  CheckInstances(program, missing);
  CheckModules(program, missing);
  if (!missing.empty()) return base::UnsatisfiedImportsError(missing);
  std::vector<bool> waits;
  for (const HostFunction* function : bindings.functions) waits.push_back(function->waits());
  bindings.parks = link::FindParks(program, waits);
  return bindings;
}

absl::Status ImportedResources::Match(types::ResourceId resource, canon::ResourceTag tag) const {
  const HostResource* const found = resources[resource.value];
  if (found != nullptr && found->tag == tag) return absl::OkStatus();
  const auto wanted = by_tag_.find(tag);
  return absl::InvalidArgumentError(
      absl::StrCat("the C++ type is for the resource ",
                   wanted == by_tag_.end() ? "that nothing was defined as" : wanted->second->name,
                   found == nullptr ? "" : absl::StrCat(", not for ", found->name)));
}

ImportedResources Linker::Impl::FindResources(const link::Program& program) const {
  ImportedResources imported(resource_by_tag_);
  imported.resources.reserve(program.resources.size());
  for (const link::ResourceInfo& resource : program.resources) {
    const auto* found =
        resource.instance ? nullptr : resources.Find(resource.interface, resource.name);
    imported.resources.push_back(found == nullptr ? nullptr : found->get());
  }
  return imported;
}

void Linker::Impl::ResolveFunctions(const link::Program& program, const ImportedResources& imported,
                                    HostBindings& bindings,
                                    std::vector<std::string>& missing) const {
  bindings.functions.reserve(program.imports.size());
  for (const link::ImportedFunc& import : program.imports) {
    const HostFunction* function = functions.Find(import.interface, import.name);
    bindings.functions.push_back(function);
    if (function == nullptr) {
      missing.push_back(Describe(import));
    } else if (absl::Status match = Matches(*function, import, imported); !match.ok()) {
      missing.push_back(
          absl::StrCat(Describe(import), " (the host's differs: ", match.message(), ")"));
    }
  }
}

void Linker::Impl::ResolveResources(const link::Program& program, const ImportedResources& imported,
                                    HostBindings& bindings, std::vector<std::string>& missing) {
  bindings.destructors.reserve(program.resources.size());
  for (uint32_t i = 0; i < program.resources.size(); ++i) {
    const HostResource* const found = imported.resources[i];
    bindings.destructors.push_back(found == nullptr ? nullptr : &found->end);
    const link::ResourceInfo& resource = program.resources[i];
    if (found == nullptr && !resource.instance) {
      missing.push_back(
          absl::StrCat(QualifiedName(resource.interface, resource.name), ": resource"));
    }
  }
}

void Linker::Impl::CheckAliases(const link::Program& program, const ImportedResources& imported,
                                std::vector<std::string>& missing) const {
  for (const link::ImportedAlias& alias : program.imported_aliases) {
    const auto* found = resources.Find(alias.interface, alias.name);
    const HostResource* wanted = imported.resources[alias.resource.value];
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
