#ifndef DAVIT_CLIENT_CLI_LOGS_COMMAND_H_
#define DAVIT_CLIENT_CLI_LOGS_COMMAND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "client/cli/commands.h"
#include "client/client.h"

namespace davit::client::cli {

struct LogsArgs {
  std::string name;  // an instance, else a component
  bool follow = false;
  uint64_t after = 0;
  bool details = false;
};

// Writes the lines of a log as they come: in JSON a document for each part of it. What is missing
// between them is told on standard error.
absl::Status Logs(Client& client, const LogsArgs& args, Output output);

}  // namespace davit::client::cli

#endif  // DAVIT_CLIENT_CLI_LOGS_COMMAND_H_
