#include "runtime/binary/decode/decode_canon.h"

#include <cstdint>
#include <string_view>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/binary/decode/decode_canon_options.h"
#include "runtime/binary/decode/decode_types.h"

namespace davit::binary {
namespace {

enum class Gate : uint8_t { kNone, kAsync, kErrorContext, kThreading, kSharedThreads };

Gate GateOf(CanonOp op) {
  switch (op) {
    case CanonOp::kLift:
    case CanonOp::kLower:
    case CanonOp::kResourceNew:
    case CanonOp::kResourceDrop:
    case CanonOp::kResourceRep:
      return Gate::kNone;
    case CanonOp::kTaskCancel:
    case CanonOp::kSubtaskCancel:
    case CanonOp::kTaskReturn:
    case CanonOp::kContextGet:
    case CanonOp::kContextSet:
    case CanonOp::kThreadYield:
    case CanonOp::kSubtaskDrop:
    case CanonOp::kStreamNew:
    case CanonOp::kStreamRead:
    case CanonOp::kStreamWrite:
    case CanonOp::kStreamCancelRead:
    case CanonOp::kStreamCancelWrite:
    case CanonOp::kStreamDropReadable:
    case CanonOp::kStreamDropWritable:
    case CanonOp::kFutureNew:
    case CanonOp::kFutureRead:
    case CanonOp::kFutureWrite:
    case CanonOp::kFutureCancelRead:
    case CanonOp::kFutureCancelWrite:
    case CanonOp::kFutureDropReadable:
    case CanonOp::kFutureDropWritable:
    case CanonOp::kWaitableSetNew:
    case CanonOp::kWaitableSetWait:
    case CanonOp::kWaitableSetPoll:
    case CanonOp::kWaitableSetDrop:
    case CanonOp::kWaitableJoin:
    case CanonOp::kBackpressureInc:
    case CanonOp::kBackpressureDec:
      return Gate::kAsync;
    case CanonOp::kErrorContextNew:
    case CanonOp::kErrorContextDebugMessage:
    case CanonOp::kErrorContextDrop:
      return Gate::kErrorContext;
    case CanonOp::kThreadIndex:
    case CanonOp::kThreadNewIndirect:
    case CanonOp::kThreadResumeLater:
    case CanonOp::kThreadSuspend:
    case CanonOp::kThreadSuspendThenResume:
    case CanonOp::kThreadYieldThenResume:
    case CanonOp::kThreadSuspendThenPromote:
    case CanonOp::kThreadYieldThenPromote:
      return Gate::kThreading;
    case CanonOp::kThreadSpawnRef:
    case CanonOp::kThreadSpawnIndirect:
    case CanonOp::kThreadAvailableParallelism:
      return Gate::kSharedThreads;
  }
  return Gate::kNone;  // There is no such definition, which is for the reader to say.
}

absl::Status CheckGate(Gate gate, CanonOp op, const Features& features, uint64_t offset) {
  const std::string_view name = CanonOpName(op);
  switch (gate) {
    case Gate::kNone:
      return absl::OkStatus();
    case Gate::kAsync:
      return RequireFeature(features.async, "async", name, offset);
    case Gate::kErrorContext:
      return RequireFeature(features.error_context, "error_context", name, offset);
    case Gate::kThreading:
      return RequireFeature(features.threading, "threading", name, offset);
    case Gate::kSharedThreads:
      return RequireFeature(features.shared_threads, "shared_threads", name, offset);
  }
  return absl::OkStatus();
}

// Reads the immediates that follow an opcode.
class CanonReader {
 public:
  CanonReader(base::ByteReader& reader, const DecodeContext& context)
      : reader_(reader), context_(context) {}

