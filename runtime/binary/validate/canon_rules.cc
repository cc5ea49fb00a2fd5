#include "runtime/binary/validate/canon_rules.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_signatures.h"
#include "runtime/binary/validate/canon_options.h"
#include "runtime/types/flatten.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

using types::Kind;

// ---- lift and lower --------------------------------------------------------------------------

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

absl::Status CheckLift(const Scope& scope, const Canon& canon, const FuncType& type) {
  const CanonOptions& options = canon.options;
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
  DAVIT_RETURN_IF_ERROR(CheckCoreFunc(scope, canon.func, lifted.signature, "canon lift"));
  return CheckPostReturn(scope, options, lifted.signature);
}

absl::Status DefineLift(Scope& scope, const Canon& canon) {
  DAVIT_ASSIGN_OR_RETURN(const FuncType* type, FuncTypeAt(scope, canon.type));
  DAVIT_RETURN_IF_ERROR(CheckLift(scope, canon, *type));
  scope.funcs.push_back(type);
  return absl::OkStatus();
}

// Deviates: `async` alone does not need a memory here, for toolchains leave it out where neither
// parameters nor results go through it, and others accept that.
absl::StatusOr<wasm::CoreFuncType> LowerType(const Scope& scope, const Canon& canon) {
  const CanonOptions& options = canon.options;
  DAVIT_ASSIGN_OR_RETURN(const FuncType* type, ItemAt(scope.funcs, canon.func, Sort::kFunc));
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

// ---- built-ins ---------------------------------------------------------------------------------

absl::StatusOr<types::CoreSignature> ResourceBuiltin(const Scope& scope, const Canon& canon) {
  DAVIT_ASSIGN_OR_RETURN(const ResourceRef resource, ResourceAt(scope, canon.type));
  if (canon.op == CanonOp::kResourceDrop) return BuiltinSignature(canon.op);
  const auto local = scope.local_resources.find(resource.id);
  if (local == scope.local_resources.end()) {
    return wasm::Violation(absl::StrCat("type index ", canon.type, " is not a local resource"));
  }
  return BuiltinSignature(canon.op, local->second);
}

// The stream (future) type that a built-in works on.
absl::StatusOr<const ValueShape*> EndType(const Scope& scope, const Canon& canon, Kind kind) {
  DAVIT_ASSIGN_OR_RETURN(const ValueType type, ValueTypeAt(scope, canon.type));
  if (type.shape->kind == kind) return type.shape;
  return wasm::Violation(
      absl::StrCat("type index ", canon.type, " is not a ", types::KindName(kind), " type"));
}

absl::Status CheckMoreAsync(const Scope& scope, bool needs_feature, std::string_view what) {
  if (!needs_feature || scope.validation.features.more_async_builtins) return absl::OkStatus();
  return base::FeatureError("more_async_builtins", what);
}

absl::Status CheckCopy(const Scope& scope, const Canon& canon, Kind kind, bool is_read) {
  DAVIT_ASSIGN_OR_RETURN(const ValueShape* end, EndType(scope, canon, kind));
  DAVIT_RETURN_IF_ERROR(CheckOptions(scope, canon.options, {.realloc = true, .async = true}));
  DAVIT_RETURN_IF_ERROR(CheckMoreAsync(scope, !canon.options.is_async,
                                       absl::StrCat(CanonOpName(canon.op), " without `async`")));
  const std::optional<ValueType>& element = end->members[0].type;
  RequiredOptions required;
  if (element.has_value()) required.NeedMemory();
  if (is_read) {
    required.Receive(element);
  } else {
    required.PassOut(element);
  }
  return required.Check(canon.options);
}

absl::Status CheckEnd(const Scope& scope, const Canon& canon, Kind kind) {
  DAVIT_RETURN_IF_ERROR(EndType(scope, canon, kind).status());
  return CheckMoreAsync(scope, canon.is_async,
                        absl::StrCat(CanonOpName(canon.op), " with `async`"));
}

absl::StatusOr<types::CoreSignature> TaskReturn(const Scope& scope, const Canon& canon) {
  DAVIT_RETURN_IF_ERROR(CheckOptions(scope, canon.options, {}));
  if (!canon.result.has_value()) return types::FlattenTaskReturn(nullptr).signature;
  DAVIT_ASSIGN_OR_RETURN(const ValueType result, ResolveValType(scope, *canon.result));
  const types::Type& layout = *result.shape->layout;
  if (layout.contains_borrow()) return wasm::Violation("a task cannot return a `borrow` type");
  types::Flattening flattening = types::FlattenTaskReturn(&layout);
  RequiredOptions required;
  required.PassOut(result);
  if (!flattening.params_are_flat) required.NeedMemory();
  DAVIT_RETURN_IF_ERROR(required.Check(canon.options));
  return std::move(flattening.signature);
}

absl::StatusOr<types::CoreSignature> ContextBuiltin(Scope& scope, const Canon& canon) {
  constexpr uint32_t kSlots = 2;
  if (canon.slot >= kSlots) {
    return wasm::Violation(absl::StrCat("context slot ", canon.slot, " is out of bounds"));
  }
  if (canon.context_type != types::CoreType::kI32 && canon.context_type != types::CoreType::kI64) {
    return wasm::Violation("a context slot holds an i32 or an i64");
  }
  if (canon.context_type == types::CoreType::kI64 && !scope.validation.features.memory64) {
    return base::FeatureError("memory64", "context slots of type i64");
  }
  if (scope.context_type.value_or(canon.context_type) != canon.context_type) {
    return wasm::Violation("all context built-ins of a component must use the same type");
  }
  scope.context_type = canon.context_type;
  return BuiltinSignature(canon.op, canon.context_type);
}

absl::Status CheckErrorContext(const Scope& scope, const Canon& canon) {
  DAVIT_RETURN_IF_ERROR(CheckOptions(scope, canon.options, {.realloc = true}));
  RequiredOptions required;
  required.NeedMemory();
  if (canon.op == CanonOp::kErrorContextDebugMessage) required.NeedRealloc();
  return required.Check(canon.options);
}

// The type of the function that a thread starts with.
absl::StatusOr<wasm::CoreTypeId> ThreadStartType(const Scope& scope, const Canon& canon) {
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId type,
                         ItemAt(scope.core_types, canon.type, Sort::kCoreType));
  if (type == scope.validation.core.Func(CoreFuncTypeOf(ThreadStartSignature()))) return type;
  return wasm::Violation(absl::StrCat("core type index ", canon.type,
                                      " is not a thread start function ([i32] -> [])"));
}

