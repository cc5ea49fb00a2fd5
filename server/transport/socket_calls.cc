// Three functions of the C library, replaced for the whole program, as allocators replace malloc:
// gRPC has no place of its own where a frame could be looked at before it is parsed. They do what
// the C library's do; for a connection that is watched they tell server/transport/connections.h,
// and what must not reach gRPC looks to it like a connection that the client has reset. For any
// other descriptor that costs a look at one pointer.

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/transport/connections.h"

extern "C" {

[[gnu::visibility("default")]] ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  const ssize_t size = syscall(SYS_recvmsg, descriptor, message, flags);
  if (size <= 0 || (flags & (MSG_ERRQUEUE | MSG_PEEK)) != 0) return size;
  if (davit::server::NoteReceived(descriptor, *message, static_cast<size_t>(size))) return size;
  errno = ECONNRESET;
  return -1;
}

[[gnu::visibility("default")]] ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  const ssize_t size = syscall(SYS_sendmsg, descriptor, message, flags);
  if (size > 0) davit::server::NoteSent(descriptor, *message, static_cast<size_t>(size));
  return size;
}

[[gnu::visibility("default")]] int close(int descriptor) {
  davit::server::NoteClosing(descriptor);
  return static_cast<int>(syscall(SYS_close, descriptor));
}

}  // extern "C"
