#ifndef DAVIT_RUNTIME_WASI_FS_MEMORY_TREE_H_
#define DAVIT_RUNTIME_WASI_FS_MEMORY_TREE_H_

#include <functional>
#include <memory>

#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

// The time of the server's clock.
Timestamp CurrentTime();

// A tree in memory, of one instance: an image below, which is shared, and above it what the
// instance has done. Not thread-safe.
class MemoryTree final : public Tree {
 public:
  struct Options {
    std::shared_ptr<const Image> image = nullptr;  // null: an empty one
    MemoryLimits limits = {};
    std::function<Timestamp()> now = CurrentTime;
  };
  explicit MemoryTree(Options options);
  ~MemoryTree() override;

  NodePtr Root() override { return root_; }
  // The tree is the image again. Nothing of the limits is taken, whatever nodes of before still are
  // held: they take of limits of their own.
  void Reset() override;

  const MemoryUsage& usage() const { return layer_->usage(); }

 private:
  void Begin();

  const Options options_;
  std::shared_ptr<MemoryLayer> layer_;
  NodePtr root_;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_MEMORY_TREE_H_
