#ifndef DAVIT_RUNTIME_COMPONENT_COMPONENT_H_
#define DAVIT_RUNTIME_COMPONENT_COMPONENT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/index.h"
#include "runtime/binary/features.h"
#include "runtime/canon/func_plan.h"
#include "runtime/engine/engine.h"
#include "runtime/types/world.h"

namespace davit::component {

// A callable export of a component, by number: resolved once, indexed at every call.
struct ExportFuncTag;
using ExportFuncId = base::Index<ExportFuncTag>;

// A component: decoded, validated, linked inside and compiled. Immutable, thread-safe, shared by
// all of its instances. Must not outlive the Engine.
class Component {
 public:
  // `binary` is kept. Errors: those of binary::Decode, binary::Validate and Engine::Compile;
  // FeatureError for what cannot be linked; LimitError when the component tree is too large once
  // its nested instances are counted. `types` may be null; it is charged what types the component
  // brings into the process, for ever and whether it compiles or not.
  static absl::StatusOr<std::shared_ptr<const Component>> Compile(
      engine::Engine& engine, std::shared_ptr<const std::string> binary,
      const binary::Features& features = {}, engine::CoreTypeAccount* types = nullptr);
  // A component that is `component` with imports satisfied by other components, all in one store:
  // `providers` pairs import names, with or without version, with components; one may use those
  // before it. Each must export what is imported, or be the instance that is imported, where that
  // has a plain name. FAILED_PRECONDITION when one does not fit or is not wanted; LimitError.
  using Providers = std::vector<std::pair<std::string, std::shared_ptr<const Component>>>;
  static absl::StatusOr<std::shared_ptr<const Component>> Compose(
      engine::Engine& engine, const std::shared_ptr<const Component>& component,
      const Providers& providers, engine::CoreTypeAccount* types = nullptr);
  ~Component();
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;

  // What it imports and exports, with full types.
  const types::World& world() const;
  // The function exported as "func" or "ns:pkg/iface@1.2.3#func". The version may be left out or
  // cut to what tells compatible ones from others ("@1", "@0.2"), or the interface be left out as a
  // whole, where only one function can be meant; one of the world is meant before those of
  // interfaces. NOT_FOUND names what there is, INVALID_ARGUMENT those that may be meant.
  absl::StatusOr<ExportFuncId> FindFunc(std::string_view name) const;
  // REQUIRES: `func` came from this component's FindFunc. The references live as long as it does.
  const types::FuncType& type(ExportFuncId func) const;
  const canon::FuncPlan& plan(ExportFuncId func) const;
  // The full name, as FindFunc takes it.
  std::string_view name(ExportFuncId func) const;
  // Every function that FindFunc can return, in export order; lives as long as this.
  std::span<const ExportFuncId> funcs() const;
  uint64_t binary_bytes() const;

 private:
  friend class Instance;
  friend class LinkedComponent;
  friend class Linker;
  class Impl;
  explicit Component(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_COMPONENT_H_
