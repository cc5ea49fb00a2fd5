#include "runtime/base/trap.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/payload.h"

namespace davit::base {
namespace {

constexpr std::string_view kTrapUrl = "davit/Trap";
constexpr TrapCode kLastTrapCode = TrapCode::kHostCopyLimit;
constexpr uint64_t kMinFrameBytes = 4;  // each of its four fields takes at least one

absl::StatusCode StatusCodeOf(TrapCode code) {
  switch (code) {
    case TrapCode::kTerminated:
      return absl::StatusCode::kDeadlineExceeded;
    case TrapCode::kStackOverflow:
    case TrapCode::kHandleTableFull:
    case TrapCode::kHeapLimit:
    case TrapCode::kHostCopyLimit:
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::StatusCode::kUnknown;
  }
}

absl::Cord Encode(const Trap& trap) {
  PayloadWriter writer;
  writer.Number(static_cast<uint64_t>(trap.code)).Text(trap.message).Text(trap.instance);
  writer.Number(trap.frames.size());
  for (const TrapFrame& frame : trap.frames) {
    writer.Text(frame.module).Text(frame.function);
    writer.Number(frame.function_index).Number(frame.offset);
  }
  return std::move(writer).Take();
}

TrapFrame DecodeFrame(PayloadReader& reader) {
  TrapFrame frame;
  frame.module = reader.Text();
  frame.function = reader.Text();
  frame.function_index = static_cast<uint32_t>(reader.NumberUpTo(UINT32_MAX));
  frame.offset = reader.Number();
  return frame;
}

Trap Decode(PayloadReader& reader) {
  Trap trap;
  trap.code = static_cast<TrapCode>(reader.NumberUpTo(static_cast<uint64_t>(kLastTrapCode)));
  trap.message = reader.Text();
  trap.instance = reader.Text();
  trap.frames.resize(reader.Count(kMinFrameBytes));
  for (TrapFrame& frame : trap.frames) frame = DecodeFrame(reader);
  return trap;
}

}  // namespace

std::string_view TrapCodeName(TrapCode code) {
  switch (code) {
    case TrapCode::kUnspecified:
      return "UNSPECIFIED";
    case TrapCode::kUnreachable:
      return "UNREACHABLE";
    case TrapCode::kMemoryOutOfBounds:
      return "MEMORY_OUT_OF_BOUNDS";
    case TrapCode::kTableOutOfBounds:
      return "TABLE_OUT_OF_BOUNDS";
    case TrapCode::kIndirectCallTypeMismatch:
      return "INDIRECT_CALL_TYPE_MISMATCH";
    case TrapCode::kNullReference:
      return "NULL_REFERENCE";
    case TrapCode::kIntegerDivideByZero:
      return "INTEGER_DIVIDE_BY_ZERO";
    case TrapCode::kIntegerOverflow:
      return "INTEGER_OVERFLOW";
    case TrapCode::kFloatUnrepresentable:
      return "FLOAT_UNREPRESENTABLE";
    case TrapCode::kStackOverflow:
      return "STACK_OVERFLOW";
    case TrapCode::kUncaughtException:
      return "UNCAUGHT_EXCEPTION";
    case TrapCode::kCoreOther:
      return "CORE_OTHER";
    case TrapCode::kCannotEnter:
      return "CANNOT_ENTER";
    case TrapCode::kCannotLeave:
      return "CANNOT_LEAVE";
    case TrapCode::kPointerMisaligned:
      return "POINTER_MISALIGNED";
    case TrapCode::kPointerOutOfBounds:
      return "POINTER_OUT_OF_BOUNDS";
    case TrapCode::kInvalidDiscriminant:
      return "INVALID_DISCRIMINANT";
    case TrapCode::kInvalidChar:
      return "INVALID_CHAR";
    case TrapCode::kInvalidString:
      return "INVALID_STRING";
    case TrapCode::kStringTooLong:
      return "STRING_TOO_LONG";
    case TrapCode::kListTooLong:
      return "LIST_TOO_LONG";
    case TrapCode::kUnknownHandle:
      return "UNKNOWN_HANDLE";
    case TrapCode::kHandleTableFull:
      return "HANDLE_TABLE_FULL";
    case TrapCode::kBorrowsOutstanding:
      return "BORROWS_OUTSTANDING";
    case TrapCode::kBlockedSyncTask:
      return "BLOCKED_SYNC_TASK";
    case TrapCode::kCanonOther:
      return "CANON_OTHER";
    case TrapCode::kHostError:
      return "HOST_ERROR";
    case TrapCode::kTerminated:
      return "TERMINATED";
    case TrapCode::kHeapLimit:
      return "HEAP_LIMIT";
    case TrapCode::kHostCopyLimit:
      return "HOST_COPY_LIMIT";
  }
  return "UNSPECIFIED";
}

absl::Status TrapStatus(TrapCode code, std::string_view message) {
  Trap trap;
  trap.code = code;
  trap.message = message;
  return TrapStatus(trap);
}

absl::Status TrapStatus(const Trap& trap) {
  const std::string_view reason =
      trap.message.empty() ? TrapCodeName(trap.code) : std::string_view(trap.message);
  absl::Status status(StatusCodeOf(trap.code), absl::StrCat("wasm trap: ", reason));
  status.SetPayload(kTrapUrl, Encode(trap));
  return status;
}

std::optional<Trap> TrapOf(const absl::Status& status) {
  return ReadPayload(status, kTrapUrl, Decode);
}

bool IsTrap(const absl::Status& status) { return TrapOf(status).has_value(); }

absl::Status WithTrap(const absl::Status& status, const Trap& trap) {
  absl::Status result = TrapStatus(trap);
  status.ForEachPayload([&](std::string_view url, const absl::Cord& payload) {
    if (url != kTrapUrl) result.SetPayload(url, payload);
  });
  return result;
}

}  // namespace davit::base
