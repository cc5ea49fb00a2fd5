#include "runtime/engine/cell/thread_stack.h"

#include <pthread.h>

#include <algorithm>

namespace davit::engine {
namespace {

// What lifting, lowering, a host function and V8's own runtime functions may use.
constexpr uintptr_t kHostBytes = 256 << 10;

uintptr_t LowestAddress() {
  pthread_attr_t attributes;
  void* lowest = nullptr;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
  return reinterpret_cast<uintptr_t>(lowest);
}

}  // namespace

uintptr_t GuestStackLimit(size_t guest_bytes) {
  // Asking costs a read of /proc/self/maps on the main thread.
  static thread_local const uintptr_t lowest = LowestAddress();
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return std::max(here - guest_bytes, lowest + kHostBytes);
}

}  // namespace davit::engine
