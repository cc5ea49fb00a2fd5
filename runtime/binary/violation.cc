#include "runtime/binary/violation.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace davit::binary {
namespace {

bool IsViolation(const absl::Status& status) {
  return absl::IsInvalidArgument(status) && !base::BinaryErrorOf(status).has_value();
}

}  // namespace

absl::Status Violation(std::string_view rule) { return absl::InvalidArgumentError(rule); }

absl::Status At(uint64_t offset, absl::Status status) {
  if (!IsViolation(status)) return status;
  return base::BinaryError(base::BinaryFault::kInvalid, offset, status.message());
}

absl::Status Within(std::string_view where, absl::Status status) {
  if (!IsViolation(status)) return status;
  return Violation(absl::StrCat(where, ": ", status.message()));
}

}  // namespace davit::binary
