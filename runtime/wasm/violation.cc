#include "runtime/wasm/violation.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace davit::wasm {
namespace {

// Names in a message come from the component and may be long; a status travels in headers.
constexpr size_t kMaxMessageBytes = 512;

// `message` cut between characters of UTF-8.
std::string Shortened(std::string_view message) {
  if (message.size() <= kMaxMessageBytes) return std::string(message);
  size_t end = kMaxMessageBytes;
  while (end > 0 && (static_cast<uint8_t>(message[end]) & 0xc0) == 0x80) --end;
  return absl::StrCat(message.substr(0, end), "...");
}

bool IsViolation(const absl::Status& status) {
  return absl::IsInvalidArgument(status) && !base::BinaryErrorOf(status).has_value();
}

}  // namespace

absl::Status Violation(std::string_view rule) { return absl::InvalidArgumentError(rule); }

absl::Status At(uint64_t offset, absl::Status status) {
  if (!IsViolation(status)) return status;
  return base::BinaryError(base::BinaryFault::kInvalid, offset, Shortened(status.message()));
}

absl::Status Within(std::string_view where, absl::Status status) {
  if (!IsViolation(status)) return status;
  return Violation(absl::StrCat(where, ": ", status.message()));
}

}  // namespace davit::wasm
