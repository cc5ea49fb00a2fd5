#include "runtime/wasi/net/known_names.h"

#include <algorithm>

namespace davit::wasi::net {

void KnownNames::Add(const std::string& name, std::span<const IpAddress> addresses) {
  for (const IpAddress& address : addresses) {
    std::pair<IpAddress, std::string> known(address, name);
    if (std::ranges::find(known_, known) != known_.end()) continue;
    known_.push_back(std::move(known));
    if (known_.size() > most_) known_.pop_front();
  }
}

std::vector<std::string> KnownNames::NamesOf(const IpAddress& address) const {
  std::vector<std::string> names;
  for (const auto& [known, name] : known_) {
    if (known == address) names.push_back(name);
  }
  return names;
}

}  // namespace davit::wasi::net
