#include "runtime/base/exit.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/payload.h"

namespace davit::base {
namespace {

constexpr std::string_view kExitUrl = "davit/Exit";

}  // namespace

absl::Status ExitStatus(uint8_t code) {
  absl::Status status =
      absl::AbortedError(absl::StrCat("the guest has exited with code ", uint32_t{code}));
  status.SetPayload(kExitUrl, std::move(PayloadWriter().Number(code)).Take());
  return status;
}

std::optional<uint8_t> ExitCodeOf(const absl::Status& status) {
  return ReadPayload(status, kExitUrl, [](PayloadReader& reader) {
    return static_cast<uint8_t>(reader.NumberUpTo(UINT8_MAX));
  });
}

}  // namespace davit::base
