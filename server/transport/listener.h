#ifndef DAVIT_SERVER_TRANSPORT_LISTENER_H_
#define DAVIT_SERVER_TRANSPORT_LISTENER_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

namespace davit::server {

// Accepts connections on an address, on a thread of its own. Unlike gRPC's it is there again when
// the process has been without a file descriptor or memory for one.
class Listener {
 public:
  struct Handlers {
    // Takes over a connection, which is non-blocking and does not delay small packets.
    absl::AnyInvocable<void(int descriptor)> connected;
    // There was no descriptor for a connection: something may be closed to make room.
    absl::AnyInvocable<void()> exhausted;
  };

  // Binds and listens. `address` is host:port, with port 0 for a free one, or unix:path; a host
  // with several addresses is listened to on all of them. UNAVAILABLE when it cannot be had,
  // INVALID_ARGUMENT when it is no address.
  static absl::StatusOr<std::unique_ptr<Listener>> Listen(const std::string& address);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // 0 for unix:path.
  int port() const { return port_; }
  // Begins to accept. Once.
  void Start(Handlers handlers);
  // No handler runs any more when it returns, and the address is free. Not from within a handler.
  void Stop();

 private:
  Listener() = default;
  absl::Status ListenOnUnixSocket(const std::string& path);
  absl::Status ListenOnHost(const std::string& address);
  void Loop();
  void AcceptAll(int listening);

  std::vector<int> listening_;
  int port_ = 0;
  std::string path_;  // of the Unix socket
  int wake_ = -1;     // readable once it is to stop
  Handlers handlers_;
  std::thread thread_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_TRANSPORT_LISTENER_H_