  absl::StatusOr<Canon> Read(const Opcode& opcode) {
    const CanonOp op = static_cast<CanonOp>(opcode.value);
    switch (op) {
      case CanonOp::kLift:
        return Lift();
      case CanonOp::kLower:
        return Lower();
      case CanonOp::kResourceNew:
      case CanonOp::kResourceDrop:
      case CanonOp::kResourceRep:
        return Resource(op);
      case CanonOp::kTaskReturn:
        return TaskReturn();
      case CanonOp::kSubtaskCancel:
        return SubtaskCancel();
      case CanonOp::kContextGet:
      case CanonOp::kContextSet:
        return Context(op);
      case CanonOp::kStreamNew:
        return EndsNew(EndKind::kStream);
      case CanonOp::kStreamRead:
        return EndCopy(EndKind::kStream, EndSide::kReadable);
      case CanonOp::kStreamWrite:
        return EndCopy(EndKind::kStream, EndSide::kWritable);
      case CanonOp::kStreamCancelRead:
        return EndCancel(EndKind::kStream, EndSide::kReadable);
      case CanonOp::kStreamCancelWrite:
        return EndCancel(EndKind::kStream, EndSide::kWritable);
      case CanonOp::kStreamDropReadable:
        return EndDrop(EndKind::kStream, EndSide::kReadable);
      case CanonOp::kStreamDropWritable:
        return EndDrop(EndKind::kStream, EndSide::kWritable);
      case CanonOp::kFutureNew:
        return EndsNew(EndKind::kFuture);
      case CanonOp::kFutureRead:
        return EndCopy(EndKind::kFuture, EndSide::kReadable);
      case CanonOp::kFutureWrite:
        return EndCopy(EndKind::kFuture, EndSide::kWritable);
      case CanonOp::kFutureCancelRead:
        return EndCancel(EndKind::kFuture, EndSide::kReadable);
      case CanonOp::kFutureCancelWrite:
        return EndCancel(EndKind::kFuture, EndSide::kWritable);
      case CanonOp::kFutureDropReadable:
        return EndDrop(EndKind::kFuture, EndSide::kReadable);
      case CanonOp::kFutureDropWritable:
        return EndDrop(EndKind::kFuture, EndSide::kWritable);
      case CanonOp::kErrorContextNew:
      case CanonOp::kErrorContextDebugMessage:
        return ErrorContext(op);
      case CanonOp::kWaitableSetWait:
      case CanonOp::kWaitableSetPoll:
        return WaitableSet(op);
      case CanonOp::kThreadYield:
      case CanonOp::kThreadSuspend:
      case CanonOp::kThreadSuspendThenResume:
      case CanonOp::kThreadYieldThenResume:
      case CanonOp::kThreadSuspendThenPromote:
      case CanonOp::kThreadYieldThenPromote:
        return ThreadSwitch(op);
      case CanonOp::kThreadNewIndirect:
        return ThreadNewIndirect();
      case CanonOp::kThreadSpawnRef:
        return ThreadSpawnRef();
      case CanonOp::kThreadSpawnIndirect:
        return ThreadSpawnIndirect();
      case CanonOp::kThreadAvailableParallelism:
        return ThreadParallelism();
      case CanonOp::kTaskCancel:
      case CanonOp::kSubtaskDrop:
      case CanonOp::kErrorContextDrop:
      case CanonOp::kWaitableSetNew:
      case CanonOp::kWaitableSetDrop:
      case CanonOp::kWaitableJoin:
      case CanonOp::kBackpressureInc:
      case CanonOp::kBackpressureDec:
      case CanonOp::kThreadIndex:
      case CanonOp::kThreadResumeLater:
        return Builtin(CanonPlain{static_cast<PlainOp>(op)});
    }
    return opcode.Unknown("canonical definition");
  }

 private:
  template <typename Family>
  static Canon Builtin(Family family) {
    return Canon{CanonBuiltin{std::move(family)}};
  }

  absl::StatusOr<Canon> Lift() {
    CanonLift lift;
    DAVIT_RETURN_IF_ERROR(ExpectByte(reader_, 0x00, "sort of a lifted function"));
    DAVIT_ASSIGN_OR_RETURN(lift.func, Func());
    DAVIT_ASSIGN_OR_RETURN(lift.options, Options());
    DAVIT_ASSIGN_OR_RETURN(lift.type, Type());
    return Canon{lift};
  }

  absl::StatusOr<Canon> Lower() {
    CanonLower lower;
    DAVIT_RETURN_IF_ERROR(ExpectByte(reader_, 0x00, "sort of a lowered function"));
    DAVIT_ASSIGN_OR_RETURN(lower.func, Func());
    DAVIT_ASSIGN_OR_RETURN(lower.options, Options());
    return Canon{lower};
  }

  absl::StatusOr<Canon> Resource(CanonOp op) {
    CanonResource resource{.op = static_cast<ResourceOp>(op)};
    DAVIT_ASSIGN_OR_RETURN(resource.type, Type());
    return Builtin(resource);
  }

  absl::StatusOr<Canon> TaskReturn() {
    CanonTaskReturn task_return;
    DAVIT_ASSIGN_OR_RETURN(task_return.result, ReadResultList(reader_, context_));
    DAVIT_ASSIGN_OR_RETURN(task_return.options, Options());
    return Builtin(task_return);
  }

  absl::StatusOr<Canon> SubtaskCancel() {
    CanonSubtaskCancel cancel;
    DAVIT_ASSIGN_OR_RETURN(cancel.is_async, Async());
    return Builtin(cancel);
  }

  absl::StatusOr<Canon> Context(CanonOp op) {
    CanonContext context{.op = static_cast<ContextOp>(op)};
    DAVIT_ASSIGN_OR_RETURN(const bool is64, ReadIs64(reader_, context_, "type of a context slot"));
    context.type = is64 ? types::CoreType::kI64 : types::CoreType::kI32;
    DAVIT_ASSIGN_OR_RETURN(context.slot, reader_.U32("context slot"));
    return Builtin(context);
  }

