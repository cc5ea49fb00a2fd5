#include "runtime/engine/process/memory_budget.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/error.h"

namespace davit::engine {
namespace {

thread_local bool own_memory = false;

uintptr_t AddressOf(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

// The least limit of a control group and of those around it, up to the root of what this process
// sees; where there are none, no limit.
uint64_t LeastLimit(const std::filesystem::path& mount, const std::filesystem::path& group,
                    const char* file) {
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (std::filesystem::path path = group;; path = path.parent_path()) {
    std::ifstream limit(mount / path.relative_path() / file);
    uint64_t bytes = 0;
    if (limit >> bytes && bytes > 0) least = std::min(least, bytes);  // "max": none
    if (!path.has_relative_path()) return least;
  }
}

// Of the control groups that this process is in, by either version.
uint64_t ControlGroupBytes() {
  uint64_t least = std::numeric_limits<uint64_t>::max();
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;  // number, controllers, path
    if (parts[1].empty()) {
      least = std::min(least, LeastLimit("/sys/fs/cgroup", parts[2], "memory.max"));
    } else if (parts[1] == "memory") {
      least =
          std::min(least, LeastLimit("/sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes"));
    }
  }
  return least;
}

}  // namespace

uint64_t MachineMemoryBytes() {
  const uint64_t physical =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min(physical, ControlGroupBytes());
}

MemoryBudget::OwnMemory::OwnMemory() { own_memory = true; }
MemoryBudget::OwnMemory::~OwnMemory() { own_memory = false; }

MemoryBudget::MemoryBudget(uint64_t max_bytes)
    : max_bytes_(max_bytes > 0 ? max_bytes : MachineMemoryBytes() / 2) {}

void MemoryBudget::Reserved(const void* begin, size_t length) {
  if (length < kSmallestReservation || own_memory) return;
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
