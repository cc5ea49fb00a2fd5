#ifndef DAVIT_RUNTIME_WASI_SOCKETS_HELD_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_HELD_H_

#include <memory>
#include <utility>

#include "runtime/wasi/resource_table.h"

namespace davit::wasi::sockets {

// An object behind a handle of a guest: one that its pollables hold as well.
template <typename T>
struct Held final : Resource {
  explicit Held(std::shared_ptr<T> object) : object(std::move(object)) {}

  const std::shared_ptr<T> object;
};

// The resource network, which stands for what the instance is granted.
struct InstanceNetwork final : Resource {};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_HELD_H_
