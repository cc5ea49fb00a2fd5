#ifndef DAVIT_RUNTIME_WASI_NET_NETWORK_H_
#define DAVIT_RUNTIME_WASI_NET_NETWORK_H_

#include <cstdint>
#include <string>
#include <vector>

namespace davit::wasi {

// One thing that an instance may do with the network.
struct NetworkRule {
  // A name, "*.example.com" for those below one, "*" for all names and all public addresses, or
  // addresses as "10.0.0.0/8". Only the last grants what is not public: private, local, multicast
  // and the like, also to names that have such an address.
  std::string host;
  // Ports from the first to the last. For HTTP, 0 and 0 are the scheme's own; for listening, the
  // port 0 is one that the kernel chooses.
  uint16_t first_port = 0;
  uint16_t last_port = 0;
  // Of HTTP "http" or "https", of listening "tcp" or "udp"; empty: both.
  std::string scheme;
  // Of listening: from which addresses; none: from all.
  std::vector<std::string> peers;
};

// What an instance is granted of the network. An empty list grants nothing.
struct Network {
  std::vector<NetworkRule> http;
  std::vector<NetworkRule> connect;  // TCP
  std::vector<NetworkRule> udp;      // to send to and to receive from
  std::vector<NetworkRule> listen;   // local addresses to bind to
  // Names to look up, as the hosts of rules; those of `connect` and `udp` are among them.
  std::vector<std::string> resolve;
};

}  // namespace davit::wasi

#endif  // DAVIT_RUNTIME_WASI_NET_NETWORK_H_
