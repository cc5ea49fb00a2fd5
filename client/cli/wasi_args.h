#ifndef DAVIT_CLIENT_CLI_WASI_ARGS_H_
#define DAVIT_CLIENT_CLI_WASI_ARGS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "davit/v1/wasi.pb.h"
#include "runtime/base/status_macros.h"

namespace davit::client::cli {

// What is granted to a guest of WASI, as options say it.
struct WasiArgs {
  std::vector<std::string> env;  // "NAME=VALUE"; "NAME": as in this process
  std::vector<std::string> args;
  std::string cwd;
  std::vector<std::string> config;  // "KEY=VALUE"

  bool IsEmpty() const { return env.empty() && args.empty() && cwd.empty() && config.empty(); }
};

// The last of several values of a name counts. INVALID_ARGUMENT where a "=" is missing.
absl::StatusOr<v1::WasiConfig> ToConfig(const WasiArgs& args);

// Sets request.wasi, where there is anything to say.
template <typename Request>
absl::Status SetWasi(const WasiArgs& args, Request& request) {
  if (args.IsEmpty()) return absl::OkStatus();
  DAVIT_ASSIGN_OR_RETURN(*request.mutable_wasi(), ToConfig(args));
  return absl::OkStatus();
}

}  // namespace davit::client::cli

#endif  // DAVIT_CLIENT_CLI_WASI_ARGS_H_
