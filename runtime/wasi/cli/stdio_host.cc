#include "runtime/wasi/cli/stdio_host.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/wasi/io/closed.h"
#include "runtime/wasi/io/streams.h"

namespace davit::wasi::cli {
namespace {

using p2::cli::terminal_input::TerminalInput;
using p2::cli::terminal_output::TerminalOutput;
using p2::io::streams::OutputStream;

class Terminal final : public Resource {};

absl::StatusOr<canon::Own<OutputStream>> OutputTo(Core& core, std::shared_ptr<io::ByteSink> sink) {
  if (sink == nullptr) sink = std::make_shared<io::NullSink>();
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core.table.Add(std::make_unique<io::OutputStream>(std::move(sink))));
  return canon::Own<OutputStream>{rep};
}

template <typename T>
absl::StatusOr<std::optional<canon::Own<T>>> TerminalIf(Core& core, bool is_terminal) {
  if (!is_terminal) return std::optional<canon::Own<T>>();
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep, core.table.Add(std::make_unique<Terminal>()));
  return canon::Own<T>{rep};
}

}  // namespace

absl::StatusOr<canon::Own<p2::io::streams::InputStream>> StdinHost::GetStdin() {
  std::shared_ptr<io::ByteSource> source = core_.stdio.in;
  if (source == nullptr) source = std::make_shared<io::ClosedSource>();
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<io::InputStream>(std::move(source))));
  return canon::Own<p2::io::streams::InputStream>{rep};
}

absl::StatusOr<canon::Own<OutputStream>> StdoutHost::GetStdout() {
  return OutputTo(core_, core_.stdio.out);
}

absl::StatusOr<canon::Own<OutputStream>> StderrHost::GetStderr() {
  return OutputTo(core_, core_.stdio.err);
}

absl::Status TerminalInputHost::DropTerminalInput(handles::Rep rep) {
  return core_.table.Drop<Terminal>(rep);
}

absl::Status TerminalOutputHost::DropTerminalOutput(handles::Rep rep) {
  return core_.table.Drop<Terminal>(rep);
}

absl::StatusOr<std::optional<canon::Own<TerminalInput>>> TerminalStdinHost::GetTerminalStdin() {
  return TerminalIf<TerminalInput>(core_, core_.stdio.in_is_terminal);
}

absl::StatusOr<std::optional<canon::Own<TerminalOutput>>> TerminalStdoutHost::GetTerminalStdout() {
  return TerminalIf<TerminalOutput>(core_, core_.stdio.out_is_terminal);
}

absl::StatusOr<std::optional<canon::Own<TerminalOutput>>> TerminalStderrHost::GetTerminalStderr() {
  return TerminalIf<TerminalOutput>(core_, core_.stdio.err_is_terminal);
}

}  // namespace davit::wasi::cli
