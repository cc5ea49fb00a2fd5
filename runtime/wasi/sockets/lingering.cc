#include "runtime/wasi/sockets/lingering.h"

#include <utility>

namespace davit::wasi::sockets {

bool Lingering::Kept::Add(std::shared_ptr<void> kept) {
  absl::MutexLock lock(mutex_);
  if (kept_.size() >= most_) return false;
  void* const key = kept.get();
  kept_.emplace(key, std::move(kept));
  return true;
}

std::shared_ptr<void> Lingering::Kept::Remove(void* kept) {
  absl::MutexLock lock(mutex_);
  const auto found = kept_.find(kept);
  if (found == kept_.end()) return nullptr;
  std::shared_ptr<void> removed = std::move(found->second);
  kept_.erase(found);
  return removed;
}

void Lingering::Kept::Clear() {
  absl::flat_hash_map<void*, std::shared_ptr<void>> ended;
  absl::MutexLock lock(mutex_);
  most_ = 0;
  ended.swap(kept_);
}

size_t Lingering::Kept::size() const {
  absl::MutexLock lock(mutex_);
  return kept_.size();
}

}  // namespace davit::wasi::sockets
