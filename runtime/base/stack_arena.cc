#include "runtime/base/stack_arena.h"

#include <algorithm>

namespace davit::base {

void* StackArena::AllocateInNext(size_t bytes) {
  const size_t next = chunks_.empty() ? 0 : top_.chunk + 1;
  if (next < chunks_.size() && chunks_[next].bytes < bytes) chunks_.resize(next);
  if (next == chunks_.size()) {
    const size_t size = std::max(bytes, chunk_bytes_);
    chunks_.push_back({.memory = std::make_unique_for_overwrite<std::byte[]>(size), .bytes = size});
  }
  top_ = {.chunk = next, .used = bytes};
  return chunks_[next].memory.get();
}

}  // namespace davit::base
