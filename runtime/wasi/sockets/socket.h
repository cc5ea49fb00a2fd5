#ifndef DAVIT_RUNTIME_WASI_SOCKETS_SOCKET_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_SOCKET_H_

#include <cstdint>
#include <memory>

#include "runtime/wasi/net/address.h"
#include "runtime/wasi/sockets/descriptor.h"
#include "runtime/wasi/sockets/environment.h"
#include "runtime/wasi/sockets/error_code.h"

// What sockets of TCP and UDP have in common.
namespace davit::wasi::sockets {

// A new socket with the buffers that it may have.
Result<std::shared_ptr<Descriptor>> OpenSocket(Environment& environment, net::Family family,
                                               net::Protocol protocol);
// What a socket needs before it is made, for as long as it lives: kNewSocketLimit where the
// instance or its tenant has as many as it may have.
Result<std::shared_ptr<void>> TakePermit(Environment& environment);

// Whether a socket of this family may be bound to, or may reach, such an address at all:
// kInvalidArgument.
Result<void> CheckLocal(net::Family family, const net::Endpoint& local);
Result<void> CheckRemote(net::Family family, const net::Endpoint& remote);

Result<net::Endpoint> LocalEndpoint(const Descriptor& socket);
Result<void> Bind(const Descriptor& socket, const net::Endpoint& local);

// Options. Those that are set have the closest value that there is; 0 is kInvalidArgument.
Result<uint8_t> HopLimit(const Descriptor& socket, net::Family family);
Result<void> SetHopLimit(const Descriptor& socket, net::Family family, uint8_t hops);
// `option`: SO_RCVBUF or SO_SNDBUF.
Result<uint64_t> BufferSize(const Descriptor& socket, int option);
Result<void> SetBufferSize(const Descriptor& socket, int option, uint64_t bytes, uint32_t most);

Result<int> GetOption(const Descriptor& socket, int level, int option);
Result<void> SetOption(const Descriptor& socket, int level, int option, int value);

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_SOCKET_H_
