#ifndef DAVIT_RUNTIME_WASI_FS_MEMORY_DIRECTORY_H_
#define DAVIT_RUNTIME_WASI_FS_MEMORY_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/btree_map.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/memory_node.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

// A directory in memory: names of its own over those that the image has. Names of the image get
// their node when they are looked up first.
class MemoryDirectory final : public MemoryNode {
 public:
  explicit MemoryDirectory(std::shared_ptr<MemoryLayer> layer)
      : MemoryNode(DescriptorType::kDirectory, std::move(layer)) {}
  MemoryDirectory(std::shared_ptr<MemoryLayer> layer, Image::Index entry);
  ~MemoryDirectory() override;

  Result<NodePtr> Open(Name name, const OpenHow& how) override;
  Result<std::unique_ptr<Listing>> List() override;
  Result<void> CreateDirectory(Name name) override;
  Result<void> CreateSymlink(std::string_view target, Name name) override;
  Result<void> Unlink(Name name) override;
  Result<void> RemoveDirectory(Name name) override;
  Result<void> Link(Name name, Node& to, Name new_name) override;
  Result<void> Rename(Name name, Node& to, Name new_name) override;

  // The first entry with a name after `name`, in the order of bytes.
  std::optional<DirectoryEntry> Next(std::string_view name) const;

 protected:
  uint64_t size() const override { return 0; }
  uint64_t link_count() const override { return removed_ ? 0 : 2 + directories_; }

 private:
  using ChildPtr = std::shared_ptr<MemoryNode>;
  struct Child {
    ChildPtr node;  // null: the image's has been removed
    bool charged = false;
  };
  using Children = absl::btree_map<std::string, Child>;

  ChildPtr NodeOf(Image::Index entry);
  // What has that name; null if nothing has.
  ChildPtr Find(std::string_view name);
  std::optional<Image::Index> FindBelow(std::string_view name) const;
  // Whether a name that is free may be given to something new here.
  Result<void> CheckCreate() const;
  // Adds something under a name that is free.
  void Insert(std::string_view name, Child child);
  // Takes a name away, of what is a child.
  Child Take(std::string_view name);
  // Takes a name away for good.
  void Remove(std::string_view name);
  // Before `node` goes to `to`, where `there` has the name, if any.
  Result<void> CheckRename(const MemoryNode& node, MemoryDirectory& to, const MemoryNode* there);
  Result<void> CheckDepth(const MemoryNode& node, const MemoryDirectory& to) const;
  Result<NodePtr> Create(Name name, const OpenHow& how);

  bool IsEmpty() const { return size_ == 0; }
  uint32_t Depth() const;
  // Of the tree below it.
  uint32_t Height() const;
  bool IsWithin(const MemoryNode& node) const;

  const std::optional<Image::Index> below_;
  MemoryDirectory* parent_ = nullptr;  // set by it; null for the root, or once it is gone
  Children children_;
  uint64_t size_ = 0;         // how many names it has
  uint64_t directories_ = 0;  // how many of them are directories
  bool removed_ = false;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_MEMORY_DIRECTORY_H_
