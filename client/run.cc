#include "client/run.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/clock.h"
#include "client/status.h"
#include "grpcpp/grpcpp.h"

namespace davit::client {
namespace {

constexpr size_t kChunkBytes = 32 << 10;
// Later than any server allows: it has a shorter one for what comes without.
constexpr absl::Duration kLongest = absl::Hours(24 * 365);

// Readable from Set() on.
class Event {
 public:
  Event() : descriptor_(eventfd(0, EFD_CLOEXEC)) {}
  ~Event() { close(descriptor_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  int descriptor() const { return descriptor_; }
  void Set() const {
    const uint64_t one = 1;
    static_cast<void>(write(descriptor_, &one, sizeof one));
  }

 private:
  const int descriptor_;
};

// Whether `descriptor` can be read before `over` is set.
bool AwaitReadable(int descriptor, const Event& over) {
  std::array<pollfd, 2> polled = {pollfd{.fd = descriptor, .events = POLLIN},
                                  pollfd{.fd = over.descriptor(), .events = POLLIN}};
  while (poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) {
  }
  return polled[1].revents == 0 && polled[0].revents != 0;
}

absl::Status WriteAll(int descriptor, std::string_view bytes) {
  while (descriptor >= 0 && !bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd polled = {.fd = descriptor, .events = POLLOUT};
      poll(&polled, 1, -1);
    } else if (errno != EINTR) {
      return absl::ErrnoToStatus(errno, "cannot write what the command has written");
    }
  }
  return absl::OkStatus();
}

// One run, with a thread for each direction.
class Running {
 public:
  Running(v1::CallService::Stub& calls, const RunOptions& options) : options_(options) {
    const absl::Duration timeout = std::min(options.timeout, kLongest);
    context_.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    stream_ = calls.Run(&context_);
  }

  absl::StatusOr<uint32_t> Run(const v1::RunRequest::Start& start) {
    v1::RunRequest request;
    *request.mutable_start() = start;
    stream_->Write(request);  // Where that fails Finish() has the reason.
    std::thread input([this] { SendInput(); });
    const absl::Status written = ReceiveOutput();
    over_.Set();
    input.join();
    const grpc::Status status = stream_->Finish();
    if (!written.ok()) return written;
    if (!status.ok()) return FromGrpc(status);
    if (!exit_code_.has_value()) return absl::DataLossError("the server sent no exit code");
    return *exit_code_;
  }

 private:
  void SendInput() {
    std::string buffer(kChunkBytes, '\0');
    v1::RunRequest request;
    while (options_.in >= 0) {
      if (!AwaitReadable(options_.in, over_)) return;
      const ssize_t count = read(options_.in, buffer.data(), buffer.size());
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count <= 0) break;
      request.set_stdin_data(buffer.data(), static_cast<size_t>(count));
      if (!stream_->Write(request)) return;
    }
    stream_->WritesDone();
  }

  // Until the stream ends; what cannot be written ends it.
  absl::Status ReceiveOutput() {
    absl::Status written;
    for (v1::RunResponse response; stream_->Read(&response);) {
      if (response.has_exit()) exit_code_ = response.exit().code();
      if (!written.ok()) continue;
      written = response.has_stderr_data() ? WriteAll(options_.err, response.stderr_data())
                                           : WriteAll(options_.out, response.stdout_data());
      if (!written.ok()) context_.TryCancel();
    }
    return written;
  }

  const RunOptions options_;
  const Event over_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::RunRequest, v1::RunResponse>> stream_;
  std::optional<uint32_t> exit_code_;
};

}  // namespace

absl::StatusOr<uint32_t> RunCommand(v1::CallService::Stub& calls,
                                    const v1::RunRequest::Start& start, const RunOptions& options) {
  return Running(calls, options).Run(start);
}

}  // namespace davit::client
