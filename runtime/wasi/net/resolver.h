#ifndef DAVIT_RUNTIME_WASI_NET_RESOLVER_H_
#define DAVIT_RUNTIME_WASI_NET_RESOLVER_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "runtime/wasi/net/address.h"

namespace davit::wasi::net {

// Why a name has no addresses.
struct ResolveFailure {
  enum class Code : uint8_t {
    kUnknownName,  // there is no such name, or it has no addresses
    kTemporary,    // nobody could say, or too much is asked at the time
    kTimeout,      // nobody said in time
    kRefused,      // nobody wants to say
  };
  Code code;
  std::string response;  // of the name server: "NXDOMAIN", for example; or empty
};

// At least one address, none of them IPv4-mapped.
using Resolution = std::expected<std::vector<IpAddress>, ResolveFailure>;

// Finds the addresses of names. Thread-safe.
class Resolver {
 public:
  using Done = absl::AnyInvocable<void(Resolution)>;

  virtual ~Resolver() = default;
  // Asks for the addresses of a name that is one of ParseHost's. `done` is called once, on any
  // thread, possibly before this returns, and must not block; at the latest while the resolver
  // ends.
  virtual void Resolve(const std::string& name, Done done) = 0;
};

// Asks the name servers of this machine, at every time anew. INTERNAL where that cannot be set up.
absl::StatusOr<std::unique_ptr<Resolver>> NewResolver();

}  // namespace davit::wasi::net

#endif  // DAVIT_RUNTIME_WASI_NET_RESOLVER_H_
