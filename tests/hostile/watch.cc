#include "tests/hostile/watch.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace davit::hostile {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
constexpr absl::Duration kCallEvery = absl::Milliseconds(5);

// The number in a line of /proc/PID/status: "VmRSS:     1234 kB".
uint64_t NumberIn(std::string_view line) {
  uint64_t number = 0;
  for (const std::string_view word : absl::StrSplit(line, absl::ByAnyChar(" \t"))) {
    if (absl::SimpleAtoi(word, &number)) return number;
  }
  return 0;
}

}  // namespace

ProcessSize SizeOf(pid_t pid) {
  ProcessSize size;
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) size.resident_bytes = NumberIn(line) << 10;
    if (line.starts_with("VmHWM:")) size.peak_resident_bytes = NumberIn(line) << 10;
    if (line.starts_with("Threads:")) size.threads = static_cast<int>(NumberIn(line));
  }
  return size;
}

absl::Duration ComputedBy(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string line;
  std::getline(file, line);
  // Behind the name, which may have anything in it: the 12th and 13th number are ticks.
  const std::vector<std::string> words =
      absl::StrSplit(line.substr(std::min(line.rfind(')'), line.size())), ' ');
  if (words.size() < 14) return absl::ZeroDuration();
  const auto ticks = NumberIn(words[12]) + NumberIn(words[13]);
  return absl::Seconds(static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

Watch::Watch(pid_t pid)
    : pid_(pid), process_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))), thread_([this] {
        while (!stop_) {
          Look();
          absl::SleepFor(kLookEvery);
        }
      }) {}

Watch::~Watch() {
  stop_ = true;
  thread_.join();
  close(process_);
}

void Watch::Look() {
  const ProcessSize now = SizeOf(pid_);
  peak_bytes_ = std::max(peak_bytes_.load(), now.peak_resident_bytes);
  peak_threads_ = std::max(peak_threads_.load(), now.threads);
  if (now.resident_bytes <= kMostBytes || has_killed_) return;
  has_killed_ = true;
  syscall(SYS_pidfd_send_signal, process_, SIGKILL, nullptr, 0);
}

Bystander::Bystander(const std::string& address, std::string instance)
    : instance_(std::move(instance)),
      client_(address, {.timeout = absl::Seconds(60)}),
      thread_([this] { Run(); }) {}

Bystander::~Bystander() { Stop(); }

Bystander::Record Bystander::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  return record_;
}

void Bystander::Run() {
  v1::CallRequest request;
  request.set_instance(instance_);
  request.set_function("bench:calc/api#add");
  request.add_args()->set_u32(3);
  request.add_args()->set_u32(4);
  while (!stop_) {
    const absl::Time begin = absl::Now();
    const auto response = client_.Call(request);
    record_.longest = std::max(record_.longest, absl::Now() - begin);
    ++record_.calls;
    if (!response.ok()) {
      ++record_.failures;
      record_.last_failure = response.status().ToString();
    }
    absl::SleepFor(kCallEvery);
  }
}

}  // namespace davit::hostile
