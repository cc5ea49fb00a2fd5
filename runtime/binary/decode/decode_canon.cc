#include "runtime/binary/decode/decode_canon.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/binary/decode/decode_types.h"

namespace davit::binary {
namespace {

// The immediates that follow the opcode of a canonical definition, in order.
enum class Immediates : uint8_t {
  kNone,
  kType,               // type:typeidx
  kTypeOptions,        // type:typeidx options
  kTypeAsync,          // type:typeidx async?
  kAsync,              // async?
  kCancellable,        // cancel?
  kCancellableMemory,  // cancel? memory:core:memoryidx
  kOptions,            // options
  kResultOptions,      // resultlist options
  kSlot,               // core:valtype slot:u32
  kTypeTable,          // type:core:typeidx table:core:tableidx
  kShared,             // sh?
  kSharedType,         // sh? type:core:typeidx
  kSharedTypeTable,    // sh? type:core:typeidx table:core:tableidx
  kLift,               // 0x00 func:core:funcidx options type:typeidx
  kLower,              // 0x00 func:funcidx options
};

enum class Gate : uint8_t { kNone, kAsync, kErrorContext, kThreading, kSharedThreads };

struct Shape {
  Immediates immediates;
  Gate gate;
};

// nullopt: no canonical definition has this opcode.
std::optional<Shape> ShapeOf(CanonOp op) {
  switch (op) {
    case CanonOp::kLift:
      return Shape{Immediates::kLift, Gate::kNone};
    case CanonOp::kLower:
      return Shape{Immediates::kLower, Gate::kNone};
    case CanonOp::kResourceNew:
    case CanonOp::kResourceDrop:
    case CanonOp::kResourceRep:
      return Shape{Immediates::kType, Gate::kNone};
    case CanonOp::kTaskReturn:
      return Shape{Immediates::kResultOptions, Gate::kAsync};
    case CanonOp::kContextGet:
    case CanonOp::kContextSet:
      return Shape{Immediates::kSlot, Gate::kAsync};
    case CanonOp::kSubtaskCancel:
      return Shape{Immediates::kAsync, Gate::kAsync};
    case CanonOp::kThreadYield:
      return Shape{Immediates::kCancellable, Gate::kAsync};
    case CanonOp::kStreamRead:
    case CanonOp::kStreamWrite:
    case CanonOp::kFutureRead:
    case CanonOp::kFutureWrite:
      return Shape{Immediates::kTypeOptions, Gate::kAsync};
    case CanonOp::kStreamCancelRead:
    case CanonOp::kStreamCancelWrite:
    case CanonOp::kFutureCancelRead:
    case CanonOp::kFutureCancelWrite:
      return Shape{Immediates::kTypeAsync, Gate::kAsync};
    case CanonOp::kStreamNew:
    case CanonOp::kStreamDropReadable:
    case CanonOp::kStreamDropWritable:
    case CanonOp::kFutureNew:
    case CanonOp::kFutureDropReadable:
    case CanonOp::kFutureDropWritable:
      return Shape{Immediates::kType, Gate::kAsync};
    case CanonOp::kWaitableSetWait:
    case CanonOp::kWaitableSetPoll:
      return Shape{Immediates::kCancellableMemory, Gate::kAsync};
    case CanonOp::kTaskCancel:
    case CanonOp::kSubtaskDrop:
    case CanonOp::kWaitableSetNew:
    case CanonOp::kWaitableSetDrop:
    case CanonOp::kWaitableJoin:
    case CanonOp::kBackpressureInc:
    case CanonOp::kBackpressureDec:
      return Shape{Immediates::kNone, Gate::kAsync};
    case CanonOp::kErrorContextNew:
    case CanonOp::kErrorContextDebugMessage:
      return Shape{Immediates::kOptions, Gate::kErrorContext};
    case CanonOp::kErrorContextDrop:
      return Shape{Immediates::kNone, Gate::kErrorContext};
    case CanonOp::kThreadIndex:
    case CanonOp::kThreadResumeLater:
      return Shape{Immediates::kNone, Gate::kThreading};
    case CanonOp::kThreadNewIndirect:
      return Shape{Immediates::kTypeTable, Gate::kThreading};
    case CanonOp::kThreadSuspend:
    case CanonOp::kThreadSuspendThenResume:
    case CanonOp::kThreadYieldThenResume:
    case CanonOp::kThreadSuspendThenPromote:
    case CanonOp::kThreadYieldThenPromote:
      return Shape{Immediates::kCancellable, Gate::kThreading};
    case CanonOp::kThreadSpawnRef:
      return Shape{Immediates::kSharedType, Gate::kSharedThreads};
    case CanonOp::kThreadSpawnIndirect:
      return Shape{Immediates::kSharedTypeTable, Gate::kSharedThreads};
    case CanonOp::kThreadAvailableParallelism:
      return Shape{Immediates::kShared, Gate::kSharedThreads};
  }
  return std::nullopt;
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

// opts: a vector of options, each at most once.
class OptionsReader {
 public:
  OptionsReader(base::ByteReader& reader, const DecodeContext& context)
      : reader_(reader), context_(context) {}

  absl::StatusOr<CanonOptions> Read() {
    options_.offset = reader_.offset();
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                           reader_.Count("canonical options", base::kMaxCanonOptions));
    for (uint32_t i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(ReadOption());
    return options_;
  }

 private:
  absl::Status ReadOption() {
    DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader_, "canonical option"));
    switch (opcode.value) {
      case 0x00:
        return Encoding(StringEncoding::kUtf8, opcode);
      case 0x01:
        return Encoding(StringEncoding::kUtf16, opcode);
      case 0x02:
        return Encoding(StringEncoding::kLatin1Utf16, opcode);
      case 0x03:
        return Index("memory", options_.memory, opcode);
      case 0x04:
        return Index("realloc", options_.realloc, opcode);
      case 0x05:
        return Index("post-return", options_.post_return, opcode);
      case 0x06:
        return Async(opcode);
      case 0x07:
        DAVIT_RETURN_IF_ERROR(
            RequireFeature(context_.features.async, "async", "the option callback", opcode.offset));
        return Index("callback", options_.callback, opcode);
      default:
        return opcode.Unknown("canonical option");
    }
  }

