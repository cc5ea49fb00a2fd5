#ifndef DAVIT_RUNTIME_WASI_SOCKETS_NETWORK_HOST_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_NETWORK_HOST_H_

#include <optional>
#include <string>

#include "runtime/wasi/bindings/sockets_instance_network.h"
#include "runtime/wasi/bindings/sockets_ip_name_lookup.h"
#include "runtime/wasi/bindings/sockets_network.h"
#include "runtime/wasi/core.h"
#include "runtime/wasi/sockets/convert.h"
#include "runtime/wasi/sockets/environment.h"

// What `core` and `environment` are must outlive each of these.
namespace davit::wasi::sockets {

// wasi:sockets/network.
class NetworkHost final : public p2::sockets::network::Host {
 public:
  explicit NetworkHost(Core& core) : core_(core) {}
  absl::Status DropNetwork(handles::Rep rep) override;

 private:
  Core& core_;
};

// wasi:sockets/instance-network.
class InstanceNetworkHost final : public p2::sockets::instance_network::Host {
 public:
  explicit InstanceNetworkHost(Core& core) : core_(core) {}
  absl::StatusOr<canon::Own<p2_network::Network>> InstanceNetwork() override;

 private:
  Core& core_;
};

// wasi:sockets/ip-name-lookup.
class IpNameLookupHost final : public p2::sockets::ip_name_lookup::Host {
 public:
  using Stream = p2::sockets::ip_name_lookup::ResolveAddressStream;

  IpNameLookupHost(Core& core, Environment& environment) : core_(core), environment_(environment) {}

  absl::StatusOr<GuestResult<canon::Own<Stream>>> ResolveAddresses(
      canon::Borrow<p2_network::Network> network, std::string name) override;
  absl::StatusOr<GuestResult<std::optional<p2_network::IpAddress>>>
  ResolveAddressStreamResolveNextAddress(canon::Borrow<Stream> self) override;
  absl::StatusOr<canon::Own<p2::io::poll::Pollable>> ResolveAddressStreamSubscribe(
      canon::Borrow<Stream> self) override;
  absl::Status DropResolveAddressStream(handles::Rep rep) override;

 private:
  Core& core_;
  Environment& environment_;
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_NETWORK_HOST_H_
