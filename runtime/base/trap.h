#ifndef DAVIT_RUNTIME_BASE_TRAP_H_
#define DAVIT_RUNTIME_BASE_TRAP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace davit::base {

// Every rule whose violation ends guest execution. The first group is raised by core WebAssembly,
// the second by the Canonical ABI (each is one or more trap_if of CanonicalABI.md), the third by
// davit's own limits.
enum class TrapCode : uint8_t {
  kUnspecified = 0,
  // Core WebAssembly.
  kUnreachable,
  kMemoryOutOfBounds,
  kTableOutOfBounds,
  kIndirectCallTypeMismatch,
  kNullReference,
  kIntegerDivideByZero,
  kIntegerOverflow,
  kFloatUnrepresentable,
  kStackOverflow,
  kUncaughtException,
  kCoreOther,
  // Canonical ABI.
  kCannotEnter,         // may_enter is false
  kCannotLeave,         // may_leave is false
  kPointerMisaligned,   // a pointer or realloc result is not aligned for its type
  kPointerOutOfBounds,  // a pointer range is not inside linear memory
  kInvalidDiscriminant,
  kInvalidChar,
  kInvalidString,  // bytes are not valid in the string encoding
  kStringTooLong,
  kListTooLong,
  kUnknownHandle,  // index is 0, free, or of another kind or resource type
  kHandleTableFull,
  kBorrowsOutstanding,  // a call returned, or an own was dropped or moved, with live borrows
  kBlockedSyncTask,     // "cannot block a synchronous task before returning"
  kCanonOther,
  // davit.
  kHostError,      // a host function failed
  kTerminated,     // ended from outside: deadline, cancellation, deletion
  kHeapLimit,      // the JS heap limit of the cell was reached
  kHostCopyLimit,  // the guest made the host copy more bytes than one call may
};

// The stable upper-case name of `code`, e.g. "MEMORY_OUT_OF_BOUNDS".
std::string_view TrapCodeName(TrapCode code);

// One frame of a wasm backtrace, innermost first.
struct TrapFrame {
  std::string module;    // name from the name section, else empty
  std::string function;  // name from the name section, else empty
  uint32_t function_index = 0;
  uint64_t offset = 0;  // byte offset in the core module as it was uploaded
};

struct Trap {
  TrapCode code = TrapCode::kUnspecified;
  std::string message;
  std::vector<TrapFrame> frames;
  std::string instance;  // path of the component instance, e.g. "root.adapter", may be empty
};

// A trap as a Status: code UNKNOWN (DEADLINE_EXCEEDED for kTerminated; RESOURCE_EXHAUSTED for the
// limits: kStackOverflow, kHandleTableFull, kHeapLimit, kHostCopyLimit), message "wasm trap: ...",
// with the whole Trap as its payload.
absl::Status TrapStatus(TrapCode code, std::string_view message);
absl::Status TrapStatus(const Trap& trap);

// The trap that `status` carries, or nullopt when it is no trap.
std::optional<Trap> TrapOf(const absl::Status& status);
bool IsTrap(const absl::Status& status);

// A copy of `status` whose trap payload, code and message follow `trap`; other payloads are kept.
absl::Status WithTrap(const absl::Status& status, const Trap& trap);

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_TRAP_H_
