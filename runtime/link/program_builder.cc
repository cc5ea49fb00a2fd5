#include "runtime/link/program_builder.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"

namespace davit::link {

absl::StatusOr<const ProgramBuilder::Module*> ProgramBuilder::AddModule(
    const binary::CoreModule& module) {
  auto [it, added] = modules_.try_emplace(&module);
  if (!added) return it->second.get();
  DAVIT_ASSIGN_OR_RETURN(wasm::CoreModuleInfo info,
                         wasm::ReadCoreModule(module.bytes, module.offset));
  const ModuleIndex index(static_cast<uint32_t>(program_.modules.size()));
  program_.modules.push_back(&module);
  it->second = std::make_unique<Module>(Module{.index = index, .info = std::move(info)});
  return it->second.get();
}

absl::StatusOr<CoreInstanceIndex> ProgramBuilder::AddCoreInstance(ModuleIndex module,
                                                                  std::vector<CoreItem> imports) {
  DAVIT_ASSIGN_OR_RETURN(const CoreInstanceIndex instance, AddUnlinkedCoreInstance());
  program_.steps.push_back(InstantiateModule{.module = module, .imports = std::move(imports)});
  return instance;
}

absl::StatusOr<CoreInstanceIndex> ProgramBuilder::AddUnlinkedCoreInstance() {
  if (core_instances_ >= base::kMaxInlinedInstances) {
    return base::LimitError("inlined_core_instances", base::kMaxInlinedInstances,
                            "the component tree has too many core instances");
  }
  return CoreInstanceIndex(core_instances_++);
}

ProgramBuilder::ItemKey ProgramBuilder::KeyOf(const CoreItem& item) {
  if (const auto* import = std::get_if<HostImportIndex>(&item)) {
    return {uint64_t{1} << 32 | import->value, ""};
  }
  const auto& ref = std::get<CoreExportRef>(item);
  return {ref.instance.value, ref.name};
}

uint32_t ProgramBuilder::EntryFor(const types::CoreSignature& signature) {
  std::string key;
  for (auto type : signature.params) key += static_cast<char>('0' + static_cast<int>(type));
  key += '>';
  for (auto type : signature.results) key += static_cast<char>('0' + static_cast<int>(type));
  auto& entries = program_.crossings.entries;
  auto [it, added] = entries_.try_emplace(std::move(key), static_cast<uint32_t>(entries.size()));
  if (added) entries.push_back(signature);
  return it->second;
}

CoreFuncIndex ProgramBuilder::AddFunc(const CoreItem& func, const types::CoreSignature& signature) {
  const uint32_t entry = EntryFor(signature);
  auto [it, added] =
      funcs_.try_emplace(std::make_pair(KeyOf(func), entry), CoreFuncIndex(core_funcs_));
  if (added) {
    ++core_funcs_;
    program_.steps.push_back(ResolveFunc{.func = func, .entry = entry});
  }
  return it->second;
}

CoreMemoryIndex ProgramBuilder::AddMemory(const CoreItem& memory) {
  auto [it, added] = memories_.try_emplace(KeyOf(memory), CoreMemoryIndex(core_memories_));
  if (added) {
    ++core_memories_;
    program_.steps.push_back(ResolveMemory{.memory = memory});
  }
  return it->second;
}

OptionsIndex ProgramBuilder::AddOptions(const Options& options) {
  auto& all = program_.options;
  const auto [known, added] =
      options_.try_emplace(options, OptionsIndex(static_cast<uint32_t>(all.size())));
  if (added) all.push_back(options);
  return known->second;
}

HostImportIndex ProgramBuilder::AddHostImport(types::CoreSignature signature, HostImport import) {
  if (std::holds_alternative<ContextBuiltin>(import.action)) {
    program_.instances[import.caller.value].uses_context = true;
  }
  program_.crossings.host_imports.push_back(std::move(signature));
  program_.host_imports.push_back(std::move(import));
  return HostImportIndex(static_cast<uint32_t>(program_.host_imports.size() - 1));
}

types::ResourceId ProgramBuilder::AddResource(ResourceInfo resource) {
  const auto id = static_cast<uint32_t>(program_.resources.size());
  program_.resource_definers.push_back(resource.instance ? resource.instance->value
                                                         : Program::kNoInstance);
  program_.resources.push_back(std::move(resource));
  return types::ResourceId(id);
}

PlanPtr ProgramBuilder::PlanFor(const FuncTypePtr& type) {
  auto [it, added] = plans_.try_emplace(type.get());
  if (added) it->second = {type, canon::FuncPlan::Create(*type, nodes_)};
  return it->second.second;
}

LiftIndex ProgramBuilder::AddLift(Lift lift) {
  program_.lifts.push_back(std::move(lift));
  return LiftIndex(static_cast<uint32_t>(program_.lifts.size() - 1));
}

ImportIndex ProgramBuilder::AddImport(ImportedFunc import) {
  program_.imports.push_back(std::move(import));
  return ImportIndex(static_cast<uint32_t>(program_.imports.size() - 1));
}

void ProgramBuilder::AddImportedInstance(ImportedItem instance) {
  program_.imported_instances.push_back(std::move(instance));
}

void ProgramBuilder::AddUnlinkedModule(ImportedItem module) {
  program_.unlinked_modules.push_back(std::move(module));
}

void ProgramBuilder::AddImportedAlias(ImportedAlias alias) {
  program_.imported_aliases.push_back(std::move(alias));
}

absl::Status ProgramBuilder::AddExport(ExportedFunc exported) {
  if (program_.exports.size() == base::kMaxExportedFuncs) {
    return base::LimitError("exported_functions", base::kMaxExportedFuncs,
                            "the component exports too many functions");
  }
  program_.exports.push_back(std::move(exported));
  return absl::OkStatus();
}

Program ProgramBuilder::Finish() && {
  DecideReservations();
  return std::move(program_);
}

void ProgramBuilder::DecideReservations() {
  for (Lift& lift : program_.lifts) {
    // Each realloc is a task of its own: one that has task-local storage can tell.
    lift.reserves = lift.plan->reserves_params() &&
                    program_.options[lift.options.value].realloc.has_value() &&
                    !program_.instances[lift.instance.value].uses_context;
  }
}

absl::StatusOr<InstanceIndex> ProgramBuilder::AddInstance(std::optional<InstanceIndex> parent) {
  auto& instances = program_.instances;
  if (instances.size() >= base::kMaxInlinedInstances) {
    return base::LimitError("inlined_instances", base::kMaxInlinedInstances,
                            "the component tree has too many instances");
  }
  InstanceInfo info{.parent = parent, .path = ""};
  if (parent) {
    info.depth = instances[parent->value].depth + 1;
    info.path = absl::StrCat(instances[parent->value].path, ".", children_[parent->value]++);
  }
  instances.push_back(std::move(info));
  return InstanceIndex(static_cast<uint32_t>(instances.size() - 1));
}

}  // namespace davit::link
