#ifndef DAVIT_RUNTIME_BASE_ALLOWANCE_H_
#define DAVIT_RUNTIME_BASE_ALLOWANCE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "runtime/base/error.h"

namespace davit::base {

// So many units of something that a component may take, charged before they are taken.
class Allowance {
 public:
  // `limit` names it in LimitErrors and `what` describes the excess; both are literals.
  Allowance(std::string_view limit, uint64_t max, std::string_view what)
      : limit_(limit), max_(max), what_(what) {}

  // LimitError once all charges together are over the maximum, from then on always. REQUIRES: they
  // are less than 2^64.
  absl::Status Charge(uint64_t units) {
    used_ += units;
    if (used_ <= max_) [[likely]]
      return absl::OkStatus();
    return LimitError(limit_, max_, what_);
  }

 private:
  const std::string_view limit_;
  const uint64_t max_;
  const std::string_view what_;
  uint64_t used_ = 0;
};

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_ALLOWANCE_H_
