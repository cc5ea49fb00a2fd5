#include "runtime/wasi/fs/memory_tree.h"

#include <ctime>
#include <memory>
#include <utility>

#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_directory.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

Timestamp CurrentTime() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return {.seconds = static_cast<uint64_t>(now.tv_sec),
          .nanoseconds = static_cast<uint32_t>(now.tv_nsec)};
}

MemoryTree::MemoryTree(Options options) : options_(std::move(options)) { Begin(); }

MemoryTree::~MemoryTree() { layer_->End(); }

void MemoryTree::Begin() {
  layer_ = std::make_shared<MemoryLayer>(options_.image ? options_.image : Image::Empty(),
                                         options_.limits, options_.now);
  root_ = std::make_shared<MemoryDirectory>(layer_, Image::kRoot);
}

void MemoryTree::Reset() {
  layer_->End();
  Begin();
}

}  // namespace davit::wasi::fs
