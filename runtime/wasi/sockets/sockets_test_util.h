#ifndef DAVIT_RUNTIME_WASI_SOCKETS_SOCKETS_TEST_UTIL_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_SOCKETS_TEST_UTIL_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"
#include "runtime/wasi/io/reactor.h"
#include "runtime/wasi/io/stream.h"
#include "runtime/wasi/io/waitable.h"
#include "runtime/wasi/net/await_ready.h"
#include "runtime/wasi/net/fake_resolver.h"
#include "runtime/wasi/net/network.h"
#include "runtime/wasi/net/policy.h"
#include "runtime/wasi/sockets/environment.h"
#include "runtime/wasi/sockets/lingering.h"

namespace davit::wasi::sockets {

using net::AwaitReady;

inline net::Endpoint At(std::string_view address, uint16_t port) {
  return {.ip = *net::IpAddress::Parse(address), .port = port};
}

// All that is on this machine.
inline Network Loopback() {
  const std::string ranges[] = {"127.0.0.0/8", "::1", "0.0.0.0", "::"};
  Network network;
  for (const std::string& range : ranges) {
    network.connect.push_back({.host = range, .first_port = 1, .last_port = 65535});
    network.udp.push_back({.host = range, .first_port = 1, .last_port = 65535});
    network.listen.push_back({.host = range, .first_port = 0, .last_port = 65535});
  }
  return network;
}

// The host of the instances of a test.
class SocketsTest : public testing::Test {
 protected:
  Environment Granted(const Network& network, SocketQuotas quotas = {}) {
    return {.reactor = reactor_,
            .lingering = lingering_,
            .resolver = resolver_,
            .policy = net::Policy::Create(network, {}).value(),
            .quotas = quotas};
  }

  io::Reactor reactor_;
  Lingering lingering_;
  net::FakeResolver resolver_;
};

// What comes out of a source until its end.
inline std::string ReadAll(io::ByteSource& source) {
  std::string all;
  uint8_t bytes[4096];
  for (;;) {
    AwaitReady(source);
    const io::StreamResult<size_t> count = source.Read(bytes);
    if (!count) return count.error().is_closed() ? all : all + " failed";
    all.append(bytes, bytes + *count);
  }
}

inline std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_SOCKETS_TEST_UTIL_H_
