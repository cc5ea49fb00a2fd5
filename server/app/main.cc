// davitd: hosts WebAssembly components and calls them over gRPC.

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "absl/log/log.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/stubs/logging.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/linker.h"
#include "runtime/engine/engine.h"
#include "runtime/wasi/context.h"
#include "server/app/config.h"
#include "server/app/server.h"
#include "server/registry/data_dir.h"

ABSL_FLAG(std::string, config, "", "configuration file, a textproto of davit.server.Config");
ABSL_FLAG(std::string, set, "",
          "configuration in the same form that goes on top of the file's, for example "
          "'uploads { max_bytes: 1000000 }'");
ABSL_FLAG(std::string, listen, "",
          "host:port or unix:path to listen on, instead of the configured one");
ABSL_FLAG(
    bool, listen_without_authentication, false,
    "listen also where other machines can connect, each of which is then trusted: nothing "
    "authenticates it, and gRPC's own memory is not bounded; see docs/operating.md for proxies");
ABSL_FLAG(std::string, data_dir, "", "directory to keep data in, instead of the configured one");
ABSL_FLAG(bool, check_config, false, "check the configuration, print it and exit");

namespace davit::server {
namespace {

absl::StatusOr<Config> ConfigFromFlags() {
  Config config;
  if (const std::string path = absl::GetFlag(FLAGS_config); !path.empty()) {
    DAVIT_ASSIGN_OR_RETURN(config, ReadConfigFile(path));
  }
  DAVIT_RETURN_IF_ERROR(MergeConfig(absl::GetFlag(FLAGS_set), config));
  if (std::string listen = absl::GetFlag(FLAGS_listen); !listen.empty()) {
    config.set_listen(std::move(listen));
  }
  if (absl::GetFlag(FLAGS_listen_without_authentication)) {
    config.mutable_listener()->set_without_authentication(true);
  }
  if (std::string data_dir = absl::GetFlag(FLAGS_data_dir); !data_dir.empty()) {
    config.set_data_dir(std::move(data_dir));
  }
  DAVIT_RETURN_IF_ERROR(CheckConfig(config));
  return config;
}

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Returns at the first SIGTERM or SIGINT; a second one then ends the process at once.
void WaitForStopSignal() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  LOG(INFO) << "signal " << signal;
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

// Protobuf has a line for each string of a client that is not UTF-8, with the name of the field: an
// occasional one is enough, so that no client can fill the log.
void LogProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  LOG_EVERY_N_SEC(WARNING, 10) << "protobuf: " << message;
}

absl::Status Run() {
  DAVIT_ASSIGN_OR_RETURN(const Config config, ConfigFromFlags());
  if (absl::GetFlag(FLAGS_check_config)) {
    std::cout << config.DebugString();
    return absl::OkStatus();
  }
  DAVIT_ASSIGN_OR_RETURN(DataDir data_dir, DataDir::Open(config.data_dir()));
  if (data_dir.is_temporary()) {
    LOG(WARNING) << "no data_dir: components will be gone after shutdown";
  }
  DAVIT_ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine,
                         engine::Engine::Start(ToEngineOptions(config, data_dir.code_dir())));
  const auto linker = std::make_shared<component::Linker>();
  DAVIT_RETURN_IF_ERROR(wasi::AddToLinker(*linker));
  DAVIT_ASSIGN_OR_RETURN(std::unique_ptr<Server> server,
                         Server::Start(config, std::move(data_dir), *engine, linker));
  WaitForStopSignal();
  server->Shutdown();
  const absl::Status saved = engine->SaveCode();
  // A function that a guest made for it takes minutes to optimise. Nothing is lost: all that is to
  // outlive the process is on disk.
  constexpr absl::Duration kCompileGrace = absl::Seconds(1);
  if (!engine->StopCompiling(kCompileGrace)) {
    server.reset();
    if (!saved.ok()) LOG(ERROR) << saved.message();
    _exit(saved.ok() ? 0 : 1);
  }
  return saved;
}

}  // namespace
}  // namespace davit::server

namespace {

// gRPC stops listening for good when it finds no descriptor left for a connection.
void TakeAllDescriptors() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("hosts WebAssembly components; see docs/operating.md");
  absl::FlagsUsageConfig help;
  help.contains_help_flags = [](std::string_view file) {
    return absl::StrContains(file, "server/");
  };
  absl::SetFlagsUsageConfig(help);
  absl::ParseCommandLine(argc, argv);
  absl::SetStderrThreshold(absl::LogSeverityAtLeast::kInfo);
  absl::InitializeLog();
  google::protobuf::SetLogHandler(davit::server::LogProtobuf);
  // Debian's Abseil is built with this on, and every lock pays for it, gRPC's too.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  TakeAllDescriptors();
  // Before any thread exists, so that all inherit it and the signals reach WaitForStopSignal.
  const sigset_t signals = davit::server::StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (const absl::Status status = davit::server::Run(); !status.ok()) {
    LOG(ERROR) << status.message();
    return 1;
  }
  return 0;
}
