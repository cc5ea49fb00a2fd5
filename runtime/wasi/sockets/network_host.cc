#include "runtime/wasi/sockets/network_host.h"

#include <memory>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/wasi/io/pollable.h"
#include "runtime/wasi/net/address.h"
#include "runtime/wasi/sockets/held.h"
#include "runtime/wasi/sockets/resolve_address_stream.h"

namespace davit::wasi::sockets {

using HeldStream = Held<ResolveAddressStream>;

absl::Status NetworkHost::DropNetwork(handles::Rep rep) {
  return core_.table.Drop<sockets::InstanceNetwork>(rep);
}

absl::StatusOr<canon::Own<p2_network::Network>> InstanceNetworkHost::InstanceNetwork() {
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<sockets::InstanceNetwork>()));
  return canon::Own<p2_network::Network>{rep};
}

absl::StatusOr<GuestResult<canon::Own<IpNameLookupHost::Stream>>>
IpNameLookupHost::ResolveAddresses(canon::Borrow<p2_network::Network> network, std::string name) {
  DAVIT_RETURN_IF_ERROR(core_.table.Get<sockets::InstanceNetwork>(network.rep).status());
  Result<std::shared_ptr<ResolveAddressStream>> stream =
      ResolveAddressStream::Create(environment_, name);
  if (!stream) return ToGuest(stream.error());
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<HeldStream>(*std::move(stream))));
  return canon::Own<Stream>{rep};
}

absl::StatusOr<GuestResult<std::optional<p2_network::IpAddress>>>
IpNameLookupHost::ResolveAddressStreamResolveNextAddress(canon::Borrow<Stream> self) {
  DAVIT_ASSIGN_OR_RETURN(const HeldStream* const stream, core_.table.Get<HeldStream>(self.rep));
  const Result<std::optional<net::IpAddress>> next = stream->object->Next();
  if (!next) return ToGuest(next.error());
  std::optional<p2_network::IpAddress> address;
  if (*next) address = ToGuest(**next);
  return address;
}

absl::StatusOr<canon::Own<p2::io::poll::Pollable>> IpNameLookupHost::ResolveAddressStreamSubscribe(
    canon::Borrow<Stream> self) {
  DAVIT_ASSIGN_OR_RETURN(const HeldStream* const stream, core_.table.Get<HeldStream>(self.rep));
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<io::Pollable>(stream->object), self.rep));
  return canon::Own<p2::io::poll::Pollable>{rep};
}

absl::Status IpNameLookupHost::DropResolveAddressStream(handles::Rep rep) {
  return core_.table.Drop<HeldStream>(rep);
}

}  // namespace davit::wasi::sockets
