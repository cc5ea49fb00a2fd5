#ifndef DAVIT_RUNTIME_BASE_STACK_ARENA_H_
#define DAVIT_RUNTIME_BASE_STACK_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace davit::base {

// Memory for objects that end in the reverse order of their beginning. Once so much was in use, as
// much costs no allocation again. Not thread-safe.
class StackArena {
 public:
  static constexpr size_t kChunkBytes = 4096;

  // `chunk_bytes`: what it takes from the heap at a time; objects that are larger get as much as
  // they need.
  explicit StackArena(size_t chunk_bytes = kChunkBytes) : chunk_bytes_(chunk_bytes) {}
  StackArena(const StackArena&) = delete;
  StackArena& operator=(const StackArena&) = delete;

  // How much is in use.
  struct Mark {
    size_t chunk = 0;
    size_t used = 0;
  };
  Mark mark() const { return top_; }

  // REQUIRES: an alignment that new has for every object.
  void* Allocate(size_t bytes, size_t alignment) {
    const size_t start = (top_.used + alignment - 1) & ~(alignment - 1);
    if (top_.chunk < chunks_.size() && start + bytes <= chunks_[top_.chunk].bytes) [[likely]] {
      top_.used = start + bytes;
      return chunks_[top_.chunk].memory.get() + start;
    }
    return AllocateInNext(bytes);
  }
  // Frees what was allocated since `mark` was taken. Its objects have been destroyed.
  void Release(Mark mark) { top_ = mark; }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    size_t bytes;
  };
  void* AllocateInNext(size_t bytes);

  const size_t chunk_bytes_;
  std::vector<Chunk> chunks_;
  Mark top_;
};

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_STACK_ARENA_H_
