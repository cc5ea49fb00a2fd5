#ifndef DAVIT_TESTS_BENCH_PROCESS_H_
#define DAVIT_TESTS_BENCH_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace davit::bench {

// A server in a process of its own, from now until this ends.
class Process {
 public:
  // `command` is a path and its arguments. What it logs goes nowhere. Ends the program when it
  // cannot be started.
  explicit Process(const std::vector<std::string>& command);
  // SIGTERM, and waits for it to end.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits until something accepts connections there. Ends the program after 30 seconds.
  static void WaitForPort(uint16_t port);

 private:
  pid_t pid_ = 0;
};

// A port of 127.0.0.1 that was free a moment ago.
uint16_t FreePort();
std::string LocalAddress(uint16_t port);

// A directory of its own under the temporary one, gone when this is.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace davit::bench

#endif  // DAVIT_TESTS_BENCH_PROCESS_H_
