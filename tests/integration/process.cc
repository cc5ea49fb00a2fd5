#include "tests/integration/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"

namespace davit::integration {
namespace {

struct Pipe {
  int read = -1;
  int write = -1;
};

absl::StatusOr<Pipe> MakePipe() {
  std::array<int, 2> ends;
  // Close-on-exec: a program that another one starts must not hold its output open.
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  return Pipe{.read = ends[0], .write = ends[1]};
}

}  // namespace

std::string DataPath(std::string_view path) {
  const char* const root = std::getenv("TEST_SRCDIR");
  const char* const workspace = std::getenv("TEST_WORKSPACE");
  if (root != nullptr && workspace != nullptr) return absl::StrCat(root, "/", workspace, "/", path);
  const std::string built = absl::StrCat("bazel-bin/", path);
  return std::filesystem::exists(built) ? built : std::string(path);
}

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const std::vector<std::string>& argv) {
  DAVIT_ASSIGN_OR_RETURN(const Pipe out, MakePipe());
  DAVIT_ASSIGN_OR_RETURN(const Pipe err, MakePipe());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(out.write);
  close(err.write);
  if (error == 0) return std::unique_ptr<Process>(new Process(pid, out.read, err.read));
  close(out.read);
  close(err.read);
  return absl::ErrnoToStatus(error, argv[0]);
}

Process::Process(pid_t pid, int out, int err) : pid_(pid) {
  collectors_.emplace_back([this, out] { Collect(out, &Process::out_); });
  collectors_.emplace_back([this, err] { Collect(err, &Process::err_); });
}

Process::~Process() {
  if (!IsOver(absl::ZeroDuration())) {
    Signal(SIGKILL);
    IsOver(absl::InfiniteDuration());
  }
  for (std::thread& collector : collectors_) collector.join();
}

void Process::Collect(int descriptor, Stream Process::* stream) {
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    absl::MutexLock lock(mutex_);
    if (count <= 0) {
      (this->*stream).is_open = false;
      break;
    }
    (this->*stream).text.append(buffer.data(), static_cast<size_t>(count));
  }
  close(descriptor);
}

void Process::Signal(int signal) const { kill(pid_, signal); }

bool Process::IsOver(absl::Duration timeout) {
  constexpr absl::Duration kPoll = absl::Milliseconds(2);
  const absl::Time end = absl::Now() + timeout;
  while (!reaped_) {
    reaped_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    if (reaped_ || absl::Now() >= end) break;
    absl::SleepFor(kPoll);
  }
  return reaped_;
}

absl::StatusOr<int> Process::Wait(absl::Duration timeout) {
  if (!IsOver(timeout)) return absl::DeadlineExceededError("still running");
  const auto both_closed = [this] {
    mutex_.AssertReaderHeld();
    return !out_.is_open && !err_.is_open;
  };
  // A grandchild that holds the output open does not hold this back for ever.
  absl::MutexLock lock(mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&both_closed), absl::Seconds(5));
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
}

std::string Process::out() {
  absl::MutexLock lock(mutex_);
  return out_.text;
}

std::string Process::err() {
  absl::MutexLock lock(mutex_);
  return err_.text;
}

bool Process::AwaitErr(const std::function<bool(const std::string&)>& condition,
                       absl::Duration timeout) {
  bool holds = false;
  const auto decided = [&] {
    mutex_.AssertReaderHeld();
    holds = condition(err_.text);
    return holds || !err_.is_open;
  };
  absl::MutexLock lock(mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&decided), timeout);
  return holds;
}

absl::StatusOr<Outcome> RunProgram(const std::vector<std::string>& argv, absl::Duration timeout) {
  DAVIT_ASSIGN_OR_RETURN(const std::unique_ptr<Process> process, Process::Start(argv));
  DAVIT_ASSIGN_OR_RETURN(const int status, process->Wait(timeout));
  return Outcome{.status = status, .out = process->out(), .err = process->err()};
}

}  // namespace davit::integration
