#include "runtime/binary/ast.h"

namespace davit::binary {
namespace {

// The index space that each alternative of Definition::def appends to.
struct IntroducedSort {
  std::optional<Sort> operator()(const CoreModule&) const { return Sort::kCoreModule; }
  std::optional<Sort> operator()(const CoreInstance&) const { return Sort::kCoreInstance; }
  std::optional<Sort> operator()(const wasm::CoreTypeDef&) const { return Sort::kCoreType; }
  std::optional<Sort> operator()(const std::shared_ptr<const Component>&) const {
    return Sort::kComponent;
  }
  std::optional<Sort> operator()(const Instance&) const { return Sort::kInstance; }
  std::optional<Sort> operator()(const Alias& alias) const { return alias.sort; }
  std::optional<Sort> operator()(const TypeDef&) const { return Sort::kType; }
  std::optional<Sort> operator()(const Canon& canon) const {
    return canon.op == CanonOp::kLift ? Sort::kFunc : Sort::kCoreFunc;
  }
  std::optional<Sort> operator()(const Start&) const { return std::nullopt; }
  std::optional<Sort> operator()(const Import& import) const { return import.desc.sort; }
  std::optional<Sort> operator()(const Export& exported) const { return exported.item.sort; }
  std::optional<Sort> operator()(const ValueDef&) const { return Sort::kValue; }
};

}  // namespace

std::string_view SortName(Sort sort) {
  switch (sort) {
    case Sort::kCoreFunc:
      return "core func";
    case Sort::kCoreTable:
      return "core table";
    case Sort::kCoreMemory:
      return "core memory";
    case Sort::kCoreGlobal:
      return "core global";
    case Sort::kCoreTag:
      return "core tag";
    case Sort::kCoreType:
      return "core type";
    case Sort::kCoreModule:
      return "core module";
    case Sort::kCoreInstance:
      return "core instance";
    case Sort::kFunc:
      return "func";
    case Sort::kValue:
      return "value";
    case Sort::kType:
      return "type";
    case Sort::kComponent:
      return "component";
    case Sort::kInstance:
      return "instance";
  }
  return "unknown";
}

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

std::optional<Sort> SortIntroducedBy(const Definition& definition) {
  return std::visit(IntroducedSort{}, definition.def);
}

}  // namespace davit::binary
