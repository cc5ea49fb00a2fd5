#ifndef DAVIT_CLIENT_CLI_RUN_COMMAND_H_
#define DAVIT_CLIENT_CLI_RUN_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/wasi_args.h"
#include "client/client.h"

namespace davit::client::cli {

struct RunArgs {
  std::vector<std::string> command;  // a component or a file, and the guest's arguments
  WasiArgs wasi;
  uint64_t memory_bytes = 0;  // 0: the server's default
  bool has_timeout = false;   // that of the client holds; else it runs as long as the server allows
};

// Runs a command between the standard streams of this process, and sets `exit_code` to its own, or
// to 134 where it has trapped, as a shell tells of a program that aborts. A file is deployed first,
// under its digest, unless it is there.
absl::Status Run(Client& client, const RunArgs& args, int& exit_code);

}  // namespace davit::client::cli

#endif  // DAVIT_CLIENT_CLI_RUN_COMMAND_H_
