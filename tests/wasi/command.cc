#include "tests/wasi/command.h"

#include <expected>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "runtime/base/exit.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasi/io/stream.h"
#include "tests/wasi/guest.h"

namespace davit::guests {
namespace {

// Reads a text.
class TextSource final : public wasi::io::ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  bool Ready() override { return true; }
  void Arm(const wasi::io::Waker& waker) override { waker.Wake(); }
  wasi::io::StreamResult<size_t> Read(std::span<uint8_t> out) override {
    if (at_ == text_.size()) return std::unexpected(wasi::io::StreamEnd::Closed());
    const size_t count = text_.copy(reinterpret_cast<char*>(out.data()), out.size(), at_);
    at_ += count;
    return count;
  }

 private:
  const std::string text_;
  size_t at_ = 0;
};

// Appends to a text, which must outlive it.
class TextSink final : public wasi::io::ByteSink {
 public:
  explicit TextSink(std::string& text) : text_(text) {}
  bool Ready() override { return true; }
  void Arm(const wasi::io::Waker& waker) override { waker.Wake(); }
  wasi::io::StreamResult<size_t> Room() override { return size_t{64} * 1024; }
  wasi::io::StreamResult<void> Write(std::span<const uint8_t> bytes) override {
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }

 private:
  std::string& text_;
};

// Whether `run` returned ok.
absl::StatusOr<bool> Run(const std::string& path, const CommandOptions& options,
                         const wasi::Stdio& stdio) {
  auto config = std::make_shared<wasi::Config>(options.config);
  config->args = options.args;
  config->args.insert(config->args.begin(), "command");
  const absl::Time deadline = absl::Now() + options.timeout;
  DAVIT_ASSIGN_OR_RETURN(Guest guest, Guest::Create(path, std::move(config), stdio, deadline));
  DAVIT_ASSIGN_OR_RETURN(const std::string result, guest.Call("wasi:cli/run#run()", deadline));
  return result == "ok";
}

}  // namespace

CommandOutcome RunCommand(const std::string& path, const CommandOptions& options) {
  CommandOutcome outcome;
  const wasi::Stdio stdio =
      options.stdio.value_or(wasi::Stdio{.in = std::make_shared<TextSource>(options.in),
                                         .out = std::make_shared<TextSink>(outcome.out),
                                         .err = std::make_shared<TextSink>(outcome.err)});
  const absl::StatusOr<bool> ran = Run(path, options, stdio);
  if (ran.ok()) {
    outcome.exit_code = *ran ? 0 : 1;
  } else {
    outcome.exit_code = base::ExitCodeOf(ran.status());
    if (!outcome.exit_code) outcome.status = ran.status();
  }
  return outcome;
}

}  // namespace davit::guests
