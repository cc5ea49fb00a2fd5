#ifndef DAVIT_TESTS_HOSTILE_WATCH_H_
#define DAVIT_TESTS_HOSTILE_WATCH_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "client/client.h"
#include "runtime/base/sanitizer.h"

// What is looked at while davitd is attacked.
namespace davit::hostile {

// Sanitizers make everything slower and larger: bounds of time and of memory are so many times what
// a test says.
inline constexpr bool kSanitized = base::kAddressSanitizer || base::kThreadSanitizer;
inline constexpr int kSlower = kSanitized ? 5 : 1, kLarger = kSanitized ? 3 : 1;

// How long after its deadline something may still run. Promised are 50 ms; the rest is for a
// machine that is busy.
inline constexpr absl::Duration kEnded = absl::Milliseconds(500 * kSlower);

inline constexpr uint64_t kMiB = uint64_t{1} << 20;
inline constexpr uint64_t kGiB = uint64_t{1} << 30;

// A process as the kernel sees it; zeros once it is gone.
struct ProcessSize {
  uint64_t resident_bytes = 0;
  uint64_t peak_resident_bytes = 0;  // ever
  int threads = 0;
};
ProcessSize SizeOf(pid_t pid);
// The time that its threads have run.
absl::Duration ComputedBy(pid_t pid);

// Looks at a process some fifty times a second, and kills it when it takes so much that the machine
// is in danger.
class Watch {
 public:
  static constexpr uint64_t kMostBytes = 3 * kGiB * kLarger;

  explicit Watch(pid_t pid);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // So far.
  uint64_t peak_bytes() const { return peak_bytes_; }
  int peak_threads() const { return peak_threads_; }
  // Whether it was killed.
  bool has_killed() const { return has_killed_; }

 private:
  void Look();

  const pid_t pid_;
  const int process_;  // a descriptor of it, which never is another one's
  std::atomic<uint64_t> peak_bytes_ = 0;
  std::atomic<int> peak_threads_ = 0;
  std::atomic<bool> has_killed_ = false;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// A client that calls an instance of its own over a connection of its own, one call after the
// other, all the time.
class Bystander {
 public:
  // `instance` is a calc.
  Bystander(const std::string& address, std::string instance);
  ~Bystander();
  Bystander(const Bystander&) = delete;
  Bystander& operator=(const Bystander&) = delete;

  struct Record {
    absl::Duration longest;  // of the calls answered, and of the one that waits
    uint64_t calls = 0;
    uint64_t failures = 0;
    std::string last_failure;
  };
  // Ends it.
  Record Stop();

 private:
  void Run();

  const std::string instance_;
  client::Client client_;
  Record record_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace davit::hostile

#endif  // DAVIT_TESTS_HOSTILE_WATCH_H_
