#ifndef DAVIT_SERVER_APP_SERVER_H_
#define DAVIT_SERVER_APP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "runtime/component/linker.h"
#include "runtime/engine/engine.h"
#include "server/app/config.h"
#include "server/registry/data_dir.h"

namespace davit::server {

// What a server has to do at one moment, each number as it was at some time within the look.
struct ServerLoad {
  size_t waiting_tasks = 0;     // calls, and what else needs a cell, that wait for their turn
  size_t running_tasks = 0;     // those whose turn has come, also where they wait for their host
  size_t session_requests = 0;  // read from Sessions, their answers not written yet
  size_t runs = 0;              // commands, until their clients have all of it
  uint64_t upload_bytes = 0;    // of components that are being uploaded
};

// davitd without its main: all services on one port. Several may run in a process, on one engine.
class Server {
 public:
  // Listens when it returns. `linker` is what components may import; what they import of WASI has a
  // wasi::Context as its state. `engine` must outlive the server. Errors: those of CheckConfig and
  // Registry::Open; UNAVAILABLE when the address cannot be had.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const Config& config, DataDir data_dir, engine::Engine& engine,
      std::shared_ptr<const component::Linker> linker);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port it listens on; means nothing for a unix socket.
  int port() const;

  // What it has to do now. Thread-safe.
  ServerLoad load() const;

  // Says NOT_SERVING, takes nothing new (UNAVAILABLE), lets what runs end within the drain limit,
  // then ends it. All instances are gone when it returns. Once; the destructor does it otherwise.
  void Shutdown();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_APP_SERVER_H_
