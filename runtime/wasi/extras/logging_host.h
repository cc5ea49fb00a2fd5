#ifndef DAVIT_RUNTIME_WASI_EXTRAS_LOGGING_HOST_H_
#define DAVIT_RUNTIME_WASI_EXTRAS_LOGGING_HOST_H_

#include <string>

#include "runtime/wasi/core.h"
#include "runtime/wasi/extras/logging_logging.h"

namespace davit::wasi::extras {

// wasi:logging/logging: a line "WARN context: message" on standard error. What there is no room for
// is dropped: a log does not wait.
class LoggingHost final : public logging::logging::Host {
 public:
  // `core` must outlive it.
  explicit LoggingHost(Core& core) : core_(core) {}

  absl::Status Log(logging::logging::Level level, std::string context,
                   std::string message) override;

 private:
  Core& core_;
};

}  // namespace davit::wasi::extras

#endif  // DAVIT_RUNTIME_WASI_EXTRAS_LOGGING_HOST_H_
