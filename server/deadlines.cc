#include "server/deadlines.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/errors.h"

namespace davit::server {
namespace {

// gRPC's "no deadline" lies far beyond this; clients' own deadlines do not.
constexpr absl::Duration kForever = absl::Hours(24 * 365 * 10);
constexpr int32_t kNanosPerSecond = 1'000'000'000;

bool IsWellFormed(const google::protobuf::Duration& d) {
  return d.seconds() >= 0 && d.nanos() >= 0 && d.nanos() < kNanosPerSecond;
}

}  // namespace

absl::Time BudgetEnd(const Config::Deadlines& deadlines, absl::Time now,
                     std::chrono::system_clock::time_point rpc_deadline) {
  const absl::Duration left = absl::FromChrono(rpc_deadline) - now;
  if (left > kForever) return now + absl::Milliseconds(deadlines.default_ms());
  const absl::Duration margin = std::min(absl::Milliseconds(deadlines.margin_ms()), left / 10);
  return now + std::min(left - margin, absl::Milliseconds(deadlines.max_ms()));
}

absl::Time StartEnd(const Config::Deadlines& deadlines, absl::Time now, absl::Time budget_end) {
  return std::min(budget_end, now + absl::Milliseconds(deadlines.default_ms()));
}

absl::StatusOr<absl::Duration> LeaseOf(const Config::Deadlines& deadlines,
                                       const google::protobuf::Duration* lease) {
  if (lease == nullptr) return absl::Milliseconds(deadlines.default_lease_ms());
  const absl::Duration max = absl::Milliseconds(deadlines.max_lease_ms());
  if (!IsWellFormed(*lease) || absl::Seconds(lease->seconds()) > max) {
    return InvalidFieldError("lease", absl::StrCat("want 0s to ", absl::FormatDuration(max)));
  }
  const absl::Duration wanted = absl::Seconds(lease->seconds()) + absl::Nanoseconds(lease->nanos());
  if (wanted <= max) return wanted;
  return InvalidFieldError("lease", absl::StrCat("want 0s to ", absl::FormatDuration(max)));
}

}  // namespace davit::server
