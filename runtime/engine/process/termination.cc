#include "runtime/engine/process/termination.h"

#include <string_view>

#include "absl/strings/cord.h"
#include "runtime/base/trap.h"

namespace davit::engine {
namespace {

// A kTerminated trap under another code than that of a deadline.
absl::Status EndedBy(absl::StatusCode code, std::string_view reason) {
  const absl::Status trap = base::TrapStatus(base::TrapCode::kTerminated, reason);
  absl::Status status(code, trap.message());
  trap.ForEachPayload(
      [&](std::string_view url, const absl::Cord& payload) { status.SetPayload(url, payload); });
  return status;
}

}  // namespace

absl::Status TerminationStatus(Termination why) {
  switch (why) {
    case Termination::kDeadline:
      return base::TrapStatus(base::TrapCode::kTerminated, "the deadline has passed");
    case Termination::kCancelled:
      return EndedBy(absl::StatusCode::kCancelled, "the call was cancelled");
    case Termination::kDeleted:
      return EndedBy(absl::StatusCode::kCancelled, "the instance was deleted");
    case Termination::kCode:
      break;
  }
  return EndedBy(absl::StatusCode::kResourceExhausted,
                 "no room for the machine code of what it called");
}

}  // namespace davit::engine
