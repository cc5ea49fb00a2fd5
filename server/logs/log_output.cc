#include "server/logs/log_output.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "runtime/wasi/io/stream.h"

namespace davit::server {
namespace {

// As much as a pipe would take.
constexpr size_t kRoom = 64 << 10;

}  // namespace

// Takes whatever comes, at once.
class LogSink final : public wasi::io::ByteSink {
 public:
  LogSink(std::shared_ptr<Log> log, LogStream stream) : log_(std::move(log)), stream_(stream) {}
  ~LogSink() override { EndLine(); }

  bool Ready() override { return true; }
  void Arm(const wasi::io::Waker& waker) override { waker.Wake(); }
  wasi::io::StreamResult<size_t> Room() override { return kRoom; }
  wasi::io::StreamResult<void> Write(std::span<const uint8_t> bytes) override {
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), kMaxLineBytes - line_.size());
      line_.append(rest.substr(0, end));
      rest.remove_prefix(std::min(end, rest.size()));
      if (rest.starts_with('\n')) {
        rest.remove_prefix(1);
        Append(/*continues=*/false);
      } else if (line_.size() == kMaxLineBytes && !rest.empty()) {
        Append(/*continues=*/true);
      }
    }
    return {};
  }

  void SetCall(std::shared_ptr<const std::string> call_id) { call_id_ = std::move(call_id); }
  void EndCall() {
    EndLine();
    call_id_ = nullptr;
  }

 private:
  void EndLine() {
    if (!line_.empty()) Append(/*continues=*/false);
  }
  void Append(bool continues) {
    log_->Append({.time = absl::Now(),
                  .stream = stream_,
                  .text = std::exchange(line_, {}),
                  .call_id = call_id_,
                  .continues = continues},
                 std::chrono::steady_clock::now());
  }

  const std::shared_ptr<Log> log_;
  const LogStream stream_;
  std::string line_;
  std::shared_ptr<const std::string> call_id_;
};

LogOutput::LogOutput(std::shared_ptr<Log> log)
    : out_(std::make_shared<LogSink>(log, LogStream::kStdout)),
      err_(std::make_shared<LogSink>(std::move(log), LogStream::kStderr)) {}

wasi::Stdio LogOutput::stdio() const { return {.out = out_, .err = err_}; }

void LogOutput::BeginCall(const std::string& call_id) {
  const auto shared = std::make_shared<const std::string>(call_id);
  out_->SetCall(shared);
  err_->SetCall(shared);
}

void LogOutput::EndCall() {
  out_->EndCall();
  err_->EndCall();
}

}  // namespace davit::server
