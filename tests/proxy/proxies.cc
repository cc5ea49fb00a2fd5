#include "tests/proxy/proxies.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "runtime/base/status_macros.h"

namespace davit::proxy {
namespace {

using integration::DataPath;
using integration::Process;

// Far more than they need: a machine under load must not fail a test.
constexpr absl::Duration kStartTimeout = absl::Seconds(60);

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Each of `edits` replaces a piece of `text`, which has to be there: otherwise the shipped file has
// changed, and the test would run something else.
absl::Status Edit(std::string& text,
                  const std::vector<std::pair<std::string, std::string>>& edits) {
  for (const auto& [from, to] : edits) {
    if (!absl::StrContains(text, from)) {
      return absl::FailedPreconditionError(absl::StrCat("the configuration lacks '", from, "'"));
    }
    absl::StrReplaceAll({{from, to}}, &text);
  }
  return absl::OkStatus();
}

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// One that nothing listens on now.
int FreePort() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  close(descriptor);
  return ntohs(address.sin_port);
}

bool Listens(int port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(port);
  const bool connected =
      connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return connected;
}

}  // namespace

Stack::Stack(Kind kind, Front front, std::string directory)
    : kind_(kind), front_(front), directory_(std::move(directory)) {}

Stack::~Stack() {
  proxy_.reset();
  davitd_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

absl::StatusOr<std::unique_ptr<Stack>> Stack::Start(Kind kind, Front front) {
  std::string directory = "/tmp/davit-proxy-XXXXXX";  // Paths of sockets have 107 bytes at most.
  if (mkdtemp(directory.data()) == nullptr) return absl::ErrnoToStatus(errno, directory);
  std::unique_ptr<Stack> stack(new Stack(kind, front, std::move(directory)));
  DAVIT_RETURN_IF_ERROR(stack->StartDavitd());
  DAVIT_RETURN_IF_ERROR(stack->StartProxy());
  return stack;
}

std::string Stack::SocketPath() const { return absl::StrCat(directory_, "/davitd.sock"); }

absl::Status Stack::StartDavitd() {
  DAVIT_ASSIGN_OR_RETURN(
      davitd_,
      Process::Start({DataPath("server/app/davitd"), absl::StrCat("--listen=unix:", SocketPath()),
                      absl::StrCat("--data_dir=", directory_, "/data")}));
  const auto listens = [](const std::string& log) {
    return absl::StrContains(log, "listening on");
  };
  if (davitd_->AwaitErr(listens, kStartTimeout)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("davitd does not listen:\n", log()));
}

absl::Status Stack::MakeCertificate() const {
  const std::string certificate = absl::StrCat(directory_, "/proxy.crt");
  const std::string key = absl::StrCat(directory_, "/proxy.key");
  DAVIT_ASSIGN_OR_RETURN(
      const integration::Outcome made,
      integration::RunProgram({"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                               "-keyout", key, "-out", certificate, "-days", "2", "-subj",
                               "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"}));
  if (made.status != 0) return absl::InternalError(made.err);
  std::ofstream both(absl::StrCat(directory_, "/proxy.pem"));
  both << std::ifstream(certificate).rdbuf() << std::ifstream(key).rdbuf();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Stack::Certificate() const {
  return ReadFile(absl::StrCat(directory_, "/proxy.crt"));
}

// What a test cannot have is replaced: places that belong to the system, the privilege to become
// another user, and certificates where it speaks without TLS.
absl::StatusOr<std::string> Stack::Configuration(int port) const {
  const bool tls = front_ == Front::kTls;
  if (kind_ == Kind::kHaproxy) {
    DAVIT_ASSIGN_OR_RETURN(std::string text, ReadFile(DataPath("deploy/proxy/haproxy.cfg")));
    DAVIT_RETURN_IF_ERROR(
        Edit(text, {{"/run/davit/davitd.sock", SocketPath()},
                    {"/etc/davit/proxy.pem", absl::StrCat(directory_, "/proxy.pem")},
                    {"    user haproxy\n    group haproxy\n", ""},
                    {"bind :7448", absl::StrCat("bind 127.0.0.1:", port)}}));
    if (!tls) {
      DAVIT_RETURN_IF_ERROR(
          Edit(text, {{R"( ssl crt "${DAVIT_CERTIFICATE}" alpn h2)", " proto h2"}}));
    }
    return text;
  }
  DAVIT_ASSIGN_OR_RETURN(std::string text, ReadFile(DataPath("deploy/proxy/nginx.conf")));
  std::string temporary = "http {\n";  // nginx makes these whether it needs them or not.
  for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    absl::StrAppend(&temporary, "    ", what, "_temp_path ", directory_, "/", what, ";\n");
  }
  DAVIT_RETURN_IF_ERROR(Edit(
      text, {{"/run/davit/davitd.sock", SocketPath()},
             {"/run/nginx.pid", absl::StrCat(directory_, "/nginx.pid")},
             {"/etc/davit/", absl::StrCat(directory_, "/")},
             {"user www-data;\n", ""},
             {"http {\n", temporary},
             {"listen 7448 ssl;", absl::StrCat("listen 127.0.0.1:", port, tls ? " ssl;" : ";")}}));
  return text;
}

absl::Status Stack::StartProxy() {
  DAVIT_RETURN_IF_ERROR(MakeCertificate());
  const int port = FreePort();
  const std::string path = absl::StrCat(directory_, "/proxy.conf");
  DAVIT_ASSIGN_OR_RETURN(const std::string text, Configuration(port));
  std::ofstream(path) << text;
  std::vector<std::string> argv = {"/usr/sbin/haproxy", "-db", "-f", path};
  if (kind_ == Kind::kNginx) {
    // One process, so that its memory is that of its workers.
    argv = {"/usr/sbin/nginx", "-e", "stderr", "-c", path, "-g", "daemon off; master_process off;"};
  }
  DAVIT_ASSIGN_OR_RETURN(proxy_, Process::Start(argv));
  const absl::Time end = absl::Now() + kStartTimeout;
  while (!Listens(port)) {
    if (absl::Now() > end || proxy_->Wait(absl::Milliseconds(20)).ok()) {
      return absl::UnavailableError(absl::StrCat("the proxy does not listen:\n", log()));
    }
  }
  address_ = absl::StrCat("127.0.0.1:", port);
  return absl::OkStatus();
}

}  // namespace davit::proxy
