#ifndef DAVIT_RUNTIME_WASI_IO_POLLABLE_H_
#define DAVIT_RUNTIME_WASI_IO_POLLABLE_H_

#include <memory>
#include <utility>

#include "runtime/wasi/io/waitable.h"
#include "runtime/wasi/resource_table.h"

namespace davit::wasi::io {

// The resource pollable of wasi:io/poll.
class Pollable final : public Resource {
 public:
  explicit Pollable(std::shared_ptr<Waitable> waitable) : waitable_(std::move(waitable)) {}
  Waitable& waitable() const { return *waitable_; }

 private:
  const std::shared_ptr<Waitable> waitable_;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_POLLABLE_H_
