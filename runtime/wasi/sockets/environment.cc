#include "runtime/wasi/sockets/environment.h"

#include <utility>

namespace davit::wasi::sockets {

std::shared_ptr<void> SocketCount::Take(std::shared_ptr<SocketCount> count) {
  if (count->taken_.fetch_add(1) >= count->most_) {
    --count->taken_;
    return nullptr;
  }
  SocketCount* const taken = count.get();
  return {taken, [count = std::move(count)](SocketCount*) { --count->taken_; }};
}

}  // namespace davit::wasi::sockets
