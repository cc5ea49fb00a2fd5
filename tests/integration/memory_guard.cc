#include "tests/integration/memory_guard.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace davit::integration {

uint64_t ResidentBytes(pid_t pid) {
  std::ifstream statm(absl::StrCat("/proc/", pid, "/statm"));
  uint64_t total = 0, resident = 0;
  if (!(statm >> total >> resident)) return 0;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

MemoryGuard::MemoryGuard(pid_t pid, uint64_t max_bytes)
    : pid_(pid), max_bytes_(max_bytes), thread_([this] { Watch(); }) {}

MemoryGuard::~MemoryGuard() {
  stop_ = true;
  thread_.join();
}

void MemoryGuard::Watch() {
  while (!stop_) {
    peak_ = std::max(peak_.load(), ResidentBytes(pid_));
    if (has_killed()) {
      kill(pid_, SIGKILL);
      return;
    }
    absl::SleepFor(absl::Milliseconds(2));
  }
}

}  // namespace davit::integration
