#include "runtime/wasi/fs/memory_directory.h"

#include <algorithm>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_file.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/memory_node.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

// Goes by names instead of keeping entries, which would be memory that nothing bounds.
class MemoryListing final : public Listing {
 public:
  explicit MemoryListing(std::shared_ptr<const MemoryDirectory> directory)
      : directory_(std::move(directory)) {}

  bool MayBlock() const override { return false; }
  Result<std::optional<DirectoryEntry>> Next() override {
    std::optional<DirectoryEntry> next = directory_->Next(last_);
    if (next) last_ = next->name;
    return next;
  }

 private:
  const std::shared_ptr<const MemoryDirectory> directory_;
  std::string last_;  // no name is empty
};

// Whether `node` may be opened so, in the order that Linux looks at it.
Result<void> CheckOpen(const Node& node, Name name, const OpenHow& how) {
  if (how.create) {
    if (how.exclusive) return std::unexpected(Error::kExist);
    if (node.IsDirectory()) return std::unexpected(Error::kIsDirectory);
  }
  if ((how.directory || name.slash) && !node.IsDirectory()) {
    return std::unexpected(Error::kNotDirectory);
  }
  if (how.access == OpenHow::Access::kLocate) return {};
  if (node.IsSymbolicLink()) return std::unexpected(Error::kLoop);
  if (node.IsDirectory() && (how.writes() || how.truncate)) {
    return std::unexpected(Error::kIsDirectory);
  }
  return {};
}

}  // namespace

MemoryDirectory::MemoryDirectory(std::shared_ptr<MemoryLayer> layer, Image::Index entry)
    : MemoryNode(layer, entry),
      below_(entry),
      size_(layer->image().entry(entry).children.size()),
      directories_(layer->image().entry(entry).directories) {}

MemoryDirectory::~MemoryDirectory() {
  for (const auto& [name, child] : children_) {
    if (child.charged) layer()->RefundFile();
    if (child.node && child.node->IsDirectory()) {
      static_cast<MemoryDirectory&>(*child.node).parent_ = nullptr;
    }
  }
}

// -- Children --

std::optional<Image::Index> MemoryDirectory::FindBelow(std::string_view name) const {
  return below_ ? layer()->image().Find(*below_, name) : std::nullopt;
}

MemoryDirectory::ChildPtr MemoryDirectory::NodeOf(Image::Index entry) {
  const Image::Entry& described = layer()->image().entry(entry);
  if (described.type == DescriptorType::kDirectory) {
    auto directory = std::make_shared<MemoryDirectory>(layer(), entry);
    directory->parent_ = this;
    return directory;
  }
  const bool is_linked = described.link_count > 1;
  if (is_linked) {
    if (ChildPtr known = layer()->Linked(entry)) return known;
  }
  ChildPtr node;
  if (described.type == DescriptorType::kSymbolicLink) {
    node = std::make_shared<MemorySymlink>(layer(), entry);
  } else {
    node = std::make_shared<MemoryFile>(layer(), entry);
  }
  if (is_linked) layer()->SetLinked(entry, node);
  return node;
}

MemoryDirectory::ChildPtr MemoryDirectory::Find(std::string_view name) {
  if (const auto found = children_.find(name); found != children_.end()) return found->second.node;
  const std::optional<Image::Index> below = FindBelow(name);
  if (!below) return nullptr;
  return children_.emplace(name, Child{.node = NodeOf(*below)}).first->second.node;
}

std::optional<DirectoryEntry> MemoryDirectory::Next(std::string_view name) const {
  auto own = children_.upper_bound(name);
  while (own != children_.end() && !own->second.node) ++own;
  const Image::Child* below = nullptr;
  if (below_) {
    const std::vector<Image::Child>& children = layer()->image().entry(*below_).children;
    auto at = std::ranges::upper_bound(children, name, {}, &Image::Child::name);
    // Those that have a node, or none any more, are among the own.
    while (at != children.end() && children_.contains(at->name)) ++at;
    if (at != children.end()) below = &*at;
  }
  if (below && (own == children_.end() || below->name < own->first)) {
    return DirectoryEntry{.type = layer()->image().entry(below->entry).type, .name = below->name};
  }
  if (own == children_.end()) return std::nullopt;
  return DirectoryEntry{.type = own->second.node->type(), .name = own->first};
}

