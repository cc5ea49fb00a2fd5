#ifndef DAVIT_RUNTIME_WASI_SOCKETS_LINGERING_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_LINGERING_H_

#include <cstddef>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace davit::wasi::sockets {

// What lives on after its guest has let go of it, to send what it was given: one in a process is
// enough. Thread-safe.
class Lingering {
 public:
  // What is kept; outlives its Lingering, as what is kept may do while it ends.
  class Kept {
   public:
    explicit Kept(size_t most) : most_(most) {}

    // False where there is as much as there may be.
    bool Add(std::shared_ptr<void> kept);
    // The caller may be what holds it last.
    std::shared_ptr<void> Remove(void* kept);
    // Ends all, and adds nothing more.
    void Clear();
    size_t size() const;

   private:
    size_t most_ ABSL_GUARDED_BY(mutex_);
    mutable absl::Mutex mutex_;
    absl::flat_hash_map<void*, std::shared_ptr<void>> kept_ ABSL_GUARDED_BY(mutex_);
  };

  explicit Lingering(size_t most = 1000) : kept_(std::make_shared<Kept>(most)) {}
  // Ends all of it; to be done before the reactor ends.
  ~Lingering() { kept_->Clear(); }
  Lingering(const Lingering&) = delete;
  Lingering& operator=(const Lingering&) = delete;

  const std::shared_ptr<Kept>& kept() const { return kept_; }

 private:
  const std::shared_ptr<Kept> kept_;
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_LINGERING_H_
