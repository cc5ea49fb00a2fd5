#include "server/rpc/deadlines.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

// gRPC's "no deadline" lies far beyond this; clients' own deadlines do not.
constexpr absl::Duration kForever = absl::Hours(24 * 365 * 10);
constexpr int32_t kNanosPerSecond = 1'000'000'000;

bool IsWellFormed(const google::protobuf::Duration& d) {
  return d.seconds() >= 0 && d.nanos() >= 0 && d.nanos() < kNanosPerSecond;
}

absl::StatusOr<absl::Duration> UpTo(std::string_view field, absl::Duration max,
                                    const google::protobuf::Duration& given) {
  if (IsWellFormed(given) && absl::Seconds(given.seconds()) <= max) {
    const absl::Duration wanted = absl::Seconds(given.seconds()) + absl::Nanoseconds(given.nanos());
    if (wanted <= max) return wanted;
  }
  return InvalidFieldError(field, absl::StrCat("want 0s to ", absl::FormatDuration(max)));
}

}  // namespace

absl::Time BudgetEnd(const Config::Deadlines& deadlines, absl::Time now,
                     std::chrono::system_clock::time_point rpc_deadline) {
  const absl::Duration left = absl::FromChrono(rpc_deadline) - now;
  if (left > kForever) return now + absl::Milliseconds(deadlines.default_ms());
  const absl::Duration margin = std::min(absl::Milliseconds(deadlines.margin_ms()), left / 10);
  return now + std::min(left - margin, absl::Milliseconds(deadlines.max_ms()));
}

absl::StatusOr<absl::Duration> LeaseOf(const Config::Deadlines& deadlines,
                                       const google::protobuf::Duration* lease) {
  if (lease == nullptr) return absl::Milliseconds(deadlines.default_lease_ms());
  return UpTo("lease", absl::Milliseconds(deadlines.max_lease_ms()), *lease);
}

absl::StatusOr<absl::Duration> ResourceLeaseOf(const Config::Deadlines& deadlines,
                                               const google::protobuf::Duration* lease) {
  absl::Duration wanted = absl::Milliseconds(deadlines.default_resource_lease_ms());
  if (lease != nullptr) {
    DAVIT_ASSIGN_OR_RETURN(
        wanted,
        UpTo("resource_lease", absl::Milliseconds(deadlines.max_resource_lease_ms()), *lease));
  }
  return wanted == absl::ZeroDuration() ? absl::InfiniteDuration() : wanted;
}

}  // namespace davit::server