void MemoryDirectory::Insert(std::string_view name, Child child) {
  ++size_;
  if (child.node->IsDirectory()) {
    ++directories_;
    static_cast<MemoryDirectory&>(*child.node).parent_ = this;
  }
  children_.insert_or_assign(std::string(name), std::move(child));
  Modified();
}

MemoryDirectory::Child MemoryDirectory::Take(std::string_view name) {
  const auto found = children_.find(name);
  Child taken = std::move(found->second);
  if (FindBelow(name)) {
    found->second = {};
  } else {
    children_.erase(found);
  }
  --size_;
  if (taken.node->IsDirectory()) {
    --directories_;
    static_cast<MemoryDirectory&>(*taken.node).parent_ = nullptr;
  }
  Modified();
  return taken;
}

void MemoryDirectory::Remove(std::string_view name) {
  const Child taken = Take(name);
  if (taken.charged) layer()->RefundFile();
  if (taken.node->IsDirectory()) static_cast<MemoryDirectory&>(*taken.node).removed_ = true;
  taken.node->DropLink();
}

uint32_t MemoryDirectory::Depth() const {
  uint32_t depth = 0;
  for (const MemoryDirectory* above = parent_; above; above = above->parent_) ++depth;
  return depth;
}

uint32_t MemoryDirectory::Height() const {
  uint32_t height = 0;
  if (below_) {
    for (const Image::Child& child : layer()->image().entry(*below_).children) {
      if (children_.contains(child.name)) continue;
      height = std::max(height, layer()->image().entry(child.entry).height + 1);
    }
  }
  for (const auto& [name, child] : children_) {
    if (!child.node) continue;
    const bool is_directory = child.node->IsDirectory();
    const uint32_t below =
        is_directory ? static_cast<const MemoryDirectory&>(*child.node).Height() : 0;
    height = std::max(height, below + 1);
  }
  return height;
}

bool MemoryDirectory::IsWithin(const MemoryNode& node) const {
  for (const MemoryDirectory* at = this; at; at = at->parent_) {
    if (at == &node) return true;
  }
  return false;
}

// -- Operations --

Result<NodePtr> MemoryDirectory::Open(Name name, const OpenHow& how) {
  NodePtr node;
  if (name.IsDot()) {
    node = shared_from_this();
  } else {
    if (how.create && name.slash) return std::unexpected(Error::kIsDirectory);
    node = Find(name.text);
    if (!node) return Create(name, how);
  }
  DAVIT_FS_RETURN_IF_ERROR(CheckOpen(*node, name, how));
  if (how.truncate) DAVIT_FS_RETURN_IF_ERROR(node->SetSize(0));
  return node;
}

Result<NodePtr> MemoryDirectory::Create(Name name, const OpenHow& how) {
  if (!how.create) return std::unexpected(Error::kNoEntry);
  DAVIT_FS_RETURN_IF_ERROR(CheckCreate());
  DAVIT_FS_RETURN_IF_ERROR(layer()->ChargeFile());
  auto file = std::make_shared<MemoryFile>(layer());
  Insert(name.text, {.node = file, .charged = true});
  return file;
}

Result<void> MemoryDirectory::CheckCreate() const {
  if (removed_) return std::unexpected(Error::kNoEntry);
  if (Depth() >= layer()->limits().max_depth) return std::unexpected(Error::kQuota);
  return {};
}

Result<std::unique_ptr<Listing>> MemoryDirectory::List() {
  return std::make_unique<MemoryListing>(
      std::static_pointer_cast<const MemoryDirectory>(shared_from_this()));
}

Result<void> MemoryDirectory::CreateDirectory(Name name) {
  if (Find(name.text)) return std::unexpected(Error::kExist);
  DAVIT_FS_RETURN_IF_ERROR(CheckCreate());
  DAVIT_FS_RETURN_IF_ERROR(layer()->ChargeFile());
  Insert(name.text, {.node = std::make_shared<MemoryDirectory>(layer()), .charged = true});
  return {};
}

Result<void> MemoryDirectory::CreateSymlink(std::string_view target, Name name) {
  if (Find(name.text)) return std::unexpected(Error::kExist);
  if (name.slash) return std::unexpected(Error::kNoEntry);
  DAVIT_FS_RETURN_IF_ERROR(CheckCreate());
  DAVIT_FS_RETURN_IF_ERROR(layer()->ChargeFile());
  if (const Result<void> charged = layer()->ChargeBytes(target.size()); !charged) {
    layer()->RefundFile();
    return charged;
  }
  Insert(name.text,
         {.node = std::make_shared<MemorySymlink>(layer(), std::string(target)), .charged = true});
  return {};
}

