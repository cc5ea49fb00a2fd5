#ifndef DAVIT_SERVER_RPC_CALL_MESSAGES_H_
#define DAVIT_SERVER_RPC_CALL_MESSAGES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/arena.h"

namespace davit::server {

// A request and its response, each on an arena whose first block is part of the object: a small
// call allocates nothing, and what a large one took goes back when it is cleared.
template <typename Request, typename Response>
class MessagePair {
 public:
  MessagePair() : request_arena_(Options(blocks_[0])), response_arena_(Options(blocks_[1])) {
    Make();
  }
  MessagePair(const MessagePair&) = delete;
  MessagePair& operator=(const MessagePair&) = delete;

  Request* request() { return request_; }
  Response* response() { return response_; }
  const Response* response() const { return response_; }
  // Gives back what the request takes; it is an empty one then, in another place.
  void DropRequest() {
    request_arena_.Reset();
    request_ = google::protobuf::Arena::CreateMessage<Request>(&request_arena_);
  }
  // What the response takes until it is read, beside what is part of this object: itself and its
  // encoding. Its strings are as long as in the encoding, and so count as that does.
  uint64_t response_bytes() const {
    const uint64_t bytes = response_arena_.SpaceAllocated();
    return bytes - std::min<uint64_t>(bytes, kBlockBytes) + 2 * response_->ByteSizeLong();
  }
  // Empty messages again; the old ones are gone.
  void Clear() {
    request_arena_.Reset();
    response_arena_.Reset();
    Make();
  }

 private:
  static constexpr size_t kBlockBytes = 2048;

  static google::protobuf::ArenaOptions Options(char* block) {
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = kBlockBytes;
    return options;
  }
  void Make() {
    request_ = google::protobuf::Arena::CreateMessage<Request>(&request_arena_);
    response_ = google::protobuf::Arena::CreateMessage<Response>(&response_arena_);
  }

  alignas(16) char blocks_[2][kBlockBytes];
  google::protobuf::Arena request_arena_;
  google::protobuf::Arena response_arena_;
  Request* request_;
  Response* response_;
};

// Objects to be used again, so many at most. Thread-safe.
template <typename T>
class FreeList {
 public:
  explicit FreeList(size_t max) : max_(max) {}

  // Null when there is none to use again.
  std::unique_ptr<T> Take() {
    absl::MutexLock lock(mutex_);
    if (free_.empty()) return nullptr;
    std::unique_ptr<T> object = std::move(free_.back());
    free_.pop_back();
    return object;
  }
  void Give(std::unique_ptr<T> object) {
    absl::MutexLock lock(mutex_);
    if (free_.size() < max_) free_.push_back(std::move(object));
  }

 private:
  const size_t max_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<T>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_CALL_MESSAGES_H_
