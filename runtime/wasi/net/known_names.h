#ifndef DAVIT_RUNTIME_WASI_NET_KNOWN_NAMES_H_
#define DAVIT_RUNTIME_WASI_NET_KNOWN_NAMES_H_

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/wasi/net/address.h"

namespace davit::wasi::net {

// By which names an instance has found addresses: a guest connects to an address, and only this
// tells that it stands for a name that it was granted. Remembers the last ones. Used by whoever has
// the instance.
class KnownNames {
 public:
  explicit KnownNames(size_t most = 1024) : most_(most) {}

  void Add(const std::string& name, std::span<const IpAddress> addresses);
  std::vector<std::string> NamesOf(const IpAddress& address) const;

 private:
  const size_t most_;
  std::deque<std::pair<IpAddress, std::string>> known_;
};

}  // namespace davit::wasi::net

#endif  // DAVIT_RUNTIME_WASI_NET_KNOWN_NAMES_H_