Result<void> MemoryDirectory::Unlink(Name name) {
  const ChildPtr node = Find(name.text);
  if (!node) return std::unexpected(Error::kNoEntry);
  if (node->IsDirectory()) return std::unexpected(Error::kIsDirectory);
  if (name.slash) return std::unexpected(Error::kNotDirectory);
  Remove(name.text);
  return {};
}

Result<void> MemoryDirectory::RemoveDirectory(Name name) {
  const ChildPtr node = Find(name.text);
  if (!node) return std::unexpected(Error::kNoEntry);
  if (!node->IsDirectory()) return std::unexpected(Error::kNotDirectory);
  if (!static_cast<const MemoryDirectory&>(*node).IsEmpty()) {
    return std::unexpected(Error::kNotEmpty);
  }
  Remove(name.text);
  return {};
}

Result<void> MemoryDirectory::Link(Name name, Node& to, Name new_name) {
  if (to.tree() != tree()) return std::unexpected(Error::kCrossDevice);
  if (!to.IsDirectory()) return std::unexpected(Error::kNotDirectory);
  auto& there = static_cast<MemoryDirectory&>(to);
  const ChildPtr node = Find(name.text);
  if (!node) return std::unexpected(Error::kNoEntry);
  if (there.Find(new_name.text)) return std::unexpected(Error::kExist);
  if (new_name.slash) return std::unexpected(Error::kNoEntry);
  if (node->IsDirectory()) return std::unexpected(Error::kNotPermitted);
  DAVIT_FS_RETURN_IF_ERROR(there.CheckCreate());
  DAVIT_FS_RETURN_IF_ERROR(layer()->ChargeFile());
  node->AddLink();
  there.Insert(new_name.text, {.node = node, .charged = true});
  return {};
}

Result<void> MemoryDirectory::CheckRename(const MemoryNode& node, MemoryDirectory& to,
                                          const MemoryNode* there) {
  if (to.IsWithin(node)) return std::unexpected(Error::kInvalid);
  if (!there) {
    if (to.removed_) return std::unexpected(Error::kNoEntry);
    return CheckDepth(node, to);
  }
  if (IsWithin(*there)) return std::unexpected(Error::kNotEmpty);
  if (node.IsDirectory()) {
    if (!there->IsDirectory()) return std::unexpected(Error::kNotDirectory);
    if (!static_cast<const MemoryDirectory*>(there)->IsEmpty()) {
      return std::unexpected(Error::kNotEmpty);
    }
  } else if (there->IsDirectory()) {
    return std::unexpected(Error::kIsDirectory);
  }
  return CheckDepth(node, to);
}

Result<void> MemoryDirectory::CheckDepth(const MemoryNode& node, const MemoryDirectory& to) const {
  const uint32_t depth = to.Depth();
  if (depth <= Depth()) return {};
  const uint32_t height =
      node.IsDirectory() ? static_cast<const MemoryDirectory&>(node).Height() : 0;
  if (depth + 1 + height > layer()->limits().max_depth) return std::unexpected(Error::kQuota);
  return {};
}

Result<void> MemoryDirectory::Rename(Name name, Node& to, Name new_name) {
  if (to.tree() != tree()) return std::unexpected(Error::kCrossDevice);
  if (!to.IsDirectory()) return std::unexpected(Error::kNotDirectory);
  auto& target = static_cast<MemoryDirectory&>(to);
  const ChildPtr node = Find(name.text);
  if (!node) return std::unexpected(Error::kNoEntry);
  if (!node->IsDirectory() && (name.slash || new_name.slash)) {
    return std::unexpected(Error::kNotDirectory);
  }
  const ChildPtr there = target.Find(new_name.text);
  // Two names of one file are left as they are.
  if (there == node) return {};
  DAVIT_FS_RETURN_IF_ERROR(CheckRename(*node, target, there.get()));
  if (there) target.Remove(new_name.text);
  target.Insert(new_name.text, Take(name.text));
  node->Changed();
  return {};
}

}  // namespace davit::wasi::fs
