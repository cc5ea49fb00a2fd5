#include "server/rpc/run_output.h"

#include <algorithm>
#include <expected>
#include <string_view>
#include <utility>

namespace davit::server {

using wasi::io::StreamEnd;
using wasi::io::StreamResult;

class RunOutput::Sink final : public wasi::io::ByteSink {
 public:
  Sink(std::shared_ptr<RunOutput> output, Stream stream, wasi::io::WakerSlot& slot)
      : output_(std::move(output)), stream_(stream), slot_(slot) {}

  bool Ready() override { return output_->Room().value_or(1) > 0; }
  void Arm(const wasi::io::Waker& waker) override {
    slot_.Arm(waker);
    if (Ready()) slot_.Wake();
  }
  StreamResult<size_t> Room() override { return output_->Room(); }
  StreamResult<void> Write(std::span<const uint8_t> bytes) override {
    return output_->Write(stream_, bytes);
  }

 private:
  const std::shared_ptr<RunOutput> output_;
  const Stream stream_;
  wasi::io::WakerSlot& slot_;
};

void RunOutput::Connect(wasi::Stdio& stdio) {
  stdio.out = std::make_shared<Sink>(shared_from_this(), Stream::kStdout, of_stdout_);
  stdio.err = std::make_shared<Sink>(shared_from_this(), Stream::kStderr, of_stderr_);
}

// A write may begin a chunk, and so does each part of it that is as long as one may be.
StreamResult<size_t> RunOutput::Room() {
  constexpr size_t kMostChunks = 1 + kCapacity / kMaxChunkBytes;
  absl::MutexLock lock(mutex_);
  if (is_closed_) return std::unexpected(StreamEnd::Closed());
  const size_t taken = taken_ + kMostChunks * kChunkBytes;
  return kCapacity - std::min(taken, kCapacity);
}

StreamResult<void> RunOutput::Write(Stream stream, std::span<const uint8_t> bytes) {
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  {
    absl::MutexLock lock(mutex_);
    if (is_closed_) return std::unexpected(StreamEnd::Closed());
    while (!rest.empty()) {
      const bool goes_on = !chunks_.empty() && chunks_.back().stream == stream &&
                           chunks_.back().bytes.size() < kMaxChunkBytes;
      const size_t room = goes_on ? kMaxChunkBytes - chunks_.back().bytes.size() : kMaxChunkBytes;
      if (!goes_on) {
        chunks_.push_back({.stream = stream});
        taken_ += kChunkBytes;
      }
      const std::string_view part = rest.substr(0, room);
      chunks_.back().bytes.append(part);
      taken_ += part.size();
      rest.remove_prefix(part.size());
    }
  }
  waker_.Wake();
  return {};
}

bool RunOutput::Take(v1::RunResponse& message) {
  {
    absl::MutexLock lock(mutex_);
    if (chunks_.empty()) return false;
    Chunk& chunk = chunks_.front();
    taken_ -= kChunkBytes + chunk.bytes.size();
    if (chunk.stream == Stream::kStdout) {
      message.set_stdout_data(std::move(chunk.bytes));
    } else {
      message.set_stderr_data(std::move(chunk.bytes));
    }
    chunks_.pop_front();
  }
  WakeSinks();
  return true;
}

void RunOutput::Close() {
  {
    absl::MutexLock lock(mutex_);
    is_closed_ = true;
    taken_ = 0;
    chunks_.clear();
  }
  WakeSinks();
}

void RunOutput::WakeSinks() {
  of_stdout_.Wake();
  of_stderr_.Wake();
}

}  // namespace davit::server
