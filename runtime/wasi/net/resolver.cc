#include "runtime/wasi/net/resolver.h"

#include <ares.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace davit::wasi::net {
namespace {

// Until a question is sent to the next server, or again.
constexpr int kTimeoutMilliseconds = 3000;
constexpr int kTries = 2;
// Addresses of one name.
constexpr size_t kMostAddresses = 64;

ResolveFailure FailureOf(int status) {
  using enum ResolveFailure::Code;
  switch (status) {
    case ARES_ENOTFOUND:
      return {kUnknownName, "NXDOMAIN"};
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME:
      return {kUnknownName, ""};
    case ARES_EREFUSED:
      return {kRefused, "REFUSED"};
    case ARES_ENOTIMP:
      return {kRefused, "NOTIMP"};
    case ARES_ESERVFAIL:
      return {kTemporary, "SERVFAIL"};
    case ARES_ETIMEOUT:
      return {kTimeout, ""};
    default:
      return {kTemporary, ""};
  }
}

std::vector<IpAddress> AddressesIn(const ares_addrinfo& info) {
  std::vector<IpAddress> addresses;
  for (const ares_addrinfo_node* node = info.nodes; node != nullptr; node = node->ai_next) {
    const std::optional<Endpoint> endpoint = FromRaw(node->ai_addr, node->ai_addrlen);
    if (!endpoint) continue;
    const IpAddress address = endpoint->ip.Unmapped();
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
    if (addresses.size() == kMostAddresses) break;
  }
  return addresses;
}

// Called by c-ares, with what it was given.
void Answered(void* argument, int status, int /*timeouts*/, ares_addrinfo* info) {
  const std::unique_ptr<Resolver::Done> done(static_cast<Resolver::Done*>(argument));
  std::vector<IpAddress> addresses;
  if (info != nullptr) addresses = AddressesIn(*info);
  ares_freeaddrinfo(info);
  if (!addresses.empty()) return (*done)(std::move(addresses));
  (*done)(std::unexpected(FailureOf(status == ARES_SUCCESS ? ARES_ENODATA : status)));
}

class CaresResolver final : public Resolver {
 public:
  explicit CaresResolver(ares_channel_t* channel) : channel_(channel) {}
  ~CaresResolver() override { ares_destroy(channel_); }

  void Resolve(const std::string& name, Done done) override {
    const ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, Answered, new Done(std::move(done)));
  }

 private:
  ares_channel_t* const channel_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Resolver>> NewResolver() {
  if (!ares_threadsafety()) return absl::InternalError("c-ares is built without threads");
  if (const int status = ares_library_init(ARES_LIB_INIT_ALL); status != ARES_SUCCESS) {
    return absl::InternalError(absl::StrCat("ares_library_init: ", ares_strerror(status)));
  }
  ares_options options = {};
  // A name is what it says: nothing is appended to it, nor taken from the environment for it.
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS;
  options.timeout = kTimeoutMilliseconds;
  options.tries = kTries;
  options.evsys = ARES_EVSYS_DEFAULT;
  // No tenant learns by the time that it takes what another has asked for.
  options.qcache_max_ttl = 0;
  ares_channel_t* channel = nullptr;
  const int status = ares_init_options(&channel, &options,
                                       ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                           ARES_OPT_EVENT_THREAD | ARES_OPT_QUERY_CACHE);
  if (status != ARES_SUCCESS) {
    return absl::InternalError(absl::StrCat("ares_init_options: ", ares_strerror(status)));
  }
  return std::make_unique<CaresResolver>(channel);
}

}  // namespace davit::wasi::net
