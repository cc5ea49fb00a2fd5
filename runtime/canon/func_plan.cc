#include "runtime/canon/func_plan.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace davit::canon {
namespace {

types::TypePtr TupleOfParams(const types::FuncType& type) {
  std::vector<types::TypePtr> members;
  members.reserve(type.params.size());
  for (const types::Param& param : type.params) members.push_back(param.type);
  return types::Tuple(std::move(members));
}

MemoryUse MemoryUseOf(const types::Type& type, bool is_flat) {
  return !is_flat || type.contains_pointer() ? MemoryUse::kSome : MemoryUse::kNone;
}

size_t Slots(const types::CoreSignature& signature) {
  return std::max(signature.params.size(), signature.results.size());
}

}  // namespace

std::shared_ptr<const FuncPlan> FuncPlan::Create(types::FuncType type,
                                                 const std::shared_ptr<Plan>& nodes) {
  return std::shared_ptr<const FuncPlan>(new FuncPlan(std::move(type), nodes));
}

FuncPlan::FuncPlan(types::FuncType type, const std::shared_ptr<Plan>& nodes)
    : type_(std::move(type)),
      params_tuple_(TupleOfParams(type_)),
      nodes_(nodes),
      params_(nodes->Add(params_tuple_)),
      result_(nodes->Add(type_.result)),
      lift_(types::Flatten(type_, types::Direction::kLift, types::Abi::kSync)),
      lower_(types::Flatten(type_, types::Direction::kLower, types::Abi::kSync)),
      params_memory_(MemoryUseOf(*params_tuple_, lift_.params_are_flat)),
      result_memory_(result_ == nullptr ? MemoryUse::kNone
                                        : MemoryUseOf(*type_.result, lift_.result_is_flat)),
      lift_slots_(Slots(lift_.signature)),
      lower_slots_(Slots(lower_.signature)) {}

}  // namespace davit::canon
