#ifndef DAVIT_RUNTIME_WASI_IO_WAITABLE_H_
#define DAVIT_RUNTIME_WASI_IO_WAITABLE_H_

#include "runtime/wasi/io/waker.h"

namespace davit::wasi::io {

// Something that an instance may wait for. It is level-triggered: it stays ready until what made it
// so has been used. Whoever has the instance uses it, on any thread but one at a time.
class Waitable {
 public:
  virtual ~Waitable() = default;
  // Errors and the end of a stream count as ready.
  virtual bool Ready() = 0;
  // Tells `waker` when it becomes ready, at once where it is; instead of any that was given before.
  virtual void Arm(const Waker& waker) = 0;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_WAITABLE_H_
