#include "runtime/link/builtins.h"

#include <utility>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/link/type_eval.h"

namespace davit::link {
namespace {

using binary::CanonOp;
using types::CoreSignature;
using types::CoreType;
using types::CoreType::kI32;
using types::CoreType::kI64;

// The flat values of `params`, or one pointer when there are more than `max`.
std::vector<CoreType> FlatParams(const std::vector<types::Param>& params, size_t max) {
  std::vector<CoreType> flat;
  for (const auto& param : params) {
    const auto& types = param.type->flat();
    flat.insert(flat.end(), types.begin(), types.end());
    if (flat.size() > max) return {kI32};
  }
  return flat;
}

CoreSignature TaskReturn(const binary::Canon& canon, const Scope& scope) {
  if (!canon.result) return {};
  return {.params = FlatParams({{"", EvalValType(*canon.result, scope)}}, base::kMaxFlatParams),
          .results = {}};
}

}  // namespace

CoreSignature FlattenAsyncLower(const types::FuncType& type) {
  CoreSignature signature{.params = FlatParams(type.params, base::kMaxFlatAsyncParams),
                          .results = {kI32}};
  if (type.result) signature.params.push_back(kI32);
  return signature;
}

CoreSignature BuiltinSignature(const binary::Canon& canon, const Scope& scope) {
  switch (canon.op) {
    case CanonOp::kLift:
    case CanonOp::kLower:
    case CanonOp::kBackpressureInc:
    case CanonOp::kBackpressureDec:
    case CanonOp::kTaskCancel:
      return {};
    case CanonOp::kTaskReturn:
      return TaskReturn(canon, scope);
    case CanonOp::kContextGet:
      return {.params = {}, .results = {canon.context_type}};
    case CanonOp::kContextSet:
      return {.params = {canon.context_type}, .results = {}};
    case CanonOp::kStreamNew:
    case CanonOp::kFutureNew:
      return {.params = {}, .results = {kI64}};
    case CanonOp::kWaitableSetNew:
    case CanonOp::kThreadIndex:
    case CanonOp::kThreadYield:
    case CanonOp::kThreadSuspend:
    case CanonOp::kThreadAvailableParallelism:
      return {.params = {}, .results = {kI32}};
    case CanonOp::kResourceNew:
    case CanonOp::kResourceRep:
    case CanonOp::kSubtaskCancel:
    case CanonOp::kStreamCancelRead:
    case CanonOp::kStreamCancelWrite:
    case CanonOp::kFutureCancelRead:
    case CanonOp::kFutureCancelWrite:
    case CanonOp::kThreadSuspendThenResume:
    case CanonOp::kThreadYieldThenResume:
    case CanonOp::kThreadSuspendThenPromote:
    case CanonOp::kThreadYieldThenPromote:
      return {.params = {kI32}, .results = {kI32}};
    case CanonOp::kResourceDrop:
    case CanonOp::kSubtaskDrop:
    case CanonOp::kStreamDropReadable:
    case CanonOp::kStreamDropWritable:
    case CanonOp::kFutureDropReadable:
    case CanonOp::kFutureDropWritable:
    case CanonOp::kErrorContextDrop:
    case CanonOp::kWaitableSetDrop:
    case CanonOp::kThreadResumeLater:
      return {.params = {kI32}, .results = {}};
    case CanonOp::kErrorContextDebugMessage:
    case CanonOp::kWaitableJoin:
      return {.params = {kI32, kI32}, .results = {}};
    case CanonOp::kFutureRead:
    case CanonOp::kFutureWrite:
    case CanonOp::kErrorContextNew:
    case CanonOp::kWaitableSetWait:
    case CanonOp::kWaitableSetPoll:
    case CanonOp::kThreadSpawnRef:
    case CanonOp::kThreadNewIndirect:
      return {.params = {kI32, kI32}, .results = {kI32}};
    case CanonOp::kStreamRead:
    case CanonOp::kStreamWrite:
    case CanonOp::kThreadSpawnIndirect:
      return {.params = {kI32, kI32, kI32}, .results = {kI32}};
  }
  return {};
}

}  // namespace davit::link
