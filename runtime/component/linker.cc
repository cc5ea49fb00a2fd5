#include "runtime/component/linker.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/component_impl.h"
#include "runtime/component/linker_impl.h"
#include "runtime/component/version_track.h"
#include "runtime/types/wit_text.h"

namespace davit::component {
namespace {

std::string KeyOf(std::string_view interface, std::string_view name) {
  return absl::StrCat(interface, "#", name);
}

// Under which compatible versions of `interface` find each other; empty when it has none.
std::string TrackKeyOf(std::string_view interface, std::string_view name) {
  const std::string track = CompatibilityKey(interface);
  return track.empty() ? "" : KeyOf(track, name);
}

std::string Describe(const ImportedFunc& import) {
  return absl::StrCat(
      import.interface.empty() ? import.name : KeyOf(import.interface, import.name), ": ",
      types::ToWit(import.plan->type()));
}

}  // namespace

Linker::Linker() : impl_(std::make_unique<Impl>()) {}
Linker::~Linker() = default;

absl::Status Linker::DefineFunc(std::string_view interface, std::string_view name,
                                HostFunction function) {
  auto [it, added] = impl_->exact.try_emplace(KeyOf(interface, name), std::move(function));
  if (!added) return absl::AlreadyExistsError(absl::StrCat("\"", it->first, "\" is defined"));
  if (std::string track = TrackKeyOf(interface, name); !track.empty()) {
    impl_->by_track[track] = &it->second;
  }
  return absl::OkStatus();
}

absl::Status Linker::CheckImports(const Component& component) const {
  return impl_->Resolve(component.impl_->program).status();
}

const HostFunction* Linker::Impl::Find(std::string_view interface, std::string_view name) const {
  if (auto it = exact.find(KeyOf(interface, name)); it != exact.end()) return &it->second;
  auto it = by_track.find(TrackKeyOf(interface, name));
  return it == by_track.end() ? nullptr : it->second;
}

absl::StatusOr<std::vector<const HostFunction*>> Linker::Impl::Resolve(
    const Program& program) const {
  std::vector<const HostFunction*> functions;
  std::vector<std::string> missing;
  functions.reserve(program.imports.size());
  for (const ImportedFunc& import : program.imports) {
    functions.push_back(Find(import.interface, import.name));
    if (functions.back() == nullptr) missing.push_back(Describe(import));
  }
  for (const ResourceInfo& resource : program.resources) {
    if (!resource.instance) missing.push_back(absl::StrCat(resource.name, ": resource"));
  }
  if (!missing.empty()) return base::UnsatisfiedImportsError(missing);
  return functions;
}

}  // namespace davit::component
