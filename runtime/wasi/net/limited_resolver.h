#ifndef DAVIT_RUNTIME_WASI_NET_LIMITED_RESOLVER_H_
#define DAVIT_RUNTIME_WASI_NET_LIMITED_RESOLVER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "runtime/wasi/net/resolver.h"

namespace davit::wasi::net {

struct ResolverLimits {
  uint32_t under_way = 8;
  uint32_t per_second = 50;  // also the most at once after a while without any
};

// What one instance, or one tenant, may ask of a resolver; more is answered with kTemporary, at
// once. Thread-safe.
class LimitedResolver final : public Resolver {
 public:
  using Now = absl::AnyInvocable<std::chrono::steady_clock::time_point()>;

  // `resolver` must outlive it, but not what it has under way.
  LimitedResolver(
      Resolver& resolver, ResolverLimits limits,
      Now now = [] { return std::chrono::steady_clock::now(); });
  ~LimitedResolver() override;

  void Resolve(const std::string& name, Done done) override;

 private:
  class Count;

  Resolver& resolver_;
  const std::shared_ptr<Count> count_;
};

}  // namespace davit::wasi::net

#endif  // DAVIT_RUNTIME_WASI_NET_LIMITED_RESOLVER_H_
