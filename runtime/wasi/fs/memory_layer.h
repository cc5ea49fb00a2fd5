#ifndef DAVIT_RUNTIME_WASI_FS_MEMORY_LAYER_H_
#define DAVIT_RUNTIME_WASI_FS_MEMORY_LAYER_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

class MemoryNode;

struct MemoryLimits {
  // What files hold that is not in the image, and the targets of symbolic links; a gap in a file
  // counts like the zeroes that it is read as. insufficient-space beyond.
  uint64_t max_bytes = uint64_t{64} << 20;
  // Names given to files, directories and links. quota beyond.
  uint32_t max_files = 10'000;
  // How deep below the root a name may be. quota beyond.
  uint32_t max_depth = 64;
};

struct MemoryUsage {
  uint64_t bytes = 0;
  uint32_t files = 0;
};

// What the nodes of an in-memory tree have in common from one reset to the next: the image below,
// what has been taken of the limits, clock and inode numbers. Kept by its nodes. Not thread-safe.
class MemoryLayer {
 public:
  MemoryLayer(std::shared_ptr<const Image> image, MemoryLimits limits,
              std::function<Timestamp()> now);
  MemoryLayer(const MemoryLayer&) = delete;
  MemoryLayer& operator=(const MemoryLayer&) = delete;

  const Image& image() const { return *image_; }
  const MemoryLimits& limits() const { return limits_; }
  const MemoryUsage& usage() const { return usage_; }
  Timestamp now() const { return now_(); }
  // No other layer of this process has it, nor has a disk.
  uint64_t device() const { return device_; }
  // Those of the image come first.
  uint64_t NextInode() { return next_inode_++; }
  static uint64_t InodeOf(Image::Index entry) { return uint64_t{entry} + 1; }

  // A charge that fails changes nothing.
  Result<void> ChargeBytes(uint64_t bytes) {
    if (bytes > limits_.max_bytes - usage_.bytes) {
      return std::unexpected(Error::kInsufficientSpace);
    }
    usage_.bytes += bytes;
    return {};
  }
  void RefundBytes(uint64_t bytes) { usage_.bytes -= bytes; }
  Result<void> ChargeFile() {
    if (usage_.files >= limits_.max_files) return std::unexpected(Error::kQuota);
    ++usage_.files;
    return {};
  }
  void RefundFile() { --usage_.files; }

  // The node of an entry of the image that has several names, if there is one.
  std::shared_ptr<MemoryNode> Linked(Image::Index entry) const {
    const auto found = linked_.find(entry);
    return found == linked_.end() ? nullptr : found->second;
  }
  void SetLinked(Image::Index entry, std::shared_ptr<MemoryNode> node) {
    if (!ended_) linked_.insert_or_assign(entry, std::move(node));
  }
  // The tree has ended. Nodes that are still held keep the layer, which must not keep nodes.
  void End() {
    ended_ = true;
    linked_.clear();
  }

 private:
  const std::shared_ptr<const Image> image_;
  const MemoryLimits limits_;
  const std::function<Timestamp()> now_;
  const uint64_t device_;
  uint64_t next_inode_;
  MemoryUsage usage_;
  absl::flat_hash_map<Image::Index, std::shared_ptr<MemoryNode>> linked_;
  bool ended_ = false;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_MEMORY_LAYER_H_
