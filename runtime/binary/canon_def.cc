#include "runtime/binary/canon_def.h"

namespace davit::binary {
namespace {

CanonOp Choose(EndKind kind, CanonOp of_stream, CanonOp of_future) {
  return kind == EndKind::kStream ? of_stream : of_future;
}

struct OpOfBuiltin {
  CanonOp operator()(const CanonTaskReturn&) const { return CanonOp::kTaskReturn; }
  CanonOp operator()(const CanonSubtaskCancel&) const { return CanonOp::kSubtaskCancel; }
  CanonOp operator()(const CanonEndsNew& builtin) const {
    return Choose(builtin.kind, CanonOp::kStreamNew, CanonOp::kFutureNew);
  }
  CanonOp operator()(const CanonEndCopy& builtin) const {
    return builtin.side == EndSide::kReadable
               ? Choose(builtin.kind, CanonOp::kStreamRead, CanonOp::kFutureRead)
               : Choose(builtin.kind, CanonOp::kStreamWrite, CanonOp::kFutureWrite);
  }
  CanonOp operator()(const CanonEndCancel& builtin) const {
    return builtin.side == EndSide::kReadable
               ? Choose(builtin.kind, CanonOp::kStreamCancelRead, CanonOp::kFutureCancelRead)
               : Choose(builtin.kind, CanonOp::kStreamCancelWrite, CanonOp::kFutureCancelWrite);
  }
  CanonOp operator()(const CanonEndDrop& builtin) const {
    return builtin.side == EndSide::kReadable
               ? Choose(builtin.kind, CanonOp::kStreamDropReadable, CanonOp::kFutureDropReadable)
               : Choose(builtin.kind, CanonOp::kStreamDropWritable, CanonOp::kFutureDropWritable);
  }
  CanonOp operator()(const CanonThreadNewIndirect&) const { return CanonOp::kThreadNewIndirect; }
  CanonOp operator()(const CanonThreadSpawnRef&) const { return CanonOp::kThreadSpawnRef; }
  CanonOp operator()(const CanonThreadSpawnIndirect&) const {
    return CanonOp::kThreadSpawnIndirect;
  }
  CanonOp operator()(const CanonThreadParallelism&) const {
    return CanonOp::kThreadAvailableParallelism;
  }
  // The families whose enumerators are opcodes.
  CanonOp operator()(const auto& builtin) const { return static_cast<CanonOp>(builtin.op); }
};

struct OpOfCanon {
  CanonOp operator()(const CanonLift&) const { return CanonOp::kLift; }
  CanonOp operator()(const CanonLower&) const { return CanonOp::kLower; }
  CanonOp operator()(const CanonBuiltin& builtin) const { return OpOf(builtin); }
};

}  // namespace

std::string_view CanonOpName(CanonOp op) {
  switch (op) {
    case CanonOp::kLift:
      return "lift";
    case CanonOp::kLower:
      return "lower";
    case CanonOp::kResourceNew:
      return "resource.new";
    case CanonOp::kResourceDrop:
      return "resource.drop";
    case CanonOp::kResourceRep:
      return "resource.rep";
    case CanonOp::kTaskCancel:
      return "task.cancel";
    case CanonOp::kSubtaskCancel:
      return "subtask.cancel";
    case CanonOp::kTaskReturn:
      return "task.return";
    case CanonOp::kContextGet:
      return "context.get";
    case CanonOp::kContextSet:
      return "context.set";
    case CanonOp::kThreadYield:
      return "thread.yield";
    case CanonOp::kSubtaskDrop:
      return "subtask.drop";
    case CanonOp::kStreamNew:
      return "stream.new";
    case CanonOp::kStreamRead:
      return "stream.read";
    case CanonOp::kStreamWrite:
      return "stream.write";
    case CanonOp::kStreamCancelRead:
      return "stream.cancel-read";
    case CanonOp::kStreamCancelWrite:
      return "stream.cancel-write";
    case CanonOp::kStreamDropReadable:
      return "stream.drop-readable";
    case CanonOp::kStreamDropWritable:
      return "stream.drop-writable";
    case CanonOp::kFutureNew:
      return "future.new";
    case CanonOp::kFutureRead:
      return "future.read";
    case CanonOp::kFutureWrite:
      return "future.write";
    case CanonOp::kFutureCancelRead:
      return "future.cancel-read";
    case CanonOp::kFutureCancelWrite:
      return "future.cancel-write";
    case CanonOp::kFutureDropReadable:
      return "future.drop-readable";
    case CanonOp::kFutureDropWritable:
      return "future.drop-writable";
    case CanonOp::kErrorContextNew:
      return "error-context.new";
    case CanonOp::kErrorContextDebugMessage:
      return "error-context.debug-message";
    case CanonOp::kErrorContextDrop:
      return "error-context.drop";
    case CanonOp::kWaitableSetNew:
      return "waitable-set.new";
    case CanonOp::kWaitableSetWait:
      return "waitable-set.wait";
    case CanonOp::kWaitableSetPoll:
      return "waitable-set.poll";
    case CanonOp::kWaitableSetDrop:
      return "waitable-set.drop";
    case CanonOp::kWaitableJoin:
      return "waitable.join";
    case CanonOp::kBackpressureInc:
      return "backpressure.inc";
    case CanonOp::kBackpressureDec:
      return "backpressure.dec";
    case CanonOp::kThreadIndex:
      return "thread.index";
    case CanonOp::kThreadNewIndirect:
      return "thread.new-indirect";
    case CanonOp::kThreadResumeLater:
      return "thread.resume-later";
    case CanonOp::kThreadSuspend:
      return "thread.suspend";
    case CanonOp::kThreadSuspendThenResume:
      return "thread.suspend-then-resume";
    case CanonOp::kThreadYieldThenResume:
      return "thread.yield-then-resume";
    case CanonOp::kThreadSuspendThenPromote:
      return "thread.suspend-then-promote";
    case CanonOp::kThreadYieldThenPromote:
      return "thread.yield-then-promote";
    case CanonOp::kThreadSpawnRef:
      return "thread.spawn-ref";
    case CanonOp::kThreadSpawnIndirect:
      return "thread.spawn-indirect";
    case CanonOp::kThreadAvailableParallelism:
      return "thread.available-parallelism";
  }
  return "unknown";
}

CanonOp OpOf(const CanonBuiltin& builtin) { return std::visit(OpOfBuiltin{}, builtin.def); }

CanonOp OpOf(const Canon& canon) { return std::visit(OpOfCanon{}, canon.def); }

}  // namespace davit::binary
