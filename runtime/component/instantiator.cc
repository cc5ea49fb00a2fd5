#include "runtime/component/instantiator.h"

#include <variant>

#include "runtime/base/status_macros.h"

namespace davit::component {

absl::Status Instantiator::Run() {
  for (const link::Step& step : program_.steps) {
    DAVIT_RETURN_IF_ERROR(std::visit([this](const auto& s) { return Perform(s); }, step));
  }
  return absl::OkStatus();
}

absl::StatusOr<engine::ExternId> Instantiator::Resolve(const link::CoreItem& item) {
  if (const auto* import = std::get_if<link::HostImportIndex>(&item)) {
    return store_.HostFunc(lock_, import->value);
  }
  const auto& ref = std::get<link::CoreExportRef>(item);
  return store_.Export(lock_, items_.core_instances[ref.instance.value], ref.name);
}

absl::Status Instantiator::Perform(const link::InstantiateModule& step) {
  std::vector<engine::ExternId> imports;
  imports.reserve(step.imports.size());
  for (const link::CoreItem& item : step.imports) {
    DAVIT_ASSIGN_OR_RETURN(const engine::ExternId id, Resolve(item));
    imports.push_back(id);
  }
  DAVIT_ASSIGN_OR_RETURN(const engine::CoreInstanceId instance,
                         store_.Instantiate(lock_, *code_.modules[step.module.value], imports));
  items_.core_instances.push_back(instance);
  return absl::OkStatus();
}

absl::Status Instantiator::Perform(const link::ResolveFunc& step) {
  DAVIT_ASSIGN_OR_RETURN(const engine::ExternId id, Resolve(step.func));
  DAVIT_ASSIGN_OR_RETURN(const engine::FuncId func, store_.AddFunc(lock_, id, step.entry));
  items_.funcs.push_back(func);
  return absl::OkStatus();
}

absl::Status Instantiator::Perform(const link::ResolveMemory& step) {
  DAVIT_ASSIGN_OR_RETURN(const engine::ExternId id, Resolve(step.memory));
  DAVIT_ASSIGN_OR_RETURN(const engine::MemoryId memory, store_.AddMemory(lock_, id));
  items_.memories.push_back(memory);
  return absl::OkStatus();
}

}  // namespace davit::component