  absl::Status Encoding(StringEncoding encoding, const Opcode& opcode) {
    if (has_encoding_) return Duplicate("string-encoding", opcode);
    has_encoding_ = true;
    options_.string_encoding = encoding;
    return absl::OkStatus();
  }

  absl::Status Index(std::string_view name, std::optional<uint32_t>& index, const Opcode& opcode) {
    if (index.has_value()) return Duplicate(name, opcode);
    DAVIT_ASSIGN_OR_RETURN(index, reader_.U32("index of a canonical option"));
    return absl::OkStatus();
  }

  absl::Status Async(const Opcode& opcode) {
    DAVIT_RETURN_IF_ERROR(
        RequireFeature(context_.features.async, "async", "the option async", opcode.offset));
    if (options_.is_async) return Duplicate("async", opcode);
    options_.is_async = true;
    return absl::OkStatus();
  }

  static absl::Status Duplicate(std::string_view name, const Opcode& opcode) {
    return base::BinaryError(base::BinaryFault::kInvalid, opcode.offset,
                             absl::StrCat("canonical option '", name, "' is given twice"));
  }

  base::ByteReader& reader_;
  const DecodeContext& context_;
  CanonOptions options_;
  bool has_encoding_ = false;
};

// Reads immediates into `canon`.
class ImmediatesReader {
 public:
  ImmediatesReader(base::ByteReader& reader, const DecodeContext& context, Canon& canon)
      : reader_(reader), context_(context), canon_(canon) {}

