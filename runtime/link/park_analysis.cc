#include "runtime/link/park_analysis.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <variant>

namespace davit::link {
namespace {

// Sets of core instances that share something, and what each set may come to.
class Analysis {
 public:
  Analysis(const Program& program, const std::vector<bool>& waits)
      : program_(program), waits_(waits), instances_(CountInstances()), funcs_(FindFuncs()) {
    Unite();
    parks_.resize(instances_.size());
    callers_.resize(instances_.size());
  }

  Parks Run() {
    for (uint32_t i = 0; i < instances_.size(); ++i) FindCallers(i);
    while (!found_.empty()) {
      const uint32_t set = found_.back();
      found_.pop_back();
      for (const uint32_t caller : callers_[set]) Found(caller);
    }
    Parks parks;
    for (const Lift& lift : program_.lifts) parks.lifts.push_back(MayPark(lift.callee));
    for (const ResourceInfo& resource : program_.resources) {
      parks.resources.push_back(resource.destructor && MayPark(*resource.destructor));
    }
    return parks;
  }

 private:
  using Steps = std::vector<const InstantiateModule*>;

  Steps CountInstances() const {
    Steps instances;
    for (const Step& step : program_.steps) {
      if (const auto* made = std::get_if<InstantiateModule>(&step)) instances.push_back(made);
    }
    return instances;
  }
  std::vector<const CoreItem*> FindFuncs() const {
    std::vector<const CoreItem*> funcs;
    for (const Step& step : program_.steps) {
      if (const auto* made = std::get_if<ResolveFunc>(&step)) funcs.push_back(&made->func);
    }
    return funcs;
  }

  void Unite() {
    set_.resize(instances_.size());
    std::iota(set_.begin(), set_.end(), 0);
    for (uint32_t i = 0; i < instances_.size(); ++i) {
      for (const CoreItem& item : instances_[i]->imports) {
        if (const auto* ref = std::get_if<CoreExportRef>(&item)) {
          set_[SetOf(i)] = SetOf(ref->instance.value);
        }
      }
    }
  }
  uint32_t SetOf(uint32_t instance) {
    while (set_[instance] != instance) instance = set_[instance] = set_[set_[instance]];
    return instance;
  }

  // Notes whom instance `i` calls: what waits itself, and sets that may come to.
  void FindCallers(uint32_t i) {
    const uint32_t set = SetOf(i);
    for (const CoreItem& item : instances_[i]->imports) {
      if (const auto callee = SetOfCallee(item)) {
        if (*callee != set) callers_[*callee].push_back(set);
      } else if (Waits(item)) {
        Found(set);
      }
    }
  }
  void Found(uint32_t set) {
    if (parks_[set]) return;
    parks_[set] = true;
    found_.push_back(set);
  }

  // What a call of an imported item leads to, if that is known: lifts may be of other lowerings.
  const CoreItem* TargetOf(const CoreItem& item) const {
    const CoreItem* target = &item;
    for (size_t i = 0; i <= program_.host_imports.size(); ++i) {
      const auto* import = std::get_if<HostImportIndex>(target);
      if (import == nullptr) return target;
      const auto& action = program_.host_imports[import->value].action;
      std::optional<CoreFuncIndex> callee;
      if (const auto* call = std::get_if<CallLift>(&action)) {
        callee = program_.lifts[call->lift.value].callee;
      } else if (const auto* builtin = std::get_if<ResourceBuiltin>(&action)) {
        if (builtin->op == ResourceOp::kDrop) {
          callee = program_.resources[builtin->resource.value].destructor;
        }
      }
      if (!callee) return target;
      target = funcs_[callee->value];
    }
    return target;
  }
  // The set that an import of a core instance calls into by way of the host.
  std::optional<uint32_t> SetOfCallee(const CoreItem& item) {
    if (std::holds_alternative<CoreExportRef>(item)) return std::nullopt;  // of the same set
    const auto* ref = std::get_if<CoreExportRef>(TargetOf(item));
    return ref == nullptr ? std::nullopt : std::optional(SetOf(ref->instance.value));
  }
  bool Waits(const CoreItem& item) const {
    const auto* import = std::get_if<HostImportIndex>(TargetOf(item));
    if (import == nullptr) return false;
    const auto* call = std::get_if<CallImport>(&program_.host_imports[import->value].action);
    return call != nullptr && waits_[call->import.value];
  }

  // REQUIRES: all that park are found.
  bool MayPark(CoreFuncIndex func) {
    const CoreItem& item = *funcs_[func.value];
    const auto* ref = std::get_if<CoreExportRef>(TargetOf(item));
    return ref == nullptr ? Waits(item) : parks_[SetOf(ref->instance.value)];
  }

  const Program& program_;
  const std::vector<bool>& waits_;
  const Steps instances_;                       // by CoreInstanceIndex
  const std::vector<const CoreItem*> funcs_;    // by CoreFuncIndex
  std::vector<uint32_t> set_;                   // another instance of the same set, or itself
  std::vector<std::vector<uint32_t>> callers_;  // by set: sets that call into it
  std::vector<uint32_t> found_;                 // sets that park, whose callers are to be told
  std::vector<bool> parks_;                     // by set
};

}  // namespace

Parks FindParks(const Program& program, const std::vector<bool>& waits) {
  if (std::ranges::none_of(waits, [](bool one) { return one; })) {
    return {.lifts = std::vector<bool>(program.lifts.size()),
            .resources = std::vector<bool>(program.resources.size())};
  }
  return Analysis(program, waits).Run();
}

}  // namespace davit::link
