#include "runtime/wasi/extras/logging_host.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/wasi/io/stream.h"

namespace davit::wasi::extras {
namespace {

// In the order of the cases of `level`.
constexpr std::array<std::string_view, 6> kLevels = {"TRACE", "DEBUG", "INFO",
                                                     "WARN",  "ERROR", "CRITICAL"};

}  // namespace

absl::Status LoggingHost::Log(logging::logging::Level level, std::string context,
                              std::string message) {
  io::ByteSink* const sink = core_.stdio.err.get();
  if (sink == nullptr) return absl::OkStatus();
  const std::string line = absl::StrCat(kLevels[static_cast<size_t>(level)], " ", context,
                                        context.empty() ? "" : ": ", message, "\n");
  if (sink->Room().value_or(0) < line.size()) return absl::OkStatus();
  // A log whose reader has gone is no concern of the guest's.
  static_cast<void>(sink->Write({reinterpret_cast<const uint8_t*>(line.data()), line.size()}));
  return absl::OkStatus();
}

}  // namespace davit::wasi::extras
