#include "runtime/engine/memory_budget.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace davit::engine {
namespace {

uintptr_t AddressOf(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

// The least limit of the control groups that this process is in, from its own up to the root of
// what it sees; where there are none, no limit.
uint64_t ControlGroupBytes() {
  constexpr std::string_view kUnified = "0::";  // the line of cgroup v2
  std::ifstream groups("/proc/self/cgroup");
  std::string line, group;
  while (std::getline(groups, line)) {
    if (line.starts_with(kUnified)) group = line.substr(kUnified.size());
  }
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (std::filesystem::path path = group;; path = path.parent_path()) {
    std::ifstream limit("/sys/fs/cgroup/" + path.relative_path().string() + "/memory.max");
    uint64_t bytes = 0;
    if (limit >> bytes && bytes > 0) least = std::min(least, bytes);  // "max": none
    if (!path.has_relative_path()) return least;
  }
}

}  // namespace

uint64_t MachineMemoryBytes() {
  const uint64_t physical =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(physical, ControlGroupBytes());
}

MemoryBudget::MemoryBudget(uint64_t max_bytes)
    : max_bytes_(max_bytes > 0 ? max_bytes : MachineMemoryBytes() / 2) {}

void MemoryBudget::Reserved(const void* begin, size_t length) {
  if (length < kSmallestReservation) return;
  absl::MutexLock lock(mutex_);
  reservations_[AddressOf(begin)] = {.length = length};
}

void MemoryBudget::Unreserved(const void* begin) {
  absl::MutexLock lock(mutex_);
  const auto gone = reservations_.find(AddressOf(begin));
  if (gone == reservations_.end()) return;
  used_ -= gone->second.used;
  reservations_.erase(gone);
}

MemoryBudget::Reservation* MemoryBudget::Around(const void* address) {
  const auto after = reservations_.upper_bound(AddressOf(address));
  if (after == reservations_.begin()) return nullptr;
  auto& [begin, reservation] = *std::prev(after);
  return AddressOf(address) - begin < reservation.length ? &reservation : nullptr;
}

std::optional<size_t> MemoryBudget::Use(const void* begin, size_t length) {
  absl::MutexLock lock(mutex_);
  Reservation* const memory = Around(begin);
  if (memory == nullptr) return 0;
  if (length <= memory->used) return memory->used;
  const uint64_t more = length - memory->used;
  if (used_ > max_bytes_ || more > max_bytes_ - used_) return std::nullopt;
  used_ += more;
  return std::exchange(memory->used, length);
}

void MemoryBudget::TakeBack(const void* begin, size_t length) {
  absl::MutexLock lock(mutex_);
  Reservation* const memory = Around(begin);
  if (memory == nullptr || length >= memory->used) return;
  used_ -= memory->used - length;
  memory->used = length;
}

void MemoryBudget::Release(const void* begin) {
  absl::MutexLock lock(mutex_);
  Reservation* const memory = Around(begin);
  if (memory == nullptr) return;
  used_ -= memory->used;
  memory->used = 0;
}

absl::Status MemoryBudget::Admit(uint64_t bytes) const {
  absl::MutexLock lock(mutex_);
  if (used_ <= max_bytes_ && bytes <= max_bytes_ - used_) return absl::OkStatus();
  return base::LimitError(
      "total_memory_bytes", max_bytes_,
      absl::StrCat("the linear memories of this process have ", used_, " bytes already"));
}

uint64_t MemoryBudget::used() const {
  absl::MutexLock lock(mutex_);
  return used_;
}

}  // namespace davit::engine