  absl::Status Read(Immediates immediates) {
    switch (immediates) {
      case Immediates::kNone:
        return absl::OkStatus();
      case Immediates::kType:
        return Type();
      case Immediates::kTypeOptions:
        DAVIT_RETURN_IF_ERROR(Type());
        return Options();
      case Immediates::kTypeAsync:
        DAVIT_RETURN_IF_ERROR(Type());
        return Async();
      case Immediates::kAsync:
        return Async();
      case Immediates::kCancellable:
        return Cancellable();
      case Immediates::kCancellableMemory:
        DAVIT_RETURN_IF_ERROR(Cancellable());
        return Memory();
      case Immediates::kOptions:
        return Options();
      case Immediates::kResultOptions:
        DAVIT_RETURN_IF_ERROR(Result());
        return Options();
      case Immediates::kSlot:
        return Slot();
      case Immediates::kTypeTable:
        DAVIT_RETURN_IF_ERROR(Type());
        return Table();
      case Immediates::kShared:
        return Shared();
      case Immediates::kSharedType:
        DAVIT_RETURN_IF_ERROR(Shared());
        return Type();
      case Immediates::kSharedTypeTable:
        DAVIT_RETURN_IF_ERROR(Shared());
        DAVIT_RETURN_IF_ERROR(Type());
        return Table();
      case Immediates::kLift:
        return Lift();
      case Immediates::kLower:
        return Lower();
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Lift() {
    DAVIT_RETURN_IF_ERROR(ExpectByte(reader_, 0x00, "sort of a lifted function"));
    DAVIT_RETURN_IF_ERROR(Func());
    DAVIT_RETURN_IF_ERROR(Options());
    return Type();
  }

  absl::Status Lower() {
    DAVIT_RETURN_IF_ERROR(ExpectByte(reader_, 0x00, "sort of a lowered function"));
    DAVIT_RETURN_IF_ERROR(Func());
    return Options();
  }

  absl::Status Func() {
    DAVIT_ASSIGN_OR_RETURN(canon_.func, reader_.U32("function of a canonical definition"));
    return absl::OkStatus();
  }

  absl::Status Type() {
    DAVIT_ASSIGN_OR_RETURN(canon_.type, reader_.U32("type of a canonical definition"));
    return absl::OkStatus();
  }

  absl::Status Options() {
    DAVIT_ASSIGN_OR_RETURN(canon_.options, OptionsReader(reader_, context_).Read());
    return absl::OkStatus();
  }

  absl::Status Result() {
    DAVIT_ASSIGN_OR_RETURN(canon_.result, ReadResultList(reader_, context_));
    return absl::OkStatus();
  }

  absl::Status Async() {
    DAVIT_ASSIGN_OR_RETURN(canon_.is_async, ReadFlag(reader_, "async flag"));
    return absl::OkStatus();
  }

  absl::Status Cancellable() {
    DAVIT_ASSIGN_OR_RETURN(canon_.cancellable, ReadFlag(reader_, "cancellable flag"));
    return absl::OkStatus();
  }

  absl::Status Shared() {
    DAVIT_ASSIGN_OR_RETURN(canon_.is_shared, ReadFlag(reader_, "shared flag"));
    return absl::OkStatus();
  }

  absl::Status Memory() {
    DAVIT_ASSIGN_OR_RETURN(canon_.memory, reader_.U32("memory of a canonical definition"));
    return absl::OkStatus();
  }

  absl::Status Table() {
    DAVIT_ASSIGN_OR_RETURN(canon_.slot, reader_.U32("table of a canonical definition"));
    return absl::OkStatus();
  }

  absl::Status Slot() {
    DAVIT_ASSIGN_OR_RETURN(const bool is64, ReadIs64(reader_, context_, "type of a context slot"));
    canon_.context_type = is64 ? types::CoreType::kI64 : types::CoreType::kI32;
    DAVIT_ASSIGN_OR_RETURN(canon_.slot, reader_.U32("context slot"));
    return absl::OkStatus();
  }

  base::ByteReader& reader_;
  const DecodeContext& context_;
  Canon& canon_;
};

}  // namespace

absl::StatusOr<Canon> ReadCanon(base::ByteReader& reader, const DecodeContext& context) {
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "canonical definition"));
  const CanonOp op = static_cast<CanonOp>(opcode.value);
  const std::optional<Shape> shape = ShapeOf(op);
  if (!shape.has_value()) return opcode.Unknown("canonical definition");
  DAVIT_RETURN_IF_ERROR(CheckGate(shape->gate, op, context.features, opcode.offset));
  Canon canon{.op = op};
  canon.options.offset = opcode.offset;
  DAVIT_RETURN_IF_ERROR(ImmediatesReader(reader, context, canon).Read(shape->immediates));
  // The read and write built-ins have it as an option; `canon` carries it in one place for all.
  canon.is_async |= shape->immediates == Immediates::kTypeOptions && canon.options.is_async;
  return canon;
}

}  // namespace davit::binary
