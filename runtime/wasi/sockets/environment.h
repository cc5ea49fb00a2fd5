#ifndef DAVIT_RUNTIME_WASI_SOCKETS_ENVIRONMENT_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_ENVIRONMENT_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "runtime/wasi/io/reactor.h"
#include "runtime/wasi/net/known_names.h"
#include "runtime/wasi/net/policy.h"
#include "runtime/wasi/net/resolver.h"
#include "runtime/wasi/sockets/lingering.h"

namespace davit::wasi::sockets {

// How many sockets there may be, of one instance or one tenant. Thread-safe.
class SocketCount {
 public:
  explicit SocketCount(uint32_t most) : most_(most) {}

  // One of them, until the permit ends; null where there are as many as there may be.
  static std::shared_ptr<void> Take(std::shared_ptr<SocketCount> count);

 private:
  const uint32_t most_;
  std::atomic<uint32_t> taken_ = 0;
};

struct SocketQuotas {
  uint32_t sockets = 64;               // more: new-socket-limit
  uint32_t backlog = 128;              // connections that wait to be accepted
  uint32_t buffer_bytes = 256 * 1024;  // of the kernel for one socket, each way
};

// What the sockets of one instance share; must outlive them. Used by whoever has the instance.
struct Environment {
  io::Reactor& reactor;
  Lingering& lingering;
  net::Resolver& resolver;
  std::shared_ptr<const net::Policy> policy;
  SocketQuotas quotas = {};
  std::shared_ptr<SocketCount> count = std::make_shared<SocketCount>(quotas.sockets);
  std::shared_ptr<SocketCount> count_of_tenant = nullptr;  // null: not counted
  net::KnownNames names = net::KnownNames();
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_ENVIRONMENT_H_
