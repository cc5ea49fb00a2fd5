#ifndef DAVIT_TESTS_WASI_COMMAND_H_
#define DAVIT_TESTS_WASI_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/wasi/config.h"

namespace davit::guests {

// How a command is run in this process.
struct CommandOptions {
  // After the program's name.
  std::vector<std::string> args;
  std::string in;
  absl::Duration timeout = absl::Seconds(60);
  // What else it is granted.
  wasi::Config config;
  // Instead of what follows from `in` and CommandOutcome.
  std::optional<wasi::Stdio> stdio;
};

struct CommandOutcome {
  std::optional<uint8_t> exit_code;  // of one that has come to an end
  absl::Status status;               // of one that has not: a trap, a deadline
  std::string out, err;
};

// Runs the component at `path` ("tests/guests/wasi/rust/command/command.wasm") by its export
// wasi:cli/run. All share one engine.
CommandOutcome RunCommand(const std::string& path, const CommandOptions& options);

}  // namespace davit::guests

#endif  // DAVIT_TESTS_WASI_COMMAND_H_
