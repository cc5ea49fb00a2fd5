#ifndef DAVIT_TESTS_INTEGRATION_DAVITD_H_
#define DAVIT_TESTS_INTEGRATION_DAVITD_H_

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/integration/process.h"

namespace davit::integration {

// A davitd on a free port of the loopback interface, with a data directory of its own.
class Davitd {
 public:
  // `config` is a textproto of davit.server.Config.
  static absl::StatusOr<std::unique_ptr<Davitd>> Start(std::string config = "");
  // Kills it and removes the data directory.
  ~Davitd();
  Davitd(const Davitd&) = delete;
  Davitd& operator=(const Davitd&) = delete;

  // "127.0.0.1:PORT", of the current process.
  const std::string& address() const { return address_; }
  const std::string& data_dir() const { return data_dir_; }
  // Of the current process.
  pid_t pid() const { return process_->pid(); }

  // SIGTERM, and the exit status.
  absl::StatusOr<int> Stop();
  // SIGTERM without waiting.
  void Terminate() const;
  absl::StatusOr<int> Wait(absl::Duration timeout = absl::Seconds(30));
  // SIGKILL.
  void Kill();
  // Another process on the same data directory, at another address. Ends the one there is by force.
  absl::Status Restart();

  // What the current process has logged.
  std::string log() { return process_->err(); }

 private:
  Davitd(std::string config, std::string data_dir);
  absl::Status Launch();

  const std::string config_;
  const std::string data_dir_;
  std::unique_ptr<Process> process_;
  std::string address_;
};

}  // namespace davit::integration

#endif  // DAVIT_TESTS_INTEGRATION_DAVITD_H_
