#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_STACK_PAGES_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_STACK_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"

namespace davit::engine {

// The address space of stacks for fibers. V8 takes each from its page allocator and gives it back
// as decommitted pages, never as free ones: it would stay mapped for ever. Here stacks lie side by
// side in chunks of one map each, and one that was given back serves again; a chunk that no stack
// uses is unmapped. Thread-safe.
class StackPages {
 public:
  static constexpr size_t kChunkBytes = 64 << 20;
  // Stacks given back whose pages are kept, because the next one is likely to come soon.
  static constexpr size_t kHot = 64;

  // `stack_bytes`: of one, as StackBytes() says.
  explicit StackPages(size_t stack_bytes);
  ~StackPages();
  StackPages(const StackPages&) = delete;
  StackPages& operator=(const StackPages&) = delete;

  size_t stack_bytes() const { return stack_bytes_; }

  // Pages of zeros, or of what another fiber has left; null when there is no address space left.
  void* Allocate();
  // Whether it is one of these stacks. If so, it is free again.
  bool Release(void* stack);

  // Bytes of memory behind all stacks, in use or not: some 100 us for each chunk.
  uint64_t ResidentBytes() const;
  // Stacks in use, and chunks that are mapped.
  size_t used() const;
  size_t chunks() const;

 private:
  struct Chunk {
    uint32_t begun = 0;  // stacks that were ever in use
    uint32_t used = 0;
    std::vector<uint32_t> cold;  // free ones without pages
  };
  using Chunks = absl::btree_map<uintptr_t, Chunk>;  // by address

  Chunks::iterator ChunkOf(uintptr_t stack) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Chunks::iterator ChunkWithRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Cool(uintptr_t stack) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t stack_bytes_;
  const uint32_t per_chunk_;
  mutable absl::Mutex mutex_;
  Chunks chunks_ ABSL_GUARDED_BY(mutex_);
  std::vector<uintptr_t> hot_ ABSL_GUARDED_BY(mutex_);  // free, with pages
  size_t used_ ABSL_GUARDED_BY(mutex_) = 0;
};

// What V8 asks of its page allocator for a stack when its flag for fiber stacks is so many KB.
size_t StackBytes(size_t flag_kb, size_t page_bytes);

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_STACK_PAGES_H_
