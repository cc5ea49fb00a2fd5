#ifndef DAVIT_RUNTIME_BASE_EXIT_H_
#define DAVIT_RUNTIME_BASE_EXIT_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"

namespace davit::base {

// ABORTED: the guest has ended itself with this code, 0 for success. It is no trap, but its
// instance cannot be called any more.
absl::Status ExitStatus(uint8_t code);

// The code that `status` carries; nullopt when it is none of these.
std::optional<uint8_t> ExitCodeOf(const absl::Status& status);

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_EXIT_H_
