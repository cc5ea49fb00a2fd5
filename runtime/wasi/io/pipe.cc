#include "runtime/wasi/io/pipe.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/wasi/io/waker.h"

namespace davit::wasi::io {

// What both ends share. Thread-safe.
class PipeState {
 public:
  explicit PipeState(size_t capacity) : capacity_(capacity) {}

  bool CanRead() {
    absl::MutexLock lock(mutex_);
    return size_ > 0 || is_sink_closed_ || is_source_closed_;
  }
  bool CanWrite() {
    absl::MutexLock lock(mutex_);
    return size_ < capacity_ || is_source_closed_ || is_sink_closed_;
  }

  StreamResult<size_t> Read(std::span<uint8_t> out) {
    size_t count = 0;
    {
      absl::MutexLock lock(mutex_);
      if (is_source_closed_ || (size_ == 0 && is_sink_closed_)) {
        return std::unexpected(StreamEnd::Closed());
      }
      count = std::min(out.size(), size_);
      if (count == 0) return 0;
      const size_t first = std::min(count, ring_.size() - begin_);
      std::copy_n(ring_.begin() + begin_, first, out.begin());
      std::copy_n(ring_.begin(), count - first, out.begin() + first);
      begin_ = (begin_ + count) % ring_.size();
      size_ -= count;
    }
    of_sink.Wake();
    return count;
  }

  StreamResult<size_t> Room() {
    absl::MutexLock lock(mutex_);
    if (is_source_closed_ || is_sink_closed_) return std::unexpected(StreamEnd::Closed());
    return capacity_ - size_;
  }

  StreamResult<void> Write(std::span<const uint8_t> bytes) {
    {
      absl::MutexLock lock(mutex_);
      if (is_source_closed_ || is_sink_closed_) return std::unexpected(StreamEnd::Closed());
      if (ring_.empty()) ring_.resize(capacity_);
      const size_t count = std::min(bytes.size(), capacity_ - size_);
      const size_t end = (begin_ + size_) % capacity_;
      const size_t first = std::min(count, capacity_ - end);
      std::copy_n(bytes.begin(), first, ring_.begin() + end);
      std::copy_n(bytes.begin() + first, count - first, ring_.begin());
      size_ += count;
    }
    of_source.Wake();
    return {};
  }

  void CloseSource() { Close(is_source_closed_); }
  void CloseSink() { Close(is_sink_closed_); }

  WakerSlot of_source, of_sink;

 private:
  void Close(bool& is_closed) {
    {
      absl::MutexLock lock(mutex_);
      if (std::exchange(is_closed, true)) return;
      if (is_source_closed_) std::vector<uint8_t>().swap(ring_);
    }
    of_source.Wake();
    of_sink.Wake();
  }

  const size_t capacity_;
  absl::Mutex mutex_;
  std::vector<uint8_t> ring_ ABSL_GUARDED_BY(mutex_);  // made by the first write
  size_t begin_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_source_closed_ = false;  // guarded by mutex_
  bool is_sink_closed_ = false;    // likewise
};

PipeSource::PipeSource(std::shared_ptr<PipeState> state) : state_(std::move(state)) {}
PipeSource::~PipeSource() { Close(); }
bool PipeSource::Ready() { return state_->CanRead(); }
void PipeSource::Arm(const Waker& waker) {
  state_->of_source.Arm(waker);
  if (Ready()) state_->of_source.Wake();
}
StreamResult<size_t> PipeSource::Read(std::span<uint8_t> out) { return state_->Read(out); }
void PipeSource::Close() { state_->CloseSource(); }

PipeSink::PipeSink(std::shared_ptr<PipeState> state) : state_(std::move(state)) {}
PipeSink::~PipeSink() { Close(); }
bool PipeSink::Ready() { return state_->CanWrite(); }
void PipeSink::Arm(const Waker& waker) {
  state_->of_sink.Arm(waker);
  if (Ready()) state_->of_sink.Wake();
}
StreamResult<size_t> PipeSink::Room() { return state_->Room(); }
StreamResult<void> PipeSink::Write(std::span<const uint8_t> bytes) { return state_->Write(bytes); }
void PipeSink::Close() { state_->CloseSink(); }

Pipe MakePipe(size_t capacity) {
  auto state = std::make_shared<PipeState>(capacity);
  return {.source = std::make_shared<PipeSource>(state),
          .sink = std::make_shared<PipeSink>(std::move(state))};
}

}  // namespace davit::wasi::io
