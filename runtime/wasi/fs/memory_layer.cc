#include "runtime/wasi/fs/memory_layer.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

uint64_t NextDevice() {
  // Numbers of devices have twelve bits of major number and twenty of minor one.
  constexpr uint64_t kNoDisk = uint64_t{1} << 63;
  static constinit std::atomic<uint64_t> next = kNoDisk;
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

MemoryLayer::MemoryLayer(std::shared_ptr<const Image> image, MemoryLimits limits,
                         std::function<Timestamp()> now)
    : image_(std::move(image)),
      limits_(limits),
      now_(std::move(now)),
      device_(NextDevice()),
      next_inode_(InodeOf(static_cast<Image::Index>(image_->size()))) {}

}  // namespace davit::wasi::fs