absl::Status CheckThreadFromTable(const Scope& scope, const Canon& canon) {
  constexpr wasm::CoreValType kFuncref{.code = 0x63, .heap = -0x10};
  DAVIT_RETURN_IF_ERROR(ThreadStartType(scope, canon).status());
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTableType table,
                         ItemAt(scope.core_tables, canon.slot, Sort::kCoreTable));
  if (!(table.element == kFuncref)) return wasm::Violation("the table does not hold `funcref`");
  if (table.limits.is64) return base::FeatureError("memory64", "threads from a 64-bit table");
  return absl::OkStatus();
}

// The rules of a built-in whose op alone tells its signature.
absl::Status CheckBuiltin(const Scope& scope, const Canon& canon) {
  switch (canon.op) {
    case CanonOp::kSubtaskCancel:
      return CheckMoreAsync(scope, canon.is_async, "subtask.cancel with `async`");
    case CanonOp::kStreamRead:
      return CheckCopy(scope, canon, Kind::kStream, /*is_read=*/true);
    case CanonOp::kStreamWrite:
      return CheckCopy(scope, canon, Kind::kStream, /*is_read=*/false);
    case CanonOp::kFutureRead:
      return CheckCopy(scope, canon, Kind::kFuture, /*is_read=*/true);
    case CanonOp::kFutureWrite:
      return CheckCopy(scope, canon, Kind::kFuture, /*is_read=*/false);
    case CanonOp::kStreamNew:
    case CanonOp::kStreamCancelRead:
    case CanonOp::kStreamCancelWrite:
    case CanonOp::kStreamDropReadable:
    case CanonOp::kStreamDropWritable:
      return CheckEnd(scope, canon, Kind::kStream);
    case CanonOp::kFutureNew:
    case CanonOp::kFutureCancelRead:
    case CanonOp::kFutureCancelWrite:
    case CanonOp::kFutureDropReadable:
    case CanonOp::kFutureDropWritable:
      return CheckEnd(scope, canon, Kind::kFuture);
    case CanonOp::kErrorContextNew:
    case CanonOp::kErrorContextDebugMessage:
      return CheckErrorContext(scope, canon);
    case CanonOp::kWaitableSetWait:
    case CanonOp::kWaitableSetPoll:
      return CheckMemory(scope, canon.memory);
    case CanonOp::kThreadNewIndirect:
    case CanonOp::kThreadSpawnIndirect:
      return CheckThreadFromTable(scope, canon);
    default:
      return absl::OkStatus();
  }
}

absl::StatusOr<types::CoreSignature> SignatureOf(Scope& scope, const Canon& canon) {
  switch (canon.op) {
    case CanonOp::kResourceNew:
    case CanonOp::kResourceDrop:
    case CanonOp::kResourceRep:
      return ResourceBuiltin(scope, canon);
    case CanonOp::kTaskReturn:
      return TaskReturn(scope, canon);
    case CanonOp::kContextGet:
    case CanonOp::kContextSet:
      return ContextBuiltin(scope, canon);
    default:
      DAVIT_RETURN_IF_ERROR(CheckBuiltin(scope, canon));
      return BuiltinSignature(canon.op);
  }
}

absl::StatusOr<wasm::CoreFuncType> BuiltinType(Scope& scope, const Canon& canon) {
  if (canon.op == CanonOp::kLower) return LowerType(scope, canon);
  if (canon.op == CanonOp::kThreadSpawnRef) {
    DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId start, ThreadStartType(scope, canon));
    return ThreadSpawnRefSignature(start.value);
  }
  DAVIT_ASSIGN_OR_RETURN(const types::CoreSignature signature, SignatureOf(scope, canon));
  return CoreFuncTypeOf(signature);
}

}  // namespace

absl::Status DefineCanon(Scope& scope, const Canon& canon) {
  if (canon.op == CanonOp::kLift) return DefineLift(scope, canon);
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreFuncType type, BuiltinType(scope, canon));
  scope.core_funcs.push_back(scope.validation.core.Func(type));
  return absl::OkStatus();
}

}  // namespace davit::binary
