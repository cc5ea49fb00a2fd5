#ifndef DAVIT_TESTS_INTEGRATION_PROCESS_H_
#define DAVIT_TESTS_INTEGRATION_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

// Programs under test, as processes.
namespace davit::integration {

// The path of a data dependency: "server/app/davitd". Outside of `bazel test` it is taken from
// bazel-bin.
std::string DataPath(std::string_view path);

// A running program whose output is collected. Thread-safe.
class Process {
 public:
  // Starts `argv`, which begins with the path of the program. Input is empty.
  static absl::StatusOr<std::unique_ptr<Process>> Start(const std::vector<std::string>& argv);
  // Kills what still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  // The exit status, or -N where signal N ended it. DEADLINE_EXCEEDED when it still runs by then.
  absl::StatusOr<int> Wait(absl::Duration timeout);

  std::string out();
  std::string err();
  // Whether `condition` came to hold for what was written to standard error. False once it cannot:
  // at the end of the output, or of `timeout`.
  bool AwaitErr(const std::function<bool(const std::string&)>& condition, absl::Duration timeout);

 private:
  struct Stream {
    std::string text;
    bool is_open = true;
  };
  Process(pid_t pid, int out, int err);
  void Collect(int descriptor, Stream Process::* stream);
  bool IsOver(absl::Duration timeout);

  const pid_t pid_;
  absl::Mutex mutex_;
  Stream out_ ABSL_GUARDED_BY(mutex_);
  Stream err_ ABSL_GUARDED_BY(mutex_);
  bool reaped_ = false;
  int status_ = 0;
  std::vector<std::thread> collectors_;
};

// What a program that ran to its end said.
struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};
absl::StatusOr<Outcome> RunProgram(const std::vector<std::string>& argv,
                                   absl::Duration timeout = absl::Seconds(60));

}  // namespace davit::integration

#endif  // DAVIT_TESTS_INTEGRATION_PROCESS_H_
