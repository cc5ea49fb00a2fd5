#ifndef DAVIT_RUNTIME_LINK_PROGRAM_BUILDER_H_
#define DAVIT_RUNTIME_LINK_PROGRAM_BUILDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/link/inlining_budget.h"
#include "runtime/link/program.h"
#include "runtime/link/scope.h"
#include "runtime/wasm/core_module.h"

namespace davit::link {

// Appends to a Program, making each thing once: modules, resolved core functions and memories,
// entry shims, options and function plans are shared by all who name the same.
class ProgramBuilder {
 public:
  // `binary_bytes`: of all binaries that the program is made of.
  explicit ProgramBuilder(uint64_t binary_bytes) : budget_(binary_bytes) {}

  // A core module and what it imports. Lives as long as the builder.
  struct Module {
    ModuleIndex index;
    wasm::CoreModuleInfo info;
  };
  // REQUIRES: `module` is valid, and outlives the program.
  absl::StatusOr<const Module*> AddModule(const binary::CoreModule& module);

  // LimitError when there are too many.
  absl::StatusOr<CoreInstanceIndex> AddCoreInstance(ModuleIndex module,
                                                    std::vector<CoreItem> imports);
  // One that is never made, of a module that is an unsatisfied import. LimitError as above.
  absl::StatusOr<CoreInstanceIndex> AddUnlinkedCoreInstance();
  CoreFuncIndex AddFunc(const CoreItem& func, const types::CoreSignature& signature);
  CoreMemoryIndex AddMemory(const CoreItem& memory);
  OptionsIndex AddOptions(const Options& options);
  HostImportIndex AddHostImport(types::CoreSignature signature, HostImport import);
  types::ResourceId AddResource(ResourceInfo resource);
  LiftIndex AddLift(Lift lift);
  ImportIndex AddImport(ImportedFunc import);
  void AddImportedInstance(ImportedItem instance);
  void AddUnlinkedModule(ImportedItem module);
  void AddImportedAlias(ImportedAlias alias);
  // LimitError when there are too many.
  absl::Status AddExport(ExportedFunc exported);
  PlanPtr PlanFor(const FuncTypePtr& type);

  // LimitError when there are too many.
  absl::StatusOr<InstanceIndex> AddInstance(std::optional<InstanceIndex> parent);

  const Program& program() const { return program_; }
  // The program, once nothing more is added. Ends the builder.
  Program Finish() &&;

  // What may still be added, for those who work before they add.
  InliningBudget& budget() { return budget_; }

 private:
  // Settles Lift::reserves.
  void DecideReservations();
  uint32_t EntryFor(const types::CoreSignature& signature);

  using ItemKey = std::pair<uint64_t, std::string_view>;
  static ItemKey KeyOf(const CoreItem& item);

  Program program_;
  InliningBudget budget_;
  uint32_t core_instances_ = 0, core_funcs_ = 0, core_memories_ = 0;
  absl::flat_hash_map<const binary::CoreModule*, std::unique_ptr<Module>> modules_;
  absl::flat_hash_map<std::pair<ItemKey, uint32_t>, CoreFuncIndex> funcs_;
  absl::flat_hash_map<ItemKey, CoreMemoryIndex> memories_;
  absl::flat_hash_map<std::string, uint32_t> entries_;
  absl::flat_hash_map<Options, OptionsIndex> options_;
  absl::flat_hash_map<const types::FuncType*, std::pair<FuncTypePtr, PlanPtr>> plans_;
  const std::shared_ptr<canon::Plan> nodes_ = std::make_shared<canon::Plan>();  // of all plans
  absl::flat_hash_map<uint32_t, uint32_t> children_;  // of each instance, so far
};

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_PROGRAM_BUILDER_H_
