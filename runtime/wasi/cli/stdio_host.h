#ifndef DAVIT_RUNTIME_WASI_CLI_STDIO_HOST_H_
#define DAVIT_RUNTIME_WASI_CLI_STDIO_HOST_H_

#include <memory>
#include <optional>

#include "runtime/wasi/bindings/cli_stderr.h"
#include "runtime/wasi/bindings/cli_stdin.h"
#include "runtime/wasi/bindings/cli_stdout.h"
#include "runtime/wasi/bindings/cli_terminal_input.h"
#include "runtime/wasi/bindings/cli_terminal_output.h"
#include "runtime/wasi/bindings/cli_terminal_stderr.h"
#include "runtime/wasi/bindings/cli_terminal_stdin.h"
#include "runtime/wasi/bindings/cli_terminal_stdout.h"
#include "runtime/wasi/core.h"

// Standard input, output and error: each call gives a new handle of the one that the instance has.
// `core` must outlive each of these.
namespace davit::wasi::cli {

// wasi:cli/stdin.
class StdinHost final : public p2::cli::stdin::Host {
 public:
  explicit StdinHost(Core& core) : core_(core) {}
  absl::StatusOr<canon::Own<p2::io::streams::InputStream>> GetStdin() override;

 private:
  Core& core_;
};

// wasi:cli/stdout.
class StdoutHost final : public p2::cli::stdout::Host {
 public:
  explicit StdoutHost(Core& core) : core_(core) {}
  absl::StatusOr<canon::Own<p2::io::streams::OutputStream>> GetStdout() override;

 private:
  Core& core_;
};

// wasi:cli/stderr.
class StderrHost final : public p2::cli::stderr::Host {
 public:
  explicit StderrHost(Core& core) : core_(core) {}
  absl::StatusOr<canon::Own<p2::io::streams::OutputStream>> GetStderr() override;

 private:
  Core& core_;
};

// wasi:cli/terminal-input and wasi:cli/terminal-output, whose resources say nothing but that they
// are there.
class TerminalInputHost final : public p2::cli::terminal_input::Host {
 public:
  explicit TerminalInputHost(Core& core) : core_(core) {}
  absl::Status DropTerminalInput(handles::Rep rep) override;

 private:
  Core& core_;
};
class TerminalOutputHost final : public p2::cli::terminal_output::Host {
 public:
  explicit TerminalOutputHost(Core& core) : core_(core) {}
  absl::Status DropTerminalOutput(handles::Rep rep) override;

 private:
  Core& core_;
};

// wasi:cli/terminal-stdin, -stdout and -stderr.
class TerminalStdinHost final : public p2::cli::terminal_stdin::Host {
 public:
  explicit TerminalStdinHost(Core& core) : core_(core) {}
  absl::StatusOr<std::optional<canon::Own<p2::cli::terminal_input::TerminalInput>>>
  GetTerminalStdin() override;

 private:
  Core& core_;
};
class TerminalStdoutHost final : public p2::cli::terminal_stdout::Host {
 public:
  explicit TerminalStdoutHost(Core& core) : core_(core) {}
  absl::StatusOr<std::optional<canon::Own<p2::cli::terminal_output::TerminalOutput>>>
  GetTerminalStdout() override;

 private:
  Core& core_;
};
class TerminalStderrHost final : public p2::cli::terminal_stderr::Host {
 public:
  explicit TerminalStderrHost(Core& core) : core_(core) {}
  absl::StatusOr<std::optional<canon::Own<p2::cli::terminal_output::TerminalOutput>>>
  GetTerminalStderr() override;

 private:
  Core& core_;
};

}  // namespace davit::wasi::cli

#endif  // DAVIT_RUNTIME_WASI_CLI_STDIO_HOST_H_
