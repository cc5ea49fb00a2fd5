#ifndef DAVIT_SERVER_RPC_STREAM_SET_H_
#define DAVIT_SERVER_RPC_STREAM_SET_H_

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"

namespace davit::server {

// A stream that shutdown does not wait for to the end.
class DrainableStream {
 public:
  // Ends it, as soon as that may be.
  virtual void Drain() = 0;

 protected:
  ~DrainableStream() = default;
};

// Those of one kind that are open. Thread-safe.
class StreamSet {
 public:
  // `stream` begins: it is drained at once where Drain() was called.
  void Add(DrainableStream& stream) {
    absl::MutexLock lock(mutex_);
    streams_.insert(&stream);
    if (is_draining_) stream.Drain();
  }
  // `stream` is about to go, which it does not while it is being drained.
  void Remove(DrainableStream& stream) {
    absl::MutexLock lock(mutex_);
    streams_.erase(&stream);
  }
  // Drains all of them, also those that begin later.
  void Drain() {
    absl::MutexLock lock(mutex_);
    is_draining_ = true;
    for (DrainableStream* stream : streams_) stream->Drain();
  }
  bool IsEmpty() const { return size() == 0; }
  size_t size() const {
    absl::MutexLock lock(mutex_);
    return streams_.size();
  }

 private:
  mutable absl::Mutex mutex_;
  bool is_draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<DrainableStream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_STREAM_SET_H_
