#include "runtime/binary/validate/canon_rules.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/validate/canon_options.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

using types::Kind;

// ---- lift and lower --------------------------------------------------------------------------

void AppendFlat(const ValueType& type, std::vector<wasm::CoreValType>& flat) {
  for (types::CoreType core : type.shape->layout->flat()) flat.push_back(CoreValTypeOf(core));
}

// Cut soon after the limit, which is all that counts once it is passed.
std::vector<wasm::CoreValType> FlatParams(const FuncType& type) {
  std::vector<wasm::CoreValType> flat;
  for (const Member& param : type.params) {
    if (flat.size() > base::kMaxFlatParams) break;
    AppendFlat(*param.type, flat);
  }
  return flat;
}

std::vector<wasm::CoreValType> FlatResult(const FuncType& type) {
  std::vector<wasm::CoreValType> flat;
  if (type.result.has_value()) AppendFlat(*type.result, flat);
  return flat;
}

const wasm::CoreValType kPointer = CoreValTypeOf(types::CoreType::kI32);

absl::Status CheckAsyncType(const FuncType& type, const CanonOptions& options) {
  if (!options.is_async || type.is_async) return absl::OkStatus();
  return wasm::Violation("the `async` canonical option requires an async function type");
}

absl::Status CheckPostReturn(const Scope& scope, const CanonOptions& options,
                             const wasm::CoreFuncType& lifted) {
  if (!options.post_return.has_value()) return absl::OkStatus();
  return CheckCoreFunc(scope, *options.post_return, wasm::CoreFuncType{.params = lifted.results},
                       "post-return");
}

absl::Status CheckLift(const Scope& scope, const Canon& canon, const FuncType& type) {
  const CanonOptions& options = canon.options;
  DAVIT_RETURN_IF_ERROR(CheckAsyncType(type, options));
  DAVIT_RETURN_IF_ERROR(CheckOptions(
      scope, options, {.realloc = true, .post_return = true, .async = true, .callback = true}));
  RequiredOptions required;
  for (const Member& param : type.params) required.Receive(param.type);
  if (FlatParams(type).size() > base::kMaxFlatParams) required.NeedRealloc();
  required.PassOut(type.result);
  const uint32_t max_results = options.is_async ? base::kMaxFlatParams : base::kMaxFlatResults;
  if (FlatResult(type).size() > max_results) required.NeedMemory();
  DAVIT_RETURN_IF_ERROR(required.Check(options));

  const wasm::CoreFuncType lifted = FlattenForLift(type, options);
  DAVIT_RETURN_IF_ERROR(CheckCoreFunc(scope, canon.func, lifted, "canon lift"));
  return CheckPostReturn(scope, options, lifted);
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
  RequiredOptions required;
  for (const Member& param : type->params) required.PassOut(param.type);
  required.Receive(type->result);
  const uint32_t max_params = options.is_async ? base::kMaxFlatAsyncParams : base::kMaxFlatParams;
  const uint32_t max_results = options.is_async ? 0 : base::kMaxFlatResults;
  if (FlatParams(*type).size() > max_params) required.NeedMemory();
  if (FlatResult(*type).size() > max_results) required.NeedMemory();
  DAVIT_RETURN_IF_ERROR(required.Check(options));
  return FlattenForLower(*type, options);
}

// ---- built-ins
// -----------------------------------------------------------------------------------