  absl::StatusOr<Canon> EndsNew(EndKind kind) {
    CanonEndsNew ends{.kind = kind};
    DAVIT_ASSIGN_OR_RETURN(ends.type, Type());
    return Builtin(ends);
  }

  absl::StatusOr<Canon> EndCopy(EndKind kind, EndSide side) {
    CanonEndCopy copy{.kind = kind, .side = side};
    DAVIT_ASSIGN_OR_RETURN(copy.type, Type());
    DAVIT_ASSIGN_OR_RETURN(copy.options, Options());
    return Builtin(copy);
  }

  absl::StatusOr<Canon> EndCancel(EndKind kind, EndSide side) {
    CanonEndCancel cancel{.kind = kind, .side = side};
    DAVIT_ASSIGN_OR_RETURN(cancel.type, Type());
    DAVIT_ASSIGN_OR_RETURN(cancel.is_async, Async());
    return Builtin(cancel);
  }

  absl::StatusOr<Canon> EndDrop(EndKind kind, EndSide side) {
    CanonEndDrop drop{.kind = kind, .side = side};
    DAVIT_ASSIGN_OR_RETURN(drop.type, Type());
    return Builtin(drop);
  }

  absl::StatusOr<Canon> ErrorContext(CanonOp op) {
    CanonErrorContext error_context{.op = static_cast<ErrorContextOp>(op)};
    DAVIT_ASSIGN_OR_RETURN(error_context.options, Options());
    return Builtin(error_context);
  }

  absl::StatusOr<Canon> WaitableSet(CanonOp op) {
    CanonWaitableSet set{.op = static_cast<WaitableSetOp>(op)};
    DAVIT_ASSIGN_OR_RETURN(set.cancellable, Cancellable());
    DAVIT_ASSIGN_OR_RETURN(set.memory, reader_.U32("memory of a canonical definition"));
    return Builtin(set);
  }

  absl::StatusOr<Canon> ThreadSwitch(CanonOp op) {
    CanonThreadSwitch thread_switch{.op = static_cast<ThreadSwitchOp>(op)};
    DAVIT_ASSIGN_OR_RETURN(thread_switch.cancellable, Cancellable());
    return Builtin(thread_switch);
  }

  absl::StatusOr<Canon> ThreadNewIndirect() {
    CanonThreadNewIndirect thread;
    DAVIT_ASSIGN_OR_RETURN(thread.start_type, Type());
    DAVIT_ASSIGN_OR_RETURN(thread.table, Table());
    return Builtin(thread);
  }

  absl::StatusOr<Canon> ThreadSpawnRef() {
    CanonThreadSpawnRef thread;
    DAVIT_ASSIGN_OR_RETURN(thread.is_shared, Shared());
    DAVIT_ASSIGN_OR_RETURN(thread.start_type, Type());
    return Builtin(thread);
  }

  absl::StatusOr<Canon> ThreadSpawnIndirect() {
    CanonThreadSpawnIndirect thread;
    DAVIT_ASSIGN_OR_RETURN(thread.is_shared, Shared());
    DAVIT_ASSIGN_OR_RETURN(thread.start_type, Type());
    DAVIT_ASSIGN_OR_RETURN(thread.table, Table());
    return Builtin(thread);
  }

  absl::StatusOr<Canon> ThreadParallelism() {
    CanonThreadParallelism parallelism;
    DAVIT_ASSIGN_OR_RETURN(parallelism.is_shared, Shared());
    return Builtin(parallelism);
  }

  absl::StatusOr<uint32_t> Func() { return reader_.U32("function of a canonical definition"); }
  absl::StatusOr<uint32_t> Type() { return reader_.U32("type of a canonical definition"); }
  absl::StatusOr<uint32_t> Table() { return reader_.U32("table of a canonical definition"); }
  absl::StatusOr<bool> Async() { return ReadFlag(reader_, "async flag"); }
  absl::StatusOr<bool> Cancellable() { return ReadFlag(reader_, "cancellable flag"); }
  absl::StatusOr<bool> Shared() { return ReadFlag(reader_, "shared flag"); }
  absl::StatusOr<CanonOptions> Options() { return ReadCanonOptions(reader_, context_); }

  base::ByteReader& reader_;
  const DecodeContext& context_;
};

}  // namespace

absl::StatusOr<Canon> ReadCanon(base::ByteReader& reader, const DecodeContext& context) {
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "canonical definition"));
  const CanonOp op = static_cast<CanonOp>(opcode.value);
  DAVIT_RETURN_IF_ERROR(CheckGate(GateOf(op), op, context.features, opcode.offset));
  return CanonReader(reader, context).Read(opcode);
}

}  // namespace davit::binary
