#ifndef DAVIT_RUNTIME_WASI_SOCKETS_DESCRIPTOR_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_DESCRIPTOR_H_

#include <memory>

#include "runtime/wasi/io/reactor.h"
#include "runtime/wasi/io/waker.h"

namespace davit::wasi::sockets {

enum class Direction { kIn, kOut };

// A file descriptor of a socket, which can be waited for in each direction. Thread-safe.
class Descriptor {
 public:
  // Takes `fd`, which does not block. `permit` lives until it is closed. `reactor` must outlive it.
  Descriptor(io::Reactor& reactor, int fd, std::shared_ptr<void> permit);
  // Closes it, and tells nobody any more.
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int fd() const { return fd_; }
  // Asks the kernel; errors count, and so does that the peer is gone.
  bool Ready(Direction direction) const;
  // Tells `waker` when it is ready, from the reactor's thread; instead of any that was given for
  // this direction before.
  void Arm(Direction direction, const io::Waker& waker);

 private:
  struct Waits;

  const std::shared_ptr<void> permit_;
  const int fd_;
  const std::unique_ptr<Waits> waits_;  // ends before the permit does
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_DESCRIPTOR_H_
