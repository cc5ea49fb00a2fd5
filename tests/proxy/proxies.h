#ifndef DAVIT_TESTS_PROXY_PROXIES_H_
#define DAVIT_TESTS_PROXY_PROXIES_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/integration/process.h"

// davitd as strangers reach it: on a unix socket, behind one of the proxies of deploy/proxy.
namespace davit::proxy {

enum class Kind : uint8_t { kHaproxy, kNginx };
enum class Front : uint8_t { kPlain, kTls };

// Both processes, and a directory with all that they have. Ends them by force.
class Stack {
 public:
  // The shipped configuration, but for places, users and, with kPlain, TLS.
  static absl::StatusOr<std::unique_ptr<Stack>> Start(Kind kind, Front front);
  ~Stack();
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  // "127.0.0.1:PORT" of the proxy.
  const std::string& address() const { return address_; }
  // In PEM; of "localhost".
  absl::StatusOr<std::string> Certificate() const;
  std::string SocketPath() const;
  pid_t davitd_pid() const { return davitd_->pid(); }
  pid_t proxy_pid() const { return proxy_->pid(); }
  // What both have logged.
  std::string log() const { return davitd_->err() + (proxy_ ? proxy_->err() : ""); }

 private:
  Stack(Kind kind, Front front, std::string directory);
  absl::Status StartDavitd();
  absl::Status MakeCertificate() const;
  absl::StatusOr<std::string> Configuration(int port) const;
  absl::Status StartProxy();

  const Kind kind_;
  const Front front_;
  const std::string directory_;
  std::unique_ptr<integration::Process> davitd_, proxy_;
  std::string address_;
};

}  // namespace davit::proxy

#endif  // DAVIT_TESTS_PROXY_PROXIES_H_