absl::StatusOr<wasm::CoreFuncType> ResourceBuiltin(const Scope& scope, const Canon& canon) {
  DAVIT_ASSIGN_OR_RETURN(const ResourceRef resource, ResourceAt(scope, canon.type));
  if (canon.op == CanonOp::kResourceDrop) return CoreSignature("i", "");
  const auto local = scope.local_resources.find(resource.id);
  if (local == scope.local_resources.end()) {
    return wasm::Violation(absl::StrCat("type index ", canon.type, " is not a local resource"));
  }
  const std::string_view rep = local->second == types::CoreType::kI64 ? "I" : "i";
  return canon.op == CanonOp::kResourceNew ? CoreSignature(rep, "i") : CoreSignature("i", rep);
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

absl::StatusOr<wasm::CoreFuncType> CopyBuiltin(const Scope& scope, const Canon& canon, Kind kind,
                                               bool is_read) {
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
  DAVIT_RETURN_IF_ERROR(required.Check(canon.options));
  return kind == Kind::kStream ? CoreSignature("iii", "i") : CoreSignature("ii", "i");
}

absl::StatusOr<wasm::CoreFuncType> EndBuiltin(const Scope& scope, const Canon& canon, Kind kind,
                                              wasm::CoreFuncType type) {
  DAVIT_RETURN_IF_ERROR(EndType(scope, canon, kind).status());
  DAVIT_RETURN_IF_ERROR(
      CheckMoreAsync(scope, canon.is_async, absl::StrCat(CanonOpName(canon.op), " with `async`")));
  return type;
}

absl::StatusOr<wasm::CoreFuncType> TaskReturn(const Scope& scope, const Canon& canon) {
  DAVIT_RETURN_IF_ERROR(CheckOptions(scope, canon.options, {}));
  wasm::CoreFuncType type;
  RequiredOptions required;
  if (canon.result.has_value()) {
    DAVIT_ASSIGN_OR_RETURN(const ValueType result, ResolveValType(scope, *canon.result));
    if (result.shape->layout->contains_borrow()) {
      return wasm::Violation("a task cannot return a `borrow` type");
    }
    AppendFlat(result, type.params);
    required.PassOut(result);
  }
  if (type.params.size() > base::kMaxFlatParams) {
    type.params = {kPointer};
    required.NeedMemory();
  }
  DAVIT_RETURN_IF_ERROR(required.Check(canon.options));
  return type;
}

absl::StatusOr<wasm::CoreFuncType> ContextBuiltin(Scope& scope, const Canon& canon) {
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
  const std::string_view type = canon.context_type == types::CoreType::kI64 ? "I" : "i";
  return canon.op == CanonOp::kContextGet ? CoreSignature("", type) : CoreSignature(type, "");
}

absl::StatusOr<wasm::CoreFuncType> WaitableSetBuiltin(const Scope& scope, const Canon& canon) {
  DAVIT_RETURN_IF_ERROR(CheckMemory(scope, canon.memory));
  return CoreSignature("ii", "i");
}

absl::StatusOr<wasm::CoreFuncType> SubtaskCancel(const Scope& scope, const Canon& canon) {
  DAVIT_RETURN_IF_ERROR(CheckMoreAsync(scope, canon.is_async, "subtask.cancel with `async`"));
  return CoreSignature("i", "i");
}

absl::StatusOr<wasm::CoreFuncType> ErrorContextBuiltin(const Scope& scope, const Canon& canon) {
  const bool is_new = canon.op == CanonOp::kErrorContextNew;
  DAVIT_RETURN_IF_ERROR(CheckOptions(scope, canon.options, {.realloc = true}));
  RequiredOptions required;
  required.NeedMemory();
  if (!is_new) required.NeedRealloc();
  DAVIT_RETURN_IF_ERROR(required.Check(canon.options));
  return is_new ? CoreSignature("ii", "i") : CoreSignature("ii", "");
}

// The start function of a thread is (func (param i32)); returns its type.
absl::StatusOr<wasm::CoreTypeId> ThreadStartType(const Scope& scope, const Canon& canon) {
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId type,
                         ItemAt(scope.core_types, canon.type, Sort::kCoreType));
  if (type == scope.validation.core.Func(CoreSignature("i", ""))) return type;
  return wasm::Violation(absl::StrCat("core type index ", canon.type,
                                      " is not a thread start function ([i32] -> [])"));
}

absl::StatusOr<wasm::CoreFuncType> ThreadFromTable(const Scope& scope, const Canon& canon) {
  constexpr wasm::CoreValType kFuncref{.code = 0x63, .heap = -0x10};
  DAVIT_RETURN_IF_ERROR(ThreadStartType(scope, canon).status());
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTableType table,
                         ItemAt(scope.core_tables, canon.slot, Sort::kCoreTable));
  if (!(table.element == kFuncref)) return wasm::Violation("the table does not hold `funcref`");
  if (table.limits.is64) return base::FeatureError("memory64", "threads from a 64-bit table");
  return CoreSignature("ii", "i");
}

absl::StatusOr<wasm::CoreFuncType> ThreadSpawnRef(const Scope& scope, const Canon& canon) {
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId start, ThreadStartType(scope, canon));
  wasm::CoreFuncType type = CoreSignature("i", "i");
  type.params.insert(type.params.begin(), wasm::CoreValType{.code = 0x63, .heap = start.value});
  return type;
}

