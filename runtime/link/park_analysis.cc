#include "runtime/link/park_analysis.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
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
  }

  Parks Run() {
    while (Spread()) {
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

  // One round over all imports; whether it has found more.
  bool Spread() {
    bool more = false;
    for (uint32_t i = 0; i < instances_.size(); ++i) {
      const uint32_t set = SetOf(i);
      if (parks_[set]) continue;
      parks_[set] = std::ranges::any_of(instances_[i]->imports,
                                        [this](const CoreItem& item) { return MayPark(item); });
      more |= parks_[set];
    }
    return more;
  }

  bool MayPark(CoreFuncIndex func) { return MayPark(*funcs_[func.value]); }
  // Whether a call of it, or of what it is an export of, may come to wait, as far as is known.
  bool MayPark(const CoreItem& item) {
    if (const auto* ref = std::get_if<CoreExportRef>(&item)) {
      return parks_[SetOf(ref->instance.value)];
    }
    const HostImport& import = program_.host_imports[std::get<HostImportIndex>(item).value];
    if (const auto* call = std::get_if<CallImport>(&import.action)) {
      return waits_[call->import.value];
    }
    if (const auto* call = std::get_if<CallLift>(&import.action)) {
      return MayPark(program_.lifts[call->lift.value].callee);
    }
    if (const auto* builtin = std::get_if<ResourceBuiltin>(&import.action)) {
      const auto& destructor = program_.resources[builtin->resource.value].destructor;
      return builtin->op == ResourceOp::kDrop && destructor && MayPark(*destructor);
    }
    return false;
  }

  const Program& program_;
  const std::vector<bool>& waits_;
  const Steps instances_;                     // by CoreInstanceIndex
  const std::vector<const CoreItem*> funcs_;  // by CoreFuncIndex
  std::vector<uint32_t> set_;                 // another instance of the same set, or itself
  std::vector<bool> parks_;                   // by set
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
