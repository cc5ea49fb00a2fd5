#include "runtime/binary/validate/canon_rules.h"

#include <variant>
#include <vector>

#include "runtime/base/status_macros.h"
#include "runtime/binary/core_signatures.h"
#include "runtime/binary/validate/builtin_rules.h"
#include "runtime/binary/validate/canon_options.h"
#include "runtime/types/flatten.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

types::Abi AbiOf(const CanonOptions& options) {
  if (!options.is_async) return types::Abi::kSync;
  return options.callback.has_value() ? types::Abi::kAsyncCallback : types::Abi::kAsyncStackful;
}

types::Flattening Flatten(const FuncType& type, types::Direction direction,
                          const CanonOptions& options) {
  std::vector<const types::Type*> params;
  params.reserve(type.params.size());
  for (const Member& param : type.params) params.push_back(param.type->shape->layout.get());
  const types::Type* result = type.result.has_value() ? type.result->shape->layout.get() : nullptr;
  return types::Flatten(params, result, direction, AbiOf(options));
}

absl::Status CheckAsyncType(const FuncType& type, const CanonOptions& options) {
  if (!options.is_async || type.is_async) return absl::OkStatus();
  return wasm::Violation("the `async` canonical option requires an async function type");
}

absl::Status CheckPostReturn(const Scope& scope, const CanonOptions& options,
                             const types::CoreSignature& lifted) {
  if (!options.post_return.has_value()) return absl::OkStatus();
  return CheckCoreFunc(scope, *options.post_return, {.params = lifted.results, .results = {}},
                       "post-return");
}

absl::Status CheckLift(const Scope& scope, const CanonLift& lift, const FuncType& type) {
  const CanonOptions& options = lift.options;
  DAVIT_RETURN_IF_ERROR(CheckAsyncType(type, options));
  DAVIT_RETURN_IF_ERROR(CheckOptions(
      scope, options, {.realloc = true, .post_return = true, .async = true, .callback = true}));
  const types::Flattening lifted = Flatten(type, types::Direction::kLift, options);
  RequiredOptions required;
  for (const Member& param : type.params) required.Receive(param.type);
  if (!lifted.params_are_flat) required.NeedRealloc();
  required.PassOut(type.result);
  if (!lifted.result_is_flat) required.NeedMemory();
  DAVIT_RETURN_IF_ERROR(required.Check(options));
  DAVIT_RETURN_IF_ERROR(CheckCoreFunc(scope, lift.func, lifted.signature, "canon lift"));
  return CheckPostReturn(scope, options, lifted.signature);
}

absl::Status DefineLift(Scope& scope, const CanonLift& lift) {
  DAVIT_ASSIGN_OR_RETURN(const FuncType* type, FuncTypeAt(scope, lift.type));
  DAVIT_RETURN_IF_ERROR(CheckLift(scope, lift, *type));
  scope.funcs.push_back(type);
  return absl::OkStatus();
}

// Deviates: `async` alone does not need a memory here, for toolchains leave it out where neither
// parameters nor results go through it, and others accept that.
absl::StatusOr<wasm::CoreFuncType> LowerType(const Scope& scope, const CanonLower& lower) {
  const CanonOptions& options = lower.options;
  DAVIT_ASSIGN_OR_RETURN(const FuncType* type, ItemAt(scope.funcs, lower.func, Sort::kFunc));
  DAVIT_RETURN_IF_ERROR(CheckAsyncType(*type, options));
  DAVIT_RETURN_IF_ERROR(CheckOptions(scope, options, {.realloc = true, .async = true}));
  const types::Flattening lowered = Flatten(*type, types::Direction::kLower, options);
  RequiredOptions required;
  for (const Member& param : type->params) required.PassOut(param.type);
  required.Receive(type->result);
  if (!lowered.params_are_flat || !lowered.result_is_flat) required.NeedMemory();
  DAVIT_RETURN_IF_ERROR(required.Check(options));
  return CoreFuncTypeOf(lowered.signature);
}

void AddCoreFunc(Scope& scope, const wasm::CoreFuncType& type) {
  scope.core_funcs.push_back(scope.validation.core.Func(type));
}

struct CanonDefiner {
  Scope& scope;

  absl::Status operator()(const CanonLift& lift) const { return DefineLift(scope, lift); }
  absl::Status operator()(const CanonLower& lower) const {
    DAVIT_ASSIGN_OR_RETURN(const wasm::CoreFuncType type, LowerType(scope, lower));
    AddCoreFunc(scope, type);
    return absl::OkStatus();
  }
  absl::Status operator()(const CanonBuiltin& builtin) const {
    DAVIT_ASSIGN_OR_RETURN(const wasm::CoreFuncType type, BuiltinType(scope, builtin));
    AddCoreFunc(scope, type);
    return absl::OkStatus();
  }
};

}  // namespace

absl::Status DefineCanon(Scope& scope, const Canon& canon) {
  return std::visit(CanonDefiner{scope}, canon.def);
}

}  // namespace davit::binary
