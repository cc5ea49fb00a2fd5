#ifndef DAVIT_TESTS_INTEGRATION_MEMORY_GUARD_H_
#define DAVIT_TESTS_INTEGRATION_MEMORY_GUARD_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace davit::integration {

// Watches the resident memory of a process and kills it beyond a bound, so that an attack which
// succeeds does not take the machine with it.
class MemoryGuard {
 public:
  MemoryGuard(pid_t pid, uint64_t max_bytes);
  ~MemoryGuard();
  MemoryGuard(const MemoryGuard&) = delete;
  MemoryGuard& operator=(const MemoryGuard&) = delete;

  // The most that was seen so far. Thread-safe.
  uint64_t peak_bytes() const { return peak_; }
  bool has_killed() const { return peak_ > max_bytes_; }

 private:
  void Watch();

  const pid_t pid_;
  const uint64_t max_bytes_;
  std::atomic<uint64_t> peak_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// 0 when it is gone.
uint64_t ResidentBytes(pid_t pid);

}  // namespace davit::integration

#endif  // DAVIT_TESTS_INTEGRATION_MEMORY_GUARD_H_
