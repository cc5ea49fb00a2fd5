#include "runtime/engine/process/code_budget.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace davit::engine {
namespace {

thread_local bool not_for_modules = false;

uintptr_t AddressOf(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

}  // namespace

CodeBudget::NotForModules::NotForModules() { not_for_modules = true; }
CodeBudget::NotForModules::~NotForModules() { not_for_modules = false; }

void CodeBudget::Reserved(const void* begin, size_t length) {
  if (not_for_modules) return;
  absl::MutexLock lock(mutex_);
  reservations_[AddressOf(begin)] = {.length = length};
}

void CodeBudget::Unreserved(const void* begin) {
  absl::MutexLock lock(mutex_);
  const auto gone = reservations_.find(AddressOf(begin));
  if (gone == reservations_.end()) return;
  used_.fetch_sub(gone->second.committed, std::memory_order_relaxed);
  reservations_.erase(gone);
}

void CodeBudget::Committed(const void* begin, size_t length) { Change(begin, length, true); }
void CodeBudget::Decommitted(const void* begin, size_t length) { Change(begin, length, false); }

// V8 joins reservations that happen to be neighbours.
void CodeBudget::Change(const void* begin, size_t length, bool committed) {
  const uintptr_t end = AddressOf(begin) + length;
  absl::MutexLock lock(mutex_);
  auto it = reservations_.upper_bound(AddressOf(begin));
  if (it != reservations_.begin()) --it;
  for (; it != reservations_.end() && it->first < end; ++it) {
    auto& [base, reservation] = *it;
    const uintptr_t from = std::max(base, AddressOf(begin));
    const uintptr_t to = std::min(base + reservation.length, end);
    if (from >= to) continue;
    const size_t bytes = committed ? to - from : std::min(to - from, reservation.committed);
    if (committed) {
      reservation.committed += bytes;
      used_.fetch_add(bytes, std::memory_order_relaxed);
    } else {
      reservation.committed -= bytes;
      used_.fetch_sub(bytes, std::memory_order_relaxed);
    }
  }
}

absl::Status CodeBudget::Admit() const {
  if (!scarce()) return absl::OkStatus();
  return base::LimitError(
      "code_bytes", max_bytes_,
      absl::StrCat("the modules of this process have ", used(), " bytes of machine code already"));
}

}  // namespace davit::engine
