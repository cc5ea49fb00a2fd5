#include "runtime/engine/process/stack_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace davit::engine {

size_t StackBytes(size_t flag_kb, size_t page_bytes) {
  constexpr size_t kMarginKb = 40;  // V8's own, for what runs on the stack without a check
  const size_t bytes = (flag_kb + kMarginKb) * 1024;
  return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

StackPages::StackPages(size_t stack_bytes)
    : stack_bytes_(stack_bytes),
      per_chunk_(static_cast<uint32_t>(std::max<size_t>(1, kChunkBytes / stack_bytes))) {}

StackPages::~StackPages() {
  absl::MutexLock lock(mutex_);
  for (const auto& [address, chunk] : chunks_) {
    munmap(reinterpret_cast<void*>(address), per_chunk_ * stack_bytes_);
  }
}

void* StackPages::Allocate() {
  absl::MutexLock lock(mutex_);
  if (!hot_.empty()) {
    const uintptr_t stack = hot_.back();
    hot_.pop_back();
    ++ChunkOf(stack)->second.used;
    ++used_;
    return reinterpret_cast<void*>(stack);
  }
  const auto found = ChunkWithRoom();
  if (found == chunks_.end()) return nullptr;
  auto& [address, chunk] = *found;
  uint32_t number = chunk.begun;
  if (chunk.cold.empty()) {
    ++chunk.begun;
  } else {
    number = chunk.cold.back();
    chunk.cold.pop_back();
  }
  ++chunk.used;
  ++used_;
  return reinterpret_cast<void*>(address + number * stack_bytes_);
}

// The first one by address, so that those behind it become empty.
StackPages::Chunks::iterator StackPages::ChunkWithRoom() {
  for (auto it = chunks_.begin(); it != chunks_.end(); ++it) {
    if (it->second.begun < per_chunk_ || !it->second.cold.empty()) return it;
  }
  void* const mapped = mmap(nullptr, per_chunk_ * stack_bytes_, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return chunks_.end();
  // One page in use must not become two megabytes.
  madvise(mapped, per_chunk_ * stack_bytes_, MADV_NOHUGEPAGE);
  return chunks_.try_emplace(reinterpret_cast<uintptr_t>(mapped)).first;
}

StackPages::Chunks::iterator StackPages::ChunkOf(uintptr_t stack) {
  auto it = chunks_.upper_bound(stack);
  if (it == chunks_.begin()) return chunks_.end();
  --it;
  return stack < it->first + per_chunk_ * stack_bytes_ ? it : chunks_.end();
}

bool StackPages::Release(void* stack) {
  const auto address = reinterpret_cast<uintptr_t>(stack);
  absl::MutexLock lock(mutex_);
  const auto chunk = ChunkOf(address);
  if (chunk == chunks_.end()) return false;
  --chunk->second.used;
  --used_;
  if (hot_.size() < kHot) {
    hot_.push_back(address);
  } else {
    Cool(address);
  }
  return true;
}

void StackPages::Cool(uintptr_t stack) {
  madvise(reinterpret_cast<void*>(stack), stack_bytes_, MADV_DONTNEED);
  const auto it = ChunkOf(stack);
  it->second.cold.push_back(static_cast<uint32_t>((stack - it->first) / stack_bytes_));
  // Its hot ones are not in use either, but kept.
  if (it->second.used > 0 || it->second.cold.size() < it->second.begun) return;
  munmap(reinterpret_cast<void*>(it->first), per_chunk_ * stack_bytes_);
  chunks_.erase(it);
}

uint64_t StackPages::ResidentBytes() const {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  absl::MutexLock lock(mutex_);
  std::vector<unsigned char> states;
  uint64_t pages = 0;
  for (const auto& [address, chunk] : chunks_) {
    const size_t bytes = chunk.begun * stack_bytes_;  // The others were never touched.
    states.resize(bytes / page);
    if (mincore(reinterpret_cast<void*>(address), bytes, states.data()) != 0) continue;
    pages += static_cast<uint64_t>(
        std::ranges::count_if(states, [](unsigned char state) { return (state & 1) != 0; }));
  }
  return pages * page;
}

size_t StackPages::used() const {
  absl::MutexLock lock(mutex_);
  return used_;
}

size_t StackPages::chunks() const {
  absl::MutexLock lock(mutex_);
  return chunks_.size();
}

}  // namespace davit::engine
