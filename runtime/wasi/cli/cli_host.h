#ifndef DAVIT_RUNTIME_WASI_CLI_CLI_HOST_H_
#define DAVIT_RUNTIME_WASI_CLI_CLI_HOST_H_

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/wasi/bindings/cli_environment.h"
#include "runtime/wasi/bindings/cli_exit.h"
#include "runtime/wasi/core.h"

namespace davit::wasi::cli {

// wasi:cli/environment.
class EnvironmentHost final : public p2::cli::environment::Host {
 public:
  // `core` must outlive it.
  explicit EnvironmentHost(Core& core) : core_(core) {}

  absl::StatusOr<std::vector<std::tuple<std::string, std::string>>> GetEnvironment() override;
  absl::StatusOr<std::vector<std::string>> GetArguments() override { return core_.config->args; }
  absl::StatusOr<std::optional<std::string>> InitialCwd() override {
    return core_.config->initial_cwd;
  }

 private:
  Core& core_;
};

// wasi:cli/exit. It ends the call with base::ExitStatus.
class ExitHost final : public p2::cli::exit::Host {
 public:
  absl::Status Exit(canon::Result<> status) override;
  absl::Status ExitWithCode(uint8_t status_code) override;
};

}  // namespace davit::wasi::cli

#endif  // DAVIT_RUNTIME_WASI_CLI_CLI_HOST_H_
