#ifndef DAVIT_SERVER_TRANSPORT_LISTEN_ADDRESS_H_
#define DAVIT_SERVER_TRANSPORT_LISTEN_ADDRESS_H_

#include <sys/types.h>

#include <string_view>

#include "absl/status/statusor.h"

// The places that davitd can listen at: "unix:PATH" and "HOST:PORT", an IPv6 host in brackets.
namespace davit::server {

// Whether nothing but this machine reaches `address`: a unix socket, or a host all of whose
// addresses are loopback ones. A name is looked up, which may take as long as the resolver takes.
// INVALID_ARGUMENT when `address` has neither form, or its host cannot be resolved.
absl::StatusOr<bool> IsLocal(std::string_view address);

// The path of a unix socket, "" for anything else.
std::string_view UnixPath(std::string_view address);

// While it lives, what this process makes in the file system has `mode` at most: so that a socket
// never stands open to more users than it is for, not even between bind and chmod. It holds for
// all threads.
class CreationMode {
 public:
  explicit CreationMode(mode_t mode);
  ~CreationMode();
  CreationMode(const CreationMode&) = delete;
  CreationMode& operator=(const CreationMode&) = delete;

 private:
  const mode_t earlier_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_TRANSPORT_LISTEN_ADDRESS_H_
