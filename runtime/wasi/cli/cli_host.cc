#include "runtime/wasi/cli/cli_host.h"

#include "runtime/base/exit.h"

namespace davit::wasi::cli {

absl::StatusOr<std::vector<std::tuple<std::string, std::string>>>
EnvironmentHost::GetEnvironment() {
  return std::vector<std::tuple<std::string, std::string>>(core_.config->env.begin(),
                                                           core_.config->env.end());
}

absl::Status ExitHost::Exit(canon::Result<> status) {
  return base::ExitStatus(status.has_value() ? 0 : 1);
}

absl::Status ExitHost::ExitWithCode(uint8_t status_code) { return base::ExitStatus(status_code); }

}  // namespace davit::wasi::cli
