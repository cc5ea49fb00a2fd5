#include "runtime/binary/core_signatures.h"

#include <string_view>
#include <vector>

#include "absl/log/absl_check.h"

namespace davit::binary {
namespace {

using types::CoreSignature;
using types::CoreType;

// Parameters and results by one letter each: 'i' is an i32, 'I' an i64, and '?' the type that the
// definition leaves open.
struct Row {
  std::string_view params, results;
};

Row RowOf(CanonOp op) {
  switch (op) {
    case CanonOp::kResourceNew:
      return {"?", "i"};
    case CanonOp::kResourceRep:
      return {"i", "?"};
    case CanonOp::kContextGet:
      return {"", "?"};
    case CanonOp::kContextSet:
      return {"?", ""};
    case CanonOp::kTaskCancel:
    case CanonOp::kBackpressureInc:
    case CanonOp::kBackpressureDec:
      return {"", ""};
    case CanonOp::kStreamNew:
    case CanonOp::kFutureNew:
      return {"", "I"};
    case CanonOp::kWaitableSetNew:
    case CanonOp::kThreadIndex:
    case CanonOp::kThreadYield:
    case CanonOp::kThreadSuspend:
    case CanonOp::kThreadAvailableParallelism:
      return {"", "i"};
    case CanonOp::kResourceDrop:
    case CanonOp::kSubtaskDrop:
    case CanonOp::kStreamDropReadable:
    case CanonOp::kStreamDropWritable:
    case CanonOp::kFutureDropReadable:
    case CanonOp::kFutureDropWritable:
    case CanonOp::kErrorContextDrop:
    case CanonOp::kWaitableSetDrop:
    case CanonOp::kThreadResumeLater:
      return {"i", ""};
    case CanonOp::kSubtaskCancel:
    case CanonOp::kStreamCancelRead:
    case CanonOp::kStreamCancelWrite:
    case CanonOp::kFutureCancelRead:
    case CanonOp::kFutureCancelWrite:
    case CanonOp::kThreadSuspendThenResume:
    case CanonOp::kThreadYieldThenResume:
    case CanonOp::kThreadSuspendThenPromote:
    case CanonOp::kThreadYieldThenPromote:
      return {"i", "i"};
    case CanonOp::kErrorContextDebugMessage:
    case CanonOp::kWaitableJoin:
      return {"ii", ""};
    case CanonOp::kFutureRead:
    case CanonOp::kFutureWrite:
    case CanonOp::kErrorContextNew:
    case CanonOp::kWaitableSetWait:
    case CanonOp::kWaitableSetPoll:
    case CanonOp::kThreadNewIndirect:
    case CanonOp::kThreadSpawnIndirect:
      return {"ii", "i"};
    case CanonOp::kStreamRead:
    case CanonOp::kStreamWrite:
      return {"iii", "i"};
    case CanonOp::kLift:
    case CanonOp::kLower:
    case CanonOp::kTaskReturn:
    case CanonOp::kThreadSpawnRef:
      break;
  }
  ABSL_DCHECK(false) << CanonOpName(op) << " has no signature of its own";
  return {};
}

std::vector<CoreType> TypesOf(std::string_view letters, CoreType open) {
  std::vector<CoreType> types;
  types.reserve(letters.size());
  for (const char letter : letters) {
    if (letter == '?') {
      types.push_back(open);
    } else {
      types.push_back(letter == 'I' ? CoreType::kI64 : CoreType::kI32);
    }
  }
  return types;
}

wasm::CoreValType CoreValTypeOf(CoreType type) {
  switch (type) {
    case CoreType::kI32:
      return {.code = 0x7f};
    case CoreType::kI64:
      return {.code = 0x7e};
    case CoreType::kF32:
      return {.code = 0x7d};
    case CoreType::kF64:
      return {.code = 0x7c};
  }
  return {};
}

std::vector<wasm::CoreValType> CoreValTypesOf(const std::vector<CoreType>& types) {
  std::vector<wasm::CoreValType> result;
  result.reserve(types.size());
  for (const CoreType type : types) result.push_back(CoreValTypeOf(type));
  return result;
}

}  // namespace

CoreSignature BuiltinSignature(CanonOp op, CoreType open) {
  const Row row = RowOf(op);
  return {.params = TypesOf(row.params, open), .results = TypesOf(row.results, open)};
}

wasm::CoreFuncType ThreadSpawnRefSignature(uint32_t start_type) {
  constexpr uint8_t kRefNull = 0x63;
  return {.params = {{.code = kRefNull, .heap = start_type}, CoreValTypeOf(CoreType::kI32)},
          .results = {CoreValTypeOf(CoreType::kI32)}};
}

CoreSignature ThreadStartSignature() { return {.params = {CoreType::kI32}, .results = {}}; }

CoreSignature ReallocSignature() {
  return {.params = std::vector<CoreType>(4, CoreType::kI32), .results = {CoreType::kI32}};
}

CoreSignature CallbackSignature() {
  return {.params = std::vector<CoreType>(3, CoreType::kI32), .results = {CoreType::kI32}};
}

CoreSignature DestructorSignature(CoreType rep) { return {.params = {rep}, .results = {}}; }

wasm::CoreFuncType CoreFuncTypeOf(const CoreSignature& signature) {
  return {.params = CoreValTypesOf(signature.params), .results = CoreValTypesOf(signature.results)};
}

}  // namespace davit::binary