absl::StatusOr<wasm::CoreFuncType> BuiltinType(Scope& scope, const Canon& canon) {
  switch (canon.op) {
    case CanonOp::kLift:
      break;  // not a core function
    case CanonOp::kLower:
      return LowerType(scope, canon);
    case CanonOp::kResourceNew:
    case CanonOp::kResourceDrop:
    case CanonOp::kResourceRep:
      return ResourceBuiltin(scope, canon);
    case CanonOp::kTaskReturn:
      return TaskReturn(scope, canon);
    case CanonOp::kTaskCancel:
    case CanonOp::kBackpressureInc:
    case CanonOp::kBackpressureDec:
      return CoreSignature("", "");
    case CanonOp::kContextGet:
    case CanonOp::kContextSet:
      return ContextBuiltin(scope, canon);
    case CanonOp::kSubtaskCancel:
      return SubtaskCancel(scope, canon);
    case CanonOp::kSubtaskDrop:
    case CanonOp::kWaitableSetDrop:
    case CanonOp::kErrorContextDrop:
    case CanonOp::kThreadResumeLater:
      return CoreSignature("i", "");
    case CanonOp::kStreamNew:
      return EndBuiltin(scope, canon, Kind::kStream, CoreSignature("", "I"));
    case CanonOp::kFutureNew:
      return EndBuiltin(scope, canon, Kind::kFuture, CoreSignature("", "I"));
    case CanonOp::kStreamRead:
      return CopyBuiltin(scope, canon, Kind::kStream, /*is_read=*/true);
    case CanonOp::kStreamWrite:
      return CopyBuiltin(scope, canon, Kind::kStream, /*is_read=*/false);
    case CanonOp::kFutureRead:
      return CopyBuiltin(scope, canon, Kind::kFuture, /*is_read=*/true);
    case CanonOp::kFutureWrite:
      return CopyBuiltin(scope, canon, Kind::kFuture, /*is_read=*/false);
    case CanonOp::kStreamCancelRead:
    case CanonOp::kStreamCancelWrite:
      return EndBuiltin(scope, canon, Kind::kStream, CoreSignature("i", "i"));
    case CanonOp::kFutureCancelRead:
    case CanonOp::kFutureCancelWrite:
      return EndBuiltin(scope, canon, Kind::kFuture, CoreSignature("i", "i"));
    case CanonOp::kStreamDropReadable:
    case CanonOp::kStreamDropWritable:
      return EndBuiltin(scope, canon, Kind::kStream, CoreSignature("i", ""));
    case CanonOp::kFutureDropReadable:
    case CanonOp::kFutureDropWritable:
      return EndBuiltin(scope, canon, Kind::kFuture, CoreSignature("i", ""));
    case CanonOp::kErrorContextNew:
    case CanonOp::kErrorContextDebugMessage:
      return ErrorContextBuiltin(scope, canon);
    case CanonOp::kWaitableSetWait:
    case CanonOp::kWaitableSetPoll:
      return WaitableSetBuiltin(scope, canon);
    case CanonOp::kWaitableJoin:
      return CoreSignature("ii", "");
    case CanonOp::kWaitableSetNew:
    case CanonOp::kThreadIndex:
    case CanonOp::kThreadSuspend:
    case CanonOp::kThreadYield:
    case CanonOp::kThreadAvailableParallelism:
      return CoreSignature("", "i");
    case CanonOp::kThreadSuspendThenResume:
    case CanonOp::kThreadYieldThenResume:
    case CanonOp::kThreadSuspendThenPromote:
    case CanonOp::kThreadYieldThenPromote:
      return CoreSignature("i", "i");
    case CanonOp::kThreadNewIndirect:
    case CanonOp::kThreadSpawnIndirect:
      return ThreadFromTable(scope, canon);
    case CanonOp::kThreadSpawnRef:
      return ThreadSpawnRef(scope, canon);
  }
  return wasm::Violation("unknown canonical definition");
}

}  // namespace

absl::Status DefineCanon(Scope& scope, const Canon& canon) {
  if (canon.op == CanonOp::kLift) return DefineLift(scope, canon);
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreFuncType type, BuiltinType(scope, canon));
  scope.core_funcs.push_back(scope.validation.core.Func(type));
  return absl::OkStatus();
}

wasm::CoreFuncType FlattenForLift(const FuncType& type, const CanonOptions& options) {
  wasm::CoreFuncType flat{.params = FlatParams(type)};
  if (flat.params.size() > base::kMaxFlatParams) flat.params = {kPointer};
  if (options.is_async) {
    if (options.callback.has_value()) flat.results = {kPointer};
    return flat;
  }
  flat.results = FlatResult(type);
  if (flat.results.size() > base::kMaxFlatResults) flat.results = {kPointer};
  return flat;
}

wasm::CoreFuncType FlattenForLower(const FuncType& type, const CanonOptions& options) {
  const uint32_t max_params = options.is_async ? base::kMaxFlatAsyncParams : base::kMaxFlatParams;
  const uint32_t max_results = options.is_async ? 0 : base::kMaxFlatResults;
  wasm::CoreFuncType flat{.params = FlatParams(type), .results = FlatResult(type)};
  if (flat.params.size() > max_params) flat.params = {kPointer};
  if (flat.results.size() > max_results) {
    flat.params.push_back(kPointer);
    flat.results.clear();
  }
  // A status and, maybe, a subtask.
  if (options.is_async) flat.results = {CoreValTypeOf(types::CoreType::kI32)};
  return flat;
}

}  // namespace davit::binary
