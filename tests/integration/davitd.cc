#include "tests/integration/davitd.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::integration {
namespace {

// Far more than it needs: a machine under load must not fail a test.
constexpr absl::Duration kStartTimeout = absl::Seconds(60);

absl::StatusOr<std::string> MakeTemporaryDirectory() {
  const char* const given = std::getenv("TEST_TMPDIR");
  std::string path = absl::StrCat(given == nullptr ? "/tmp" : given, "/davitd-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) return absl::ErrnoToStatus(errno, path);
  return path;
}

// The port from the line "... listening on 127.0.0.1:0, port N, data in ...".
std::optional<std::string> FindPort(std::string_view log) {
  constexpr std::string_view kMark = ", port ";
  size_t begin = log.find(kMark, log.find("listening on "));
  if (begin == std::string_view::npos) return std::nullopt;
  begin += kMark.size();
  const size_t end = log.find(',', begin);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(log.substr(begin, end - begin));
}

}  // namespace

Davitd::Davitd(std::string config, std::string data_dir)
    : config_(std::move(config)), data_dir_(std::move(data_dir)) {}

Davitd::~Davitd() {
  process_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(data_dir_, ignored);
}

absl::StatusOr<std::unique_ptr<Davitd>> Davitd::Start(std::string config) {
  DAVIT_ASSIGN_OR_RETURN(std::string data_dir, MakeTemporaryDirectory());
  std::unique_ptr<Davitd> davitd(new Davitd(std::move(config), std::move(data_dir)));
  DAVIT_RETURN_IF_ERROR(davitd->Launch());
  return davitd;
}

absl::Status Davitd::Launch() {
  DAVIT_ASSIGN_OR_RETURN(
      process_,
      Process::Start({DataPath("server/app/davitd"), "--listen=127.0.0.1:0",
                      absl::StrCat("--data_dir=", data_dir_), absl::StrCat("--set=", config_)}));
  const auto listens = [](const std::string& log) { return FindPort(log).has_value(); };
  if (!process_->AwaitErr(listens, kStartTimeout)) {
    return absl::UnavailableError(absl::StrCat("davitd does not listen:\n", log()));
  }
  address_ = absl::StrCat("127.0.0.1:", *FindPort(log()));
  return absl::OkStatus();
}

void Davitd::Terminate() const { process_->Signal(SIGTERM); }

absl::StatusOr<int> Davitd::Wait(absl::Duration timeout) { return process_->Wait(timeout); }

absl::StatusOr<int> Davitd::Stop() {
  Terminate();
  return Wait();
}

void Davitd::Kill() {
  process_->Signal(SIGKILL);
  Wait().IgnoreError();
}

absl::Status Davitd::Restart() {
  process_.reset();  // The lock of the data directory goes with it.
  return Launch();
}

}  // namespace davit::integration
