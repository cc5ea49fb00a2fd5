#ifndef DAVIT_RUNTIME_BINARY_CANON_DEF_H_
#define DAVIT_RUNTIME_BINARY_CANON_DEF_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "runtime/binary/val_type.h"
#include "runtime/types/string_encoding.h"
#include "runtime/types/type.h"

// Canonical definitions as Binary.md's grammar has them, with raw indices: lift, lower, and the
// built-ins in families of the same immediates. Part of the syntax tree (ast.h).
// Spec: Binary.md#canonical-definitions
namespace davit::binary {

using types::StringEncoding;

struct CanonOptions {
  StringEncoding string_encoding = StringEncoding::kUtf8;
  std::optional<uint32_t> memory, realloc, post_return, callback;  // core memory / core func
  bool is_async = false;
};

// The canonical definitions; the enumerators carry the binary opcode.
enum class CanonOp : uint8_t {
  kLift = 0x00,
  kLower = 0x01,
  kResourceNew = 0x02,
  kResourceDrop = 0x03,
  kResourceRep = 0x04,
  kTaskCancel = 0x05,
  kSubtaskCancel = 0x06,
  kTaskReturn = 0x09,
  kContextGet = 0x0a,
  kContextSet = 0x0b,
  kThreadYield = 0x0c,
  kSubtaskDrop = 0x0d,
  kStreamNew = 0x0e,
  kStreamRead = 0x0f,
  kStreamWrite = 0x10,
  kStreamCancelRead = 0x11,
  kStreamCancelWrite = 0x12,
  kStreamDropReadable = 0x13,
  kStreamDropWritable = 0x14,
  kFutureNew = 0x15,
  kFutureRead = 0x16,
  kFutureWrite = 0x17,
  kFutureCancelRead = 0x18,
  kFutureCancelWrite = 0x19,
  kFutureDropReadable = 0x1a,
  kFutureDropWritable = 0x1b,
  kErrorContextNew = 0x1c,
  kErrorContextDebugMessage = 0x1d,
  kErrorContextDrop = 0x1e,
  kWaitableSetNew = 0x1f,
  kWaitableSetWait = 0x20,
  kWaitableSetPoll = 0x21,
  kWaitableSetDrop = 0x22,
  kWaitableJoin = 0x23,
  kBackpressureInc = 0x24,
  kBackpressureDec = 0x25,
  kThreadIndex = 0x26,
  kThreadNewIndirect = 0x27,
  kThreadResumeLater = 0x28,
  kThreadSuspend = 0x29,
  kThreadSuspendThenResume = 0x2a,
  kThreadYieldThenResume = 0x2b,
  kThreadSuspendThenPromote = 0x2c,
  kThreadYieldThenPromote = 0x2d,
  kThreadSpawnRef = 0x40,
  kThreadSpawnIndirect = 0x41,
  kThreadAvailableParallelism = 0x42,
};
std::string_view CanonOpName(CanonOp op);  // "resource.new", "lift", ...

constexpr uint8_t OpcodeOf(CanonOp op) { return static_cast<uint8_t>(op); }

struct CanonLift {
  uint32_t func = 0;  // core func
  CanonOptions options;
  uint32_t type = 0;  // of the func that it makes
};
struct CanonLower {
  uint32_t func = 0;
  CanonOptions options;
};

// ---- built-ins ------------------------------------------------------------------------------
// One struct for what has the same immediates. Enumerators of operations carry the opcode, too.

enum class ResourceOp : uint8_t {
  kNew = OpcodeOf(CanonOp::kResourceNew),
  kDrop = OpcodeOf(CanonOp::kResourceDrop),
  kRep = OpcodeOf(CanonOp::kResourceRep),
};
struct CanonResource {
  ResourceOp op = ResourceOp::kNew;
  uint32_t type = 0;
};

struct CanonTaskReturn {
  std::optional<ValType> result;
  CanonOptions options;
};
struct CanonSubtaskCancel {
  bool is_async = false;
};

enum class ContextOp : uint8_t {
  kGet = OpcodeOf(CanonOp::kContextGet),
  kSet = OpcodeOf(CanonOp::kContextSet),
};
struct CanonContext {
  ContextOp op = ContextOp::kGet;
  types::CoreType type = types::CoreType::kI32;  // of the slot
  uint32_t slot = 0;
};

// Streams and futures have the same built-ins: each works on an end of one of them, or makes both
// ends. `type` is the stream or future type.
enum class EndKind : uint8_t { kStream, kFuture };
enum class EndSide : uint8_t { kReadable, kWritable };
struct CanonEndsNew {  // {stream,future}.new
  EndKind kind = EndKind::kStream;
  uint32_t type = 0;
};
struct CanonEndCopy {  // {stream,future}.{read,write}
  EndKind kind = EndKind::kStream;
  EndSide side = EndSide::kReadable;
  uint32_t type = 0;
  CanonOptions options;
};
struct CanonEndCancel {  // {stream,future}.cancel-{read,write}
  EndKind kind = EndKind::kStream;
  EndSide side = EndSide::kReadable;
  uint32_t type = 0;
  bool is_async = false;
};
struct CanonEndDrop {  // {stream,future}.drop-{readable,writable}
  EndKind kind = EndKind::kStream;
  EndSide side = EndSide::kReadable;
  uint32_t type = 0;
};

// Dropping one is a CanonPlain.
enum class ErrorContextOp : uint8_t {
  kNew = OpcodeOf(CanonOp::kErrorContextNew),
  kDebugMessage = OpcodeOf(CanonOp::kErrorContextDebugMessage),
};
struct CanonErrorContext {
  ErrorContextOp op = ErrorContextOp::kNew;
  CanonOptions options;
};

// The other operations of waitable sets are CanonPlain.
enum class WaitableSetOp : uint8_t {
  kWait = OpcodeOf(CanonOp::kWaitableSetWait),
  kPoll = OpcodeOf(CanonOp::kWaitableSetPoll),
};
struct CanonWaitableSet {
  WaitableSetOp op = WaitableSetOp::kWait;
  bool cancellable = false;
  uint32_t memory = 0;
};

// How a thread gives up its turn.
enum class ThreadSwitchOp : uint8_t {
  kYield = OpcodeOf(CanonOp::kThreadYield),
  kSuspend = OpcodeOf(CanonOp::kThreadSuspend),
  kSuspendThenResume = OpcodeOf(CanonOp::kThreadSuspendThenResume),
  kYieldThenResume = OpcodeOf(CanonOp::kThreadYieldThenResume),
  kSuspendThenPromote = OpcodeOf(CanonOp::kThreadSuspendThenPromote),
  kYieldThenPromote = OpcodeOf(CanonOp::kThreadYieldThenPromote),
};
struct CanonThreadSwitch {
  ThreadSwitchOp op = ThreadSwitchOp::kYield;
  bool cancellable = false;
};

// `start_type` is the core type of the function that the new thread starts with.
struct CanonThreadNewIndirect {
  uint32_t start_type = 0;
  uint32_t table = 0;
};
struct CanonThreadSpawnRef {
  bool is_shared = false;
  uint32_t start_type = 0;
};
struct CanonThreadSpawnIndirect {
  bool is_shared = false;
  uint32_t start_type = 0;
  uint32_t table = 0;
};
struct CanonThreadParallelism {
  bool is_shared = false;
};

// What has no immediates.
enum class PlainOp : uint8_t {
  kTaskCancel = OpcodeOf(CanonOp::kTaskCancel),
  kSubtaskDrop = OpcodeOf(CanonOp::kSubtaskDrop),
  kErrorContextDrop = OpcodeOf(CanonOp::kErrorContextDrop),
  kWaitableSetNew = OpcodeOf(CanonOp::kWaitableSetNew),
  kWaitableSetDrop = OpcodeOf(CanonOp::kWaitableSetDrop),
  kWaitableJoin = OpcodeOf(CanonOp::kWaitableJoin),
  kBackpressureInc = OpcodeOf(CanonOp::kBackpressureInc),
  kBackpressureDec = OpcodeOf(CanonOp::kBackpressureDec),
  kThreadIndex = OpcodeOf(CanonOp::kThreadIndex),
  kThreadResumeLater = OpcodeOf(CanonOp::kThreadResumeLater),
};
struct CanonPlain {
  PlainOp op = PlainOp::kTaskCancel;
};

struct CanonBuiltin {
  std::variant<CanonResource, CanonTaskReturn, CanonSubtaskCancel, CanonContext, CanonEndsNew,
               CanonEndCopy, CanonEndCancel, CanonEndDrop, CanonErrorContext, CanonWaitableSet,
               CanonThreadSwitch, CanonThreadNewIndirect, CanonThreadSpawnRef,
               CanonThreadSpawnIndirect, CanonThreadParallelism, CanonPlain>
      def;
};

// A definition of section 8.
struct Canon {
  std::variant<CanonLift, CanonLower, CanonBuiltin> def;
};

CanonOp OpOf(const CanonBuiltin& builtin);
CanonOp OpOf(const Canon& canon);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_CANON_DEF_H_
