#include "runtime/component/component.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/decode/decode.h"
#include "runtime/binary/validate/validate.h"
#include "runtime/component/component_impl.h"
#include "runtime/link/inliner.h"
#include "runtime/link/version_track.h"

namespace davit::component {
namespace {

// "ns:pkg/iface@1.2.3#func" -> "ns:pkg/iface@1#func"; empty for a name that has no track.
std::string WithTrack(std::string_view name) {
  const size_t end = std::min(name.find('#'), name.size());
  const std::string track = link::CompatibilityKey(name.substr(0, end));
  return track.empty() ? "" : absl::StrCat(track, name.substr(end));
}

}  // namespace

Component::Component(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Component::~Component() = default;

absl::StatusOr<std::shared_ptr<const Component>> Component::Compile(
    engine::Engine& engine, std::shared_ptr<const std::string> binary,
    const binary::Features& features, engine::CoreTypeAccount* types) {
  DAVIT_ASSIGN_OR_RETURN(auto tree, binary::Decode(std::move(binary), features));
  DAVIT_RETURN_IF_ERROR(binary::Validate(*tree, features, [&](std::span<const uint8_t> module) {
    return engine.Validate(module, types);
  }));
  DAVIT_ASSIGN_OR_RETURN(link::InlinedComponent inlined, link::Inline(*tree));
  return Impl::Make(engine, types, std::move(inlined), {std::move(tree)});
}

absl::StatusOr<std::shared_ptr<const Component>> Component::Compose(
    engine::Engine& engine, const std::shared_ptr<const Component>& component,
    const Providers& providers, engine::CoreTypeAccount* types) {
  std::vector<std::shared_ptr<const binary::Component>> trees = component->impl_->trees;
  if (trees.size() > 1) {
    return absl::FailedPreconditionError("the component is composed already");
  }
  std::vector<link::Provider> parts;
  for (const auto& [import, provider] : providers) {
    if (provider->impl_->trees.size() > 1) {
      return absl::FailedPreconditionError(
          absl::StrCat("the component given for \"", import, "\" is composed already"));
    }
    trees.push_back(provider->impl_->trees.front());
    parts.push_back({.import = import, .component = trees.back().get()});
  }
  DAVIT_ASSIGN_OR_RETURN(link::InlinedComponent inlined, link::Inline(*trees.front(), parts));
  return Impl::Make(engine, types, std::move(inlined), std::move(trees));
}

absl::StatusOr<std::shared_ptr<const Component>> Component::Impl::Make(
    engine::Engine& engine, engine::CoreTypeAccount* types, link::InlinedComponent inlined,
    std::vector<std::shared_ptr<const binary::Component>> trees) {
  auto impl = std::make_unique<Impl>();
  impl->trees = std::move(trees);
  impl->program = std::move(inlined.program);
  impl->world = std::move(inlined.world);
  DAVIT_ASSIGN_OR_RETURN(impl->code, component::Compile(engine, impl->program, types));
  impl->IndexExports();
  impl->NameResources();
  return std::shared_ptr<const Component>(new Component(std::move(impl)));
}

void Component::Impl::IndexExports() {
  ids.reserve(program.exports.size());
  for (uint32_t i = 0; i < program.exports.size(); ++i) {
    ids.emplace_back(i);
    const std::string& name = program.exports[i].name;
    by_name.emplace(name, ExportFuncId(i));
    if (std::string short_name = types::WithoutVersion(name); !short_name.empty()) {
      by_short_version[std::move(short_name)].emplace_back(i);
    }
    if (std::string short_name = WithTrack(name); !short_name.empty()) {
      by_short_version[std::move(short_name)].emplace_back(i);
    }
    if (const std::string_view func = types::WithoutInterface(name); !func.empty()) {
      without_interface[func].emplace_back(i);
    }
  }
}

void Component::Impl::NameResources() {
  resource_names.resize(program.resources.size());
  const auto name = [this](const types::ItemPtr& item, std::string_view full_name) {
    if (const auto* id = std::get_if<types::ResourceId>(&item->of)) {
      std::string& known = resource_names[id->value];
      if (known.empty()) known = full_name;
    }
  };
  for (const auto& exported : world.exports) {
    name(exported.item, exported.name);
    if (const auto* instance = std::get_if<types::Instance>(&exported.item->of)) {
      for (const auto& inner : instance->items) {
        name(inner.item, absl::StrCat(exported.name, "#", inner.name));
      }
    }
  }
}

const types::World& Component::world() const { return impl_->world; }

absl::StatusOr<ExportFuncId> Component::FindFunc(std::string_view name) const {
  if (auto it = impl_->by_name.find(name); it != impl_->by_name.end()) return it->second;
  const std::span<const ExportFuncId> meant = impl_->MeantBy(name);
  if (meant.size() == 1) return meant.front();
  if (!meant.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name, "\" may be any of ", impl_->NamesOf(meant)));
  }
  return absl::NotFoundError(absl::StrCat("the component exports no function \"", name,
                                          "\"; it exports ", impl_->NamesOf(impl_->ids)));
}

// A name has a '#' or it has none: only one of the two has it.
std::span<const ExportFuncId> Component::Impl::MeantBy(std::string_view short_name) const {
  if (const auto it = by_short_version.find(short_name); it != by_short_version.end())
    return it->second;
  const auto it = without_interface.find(short_name);
  return it == without_interface.end() ? std::span<const ExportFuncId>() : it->second;
}

std::string Component::Impl::NamesOf(std::span<const ExportFuncId> funcs) const {
  constexpr size_t kMostNames = 20;
  if (funcs.empty()) return "none";
  const size_t shown = std::min(funcs.size(), kMostNames);
  return absl::StrCat(absl::StrJoin(funcs.first(shown), ", ",
                                    [this](std::string* out, ExportFuncId func) {
                                      out->append(program.exports[func.value].name);
                                    }),
                      shown < funcs.size() ? ", ..." : "");
}

const canon::FuncPlan& Component::plan(ExportFuncId func) const {
  return *impl_->program.PlanOf(impl_->program.exports[func.value].target);
}

const types::FuncType& Component::type(ExportFuncId func) const { return plan(func).type(); }

std::string_view Component::name(ExportFuncId func) const {
  return impl_->program.exports[func.value].name;
}

std::span<const ExportFuncId> Component::funcs() const { return impl_->ids; }

uint64_t Component::binary_bytes() const { return impl_->trees.front()->bytes->size(); }

}  // namespace davit::component
