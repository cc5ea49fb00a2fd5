#ifndef DAVIT_TESTS_CONFORMANCE_RUN_EXECUTOR_H_
#define DAVIT_TESTS_CONFORMANCE_RUN_EXECUTOR_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/binary/features.h"
#include "runtime/binary/validate/validate.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/engine.h"
#include "tests/conformance/verdict.h"

namespace davit::conformance {

struct RunOptions {
  binary::Features features;
  component::InstanceLimits limits;
  // Exports the core modules of the instance `host`.
  std::shared_ptr<const component::Component> host_modules;
};

// Runs the commands of a script in full: every instance has a store of its own, calls go to the
// instance made last. Core modules are validated only. An imported instance that has core modules
// is the component that the script, or the host, has under its name.
class RunExecutor final : public Executor {
 public:
  // `engine` must outlive this.
  RunExecutor(engine::Engine& engine, std::shared_ptr<engine::Cell> cell,
              std::shared_ptr<const component::Linker> linker, const RunOptions& options)
      : engine_(engine),
        cell_(std::move(cell)),
        linker_(std::move(linker)),
        features_(options.features),
        limits_(options.limits),
        definitions_{{"host", options.host_modules}} {}

  Verdict Execute(const Command& command) override;

 private:
  using ComponentPtr = std::shared_ptr<const component::Component>;
  using InstancePtr = std::unique_ptr<component::Instance>;

  binary::CoreModuleValidator CoreValidator() const;
  absl::StatusOr<ComponentPtr> Compile(const Command& command) const;
  // `component` with its imports of instances with core modules satisfied.
  absl::StatusOr<ComponentPtr> Link(ComponentPtr component) const;
  // Appends what satisfies imports of `component`, what each of them needs before it.
  void AddProviders(const component::Component& component,
                    component::Component::Providers& providers) const;
  absl::StatusOr<InstancePtr> Instantiate(ComponentPtr component) const;
  absl::StatusOr<canon::ValArgs> Invoke(const Action& action);

  Verdict Define(const Command& command);
  Verdict MakeCurrent(absl::StatusOr<ComponentPtr> component);
  Verdict InstantiateDefined(const Command& command);
  Verdict ExpectCallTraps(const Command& command);
  Verdict ExpectReturn(const Command& command);
  Verdict ExpectUnlinkable(const Command& command) const;
  Verdict ExpectUninstantiable(const Command& command) const;

  engine::Engine& engine_;
  const std::shared_ptr<engine::Cell> cell_;
  const std::shared_ptr<const component::Linker> linker_;
  const binary::Features features_;
  const component::InstanceLimits limits_;
  // By name; a status where the component is valid and cannot run here.
  absl::flat_hash_map<std::string, absl::StatusOr<ComponentPtr>> definitions_;
  absl::StatusOr<InstancePtr> current_ = absl::NotFoundError("nothing was instantiated");
};

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_RUN_EXECUTOR_H_
