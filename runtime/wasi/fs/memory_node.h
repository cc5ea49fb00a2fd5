#ifndef DAVIT_RUNTIME_WASI_FS_MEMORY_NODE_H_
#define DAVIT_RUNTIME_WASI_FS_MEMORY_NODE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

// An object of an in-memory tree: one of the image as its instance sees it, or one that is its own.
class MemoryNode : public Node {
 public:
  bool MayBlock() const final { return false; }
  const void* tree() const final { return layer_.get(); }
  Result<Stat> GetStat() const final;
  Result<void> SetTimes(const NewTimestamp& accessed, const NewTimestamp& modified) final;
  Identity GetIdentity() const final {
    return {.device = layer_->device(), .inode = inode_, .generation = 0};
  }

  // A name for it comes or goes.
  void AddLink() { ++links_, Changed(); }
  void DropLink() { --links_, Changed(); }
  // Its metadata, or its contents as well, have changed now.
  void Changed() { status_changed_ = layer_->now(); }
  void Modified() { modified_ = status_changed_ = layer_->now(); }

 protected:
  // What is new, with one link.
  MemoryNode(DescriptorType type, std::shared_ptr<MemoryLayer> layer);
  // What is in the image of `layer`.
  MemoryNode(std::shared_ptr<MemoryLayer> layer, Image::Index entry);

  const std::shared_ptr<MemoryLayer>& layer() const { return layer_; }
  virtual uint64_t size() const = 0;
  virtual uint64_t link_count() const { return links_; }

 private:
  const std::shared_ptr<MemoryLayer> layer_;
  const uint64_t inode_;
  uint64_t links_;
  Timestamp accessed_, modified_, status_changed_;
};

// A symbolic link, whose target never changes.
class MemorySymlink final : public MemoryNode {
 public:
  // `target` has been charged for.
  MemorySymlink(std::shared_ptr<MemoryLayer> layer, std::string target)
      : MemoryNode(DescriptorType::kSymbolicLink, std::move(layer)),
        own_(std::move(target)),
        target_(own_) {}
  MemorySymlink(std::shared_ptr<MemoryLayer> layer, Image::Index entry)
      : MemoryNode(layer, entry), target_(layer->image().entry(entry).target) {}
  ~MemorySymlink() override { layer()->RefundBytes(own_.size()); }

  Result<std::string> ReadLink() const override { return std::string(target_); }

 protected:
  uint64_t size() const override { return target_.size(); }

 private:
  const std::string own_;
  const std::string_view target_;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_MEMORY_NODE_H_
