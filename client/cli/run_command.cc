#include "client/cli/run_command.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/files.h"
#include "client/status.h"
#include "runtime/base/status_macros.h"

namespace davit::client::cli {
namespace {

// As shells have it of a program that a signal has ended.
constexpr int kAborted = 128 + SIGABRT;

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return absl::BytesToHexString(
      std::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

// No name of a component has a dot, and only full ones a slash.
bool IsFile(std::string_view name) {
  return name.find_first_of("./") != std::string_view::npos && !absl::StartsWith(name, "tenants/");
}

// The revision that a file is deployed as; the name of its component is of its digest too, so that
// files of the same name do not meet.
absl::StatusOr<std::string> DeployFile(Client& client, const std::string& path) {
  constexpr size_t kIdDigits = 40;
  DAVIT_ASSIGN_OR_RETURN(const std::string binary, ReadFile(path));
  const std::string digest = Sha256Hex(binary);
  const std::string id = absl::StrCat("run-", digest.substr(0, kIdDigits));
  std::string revision = absl::StrCat(client.ComponentName(id), "/revisions/", digest);
  const auto known = client.GetComponent(revision, v1::COMPONENT_VIEW_BASIC);
  if (known.ok()) return revision;
  if (!absl::IsNotFound(known.status())) return known.status();
  DAVIT_RETURN_IF_ERROR(client.Deploy(id, binary).status());
  return revision;
}

absl::StatusOr<v1::RunRequest::Start> ToStart(Client& client, const RunArgs& args) {
  const std::string& name = args.command.front();
  v1::RunRequest::Start start;
  WasiArgs wasi = args.wasi;
  wasi.args.insert(wasi.args.begin(), name);
  if (IsFile(name)) {
    wasi.args.front() = std::filesystem::path(name).filename();
    DAVIT_ASSIGN_OR_RETURN(*start.mutable_component(), DeployFile(client, name));
  } else {
    start.set_component(name);
  }
  wasi.args.insert(wasi.args.end(), args.command.begin() + 1, args.command.end());
  DAVIT_RETURN_IF_ERROR(SetWasi(wasi, start));
  if (args.memory_bytes > 0) start.mutable_limits()->set_memory_bytes(args.memory_bytes);
  start.mutable_terminals()->set_stdin_tty(isatty(STDIN_FILENO) == 1);
  start.mutable_terminals()->set_stdout_tty(isatty(STDOUT_FILENO) == 1);
  start.mutable_terminals()->set_stderr_tty(isatty(STDERR_FILENO) == 1);
  return start;
}

}  // namespace

absl::Status Run(Client& client, const RunArgs& args, int& exit_code) {
  if (args.command.empty()) {
    return absl::InvalidArgumentError("want a component or a file, and its arguments");
  }
  DAVIT_ASSIGN_OR_RETURN(v1::RunRequest::Start start, ToStart(client, args));
  RunOptions options = {.in = STDIN_FILENO, .out = STDOUT_FILENO, .err = STDERR_FILENO};
  if (args.has_timeout) options.timeout = client.timeout();
  const absl::StatusOr<uint32_t> code = client.Run(std::move(start), options);
  if (code.ok()) exit_code = static_cast<int>(*code);
  if (HasTrapped(code.status())) exit_code = kAborted;
  return code.status();
}

}  // namespace davit::client::cli
