#include "tests/conformance/suite.h"

#include <fstream>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "runtime/base/status_macros.h"
#include "runtime/engine/engine.h"
#include "tests/conformance/host_imports.h"
#include "tests/conformance/run_executor.h"
#include "tests/conformance/suite_features.h"
#include "tests/conformance/validate_executor.h"

namespace davit::conformance {
namespace {

absl::StatusOr<std::unique_ptr<Executor>> MakeExecutor(engine::Engine& engine, const Script& script,
                                                       bool validate_only) {
  std::ifstream source(script.source);
  const ScriptSettings settings = SettingsOf(source);
  if (validate_only || settings.validate_only) {
    return std::make_unique<ValidateExecutor>(
        settings.features, [&engine](auto module) { return engine.Validate(module); });
  }
  DAVIT_ASSIGN_OR_RETURN(auto cell, engine.NewCell({}));
  DAVIT_ASSIGN_OR_RETURN(auto linker, MakeHostLinker());
  return std::make_unique<RunExecutor>(engine, std::move(cell), std::move(linker),
                                       settings.features);
}

}  // namespace

absl::StatusOr<Report> RunSuite(const SuiteOptions& options) {
  DAVIT_ASSIGN_OR_RETURN(const std::vector<std::string> files, FindScripts(options.paths));
  if (files.empty()) return absl::NotFoundError("no .wast file was given or found");
  DAVIT_ASSIGN_OR_RETURN(const std::vector<Script> scripts,
                         ConvertScripts(options.converter, files));
  DAVIT_ASSIGN_OR_RETURN(const auto engine, engine::Engine::Start({.gc_arrays = true}));
  Report total;
  for (const Script& script : scripts) {
    DAVIT_ASSIGN_OR_RETURN(const auto executor,
                           MakeExecutor(*engine, script, options.validate_only));
    const Report report = RunScript(script, *executor);
    options.on_script(script, report);
    total.Add(report);
  }
  return total;
}

}  // namespace davit::conformance
