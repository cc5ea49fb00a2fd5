#include "tests/conformance/suite.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/engine/engine.h"
#include "tests/conformance/host_imports.h"
#include "tests/conformance/run_executor.h"
#include "tests/conformance/suite_features.h"
#include "tests/conformance/validate_executor.h"

namespace davit::conformance {
namespace {

using ComponentPtr = std::shared_ptr<const component::Component>;

// For scripts whose memories are as large as they can be.
constexpr component::InstanceLimits kNoMemoryLimit = {.memory_bytes = uint64_t{4} << 30};

absl::StatusOr<ComponentPtr> CompileFile(engine::Engine& engine, const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  std::string bytes(std::istreambuf_iterator<char>(stream), {});
  return component::Component::Compile(engine,
                                       std::make_shared<const std::string>(std::move(bytes)));
}

absl::StatusOr<std::unique_ptr<Executor>> MakeExecutor(engine::Engine& engine, const Script& script,
                                                       const ComponentPtr& host_modules,
                                                       bool validate_only) {
  std::ifstream source(script.source);
  const ScriptSettings settings = SettingsOf(source);
  if (validate_only || settings.validate_only) {
    return std::make_unique<ValidateExecutor>(
        settings.features, [&engine](auto module) { return engine.Validate(module); });
  }
  DAVIT_ASSIGN_OR_RETURN(auto cell, engine.NewCell({}));
  DAVIT_ASSIGN_OR_RETURN(auto linker, MakeHostLinker());
  return std::make_unique<RunExecutor>(
      engine, std::move(cell), std::move(linker),
      RunOptions{.features = settings.features,
                 .limits = settings.hogs_memory ? kNoMemoryLimit : component::InstanceLimits(),
                 .host_modules = host_modules});
}

}  // namespace

absl::StatusOr<Report> RunSuite(const SuiteOptions& options) {
  DAVIT_ASSIGN_OR_RETURN(const std::vector<std::string> files, FindScripts(options.paths));
  if (files.empty()) return absl::NotFoundError("no .wast file was given or found");
  DAVIT_ASSIGN_OR_RETURN(const std::vector<Script> scripts,
                         ConvertScripts(options.converter, files));
  DAVIT_ASSIGN_OR_RETURN(const auto engine, engine::Engine::Start({.gc = true}));
  DAVIT_ASSIGN_OR_RETURN(const ComponentPtr host_modules,
                         CompileFile(*engine, options.host_modules));
  Report total;
  for (const Script& script : scripts) {
    DAVIT_ASSIGN_OR_RETURN(const auto executor,
                           MakeExecutor(*engine, script, host_modules, options.validate_only));
    const Report report = RunScript(script, *executor);
    options.on_script(script, report);
    total.Add(report);
  }
  return total;
}

}  // namespace davit::conformance
