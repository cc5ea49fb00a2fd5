#include "runtime/wasi/fs/memory_node.h"

#include <memory>
#include <utility>
#include <variant>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

void Set(Timestamp& time, const NewTimestamp& to, const Timestamp& now) {
  if (std::holds_alternative<Now>(to)) time = now;
  if (const auto* const given = std::get_if<Timestamp>(&to)) time = *given;
}

}  // namespace

MemoryNode::MemoryNode(DescriptorType type, std::shared_ptr<MemoryLayer> layer)
    : Node(type),
      layer_(std::move(layer)),
      inode_(layer_->NextInode()),
      links_(1),
      accessed_(layer_->now()),
      modified_(accessed_),
      status_changed_(accessed_) {}

MemoryNode::MemoryNode(std::shared_ptr<MemoryLayer> layer, Image::Index entry)
    : Node(layer->image().entry(entry).type),
      layer_(std::move(layer)),
      inode_(MemoryLayer::InodeOf(entry)),
      links_(layer_->image().entry(entry).link_count),
      accessed_(layer_->image().entry(entry).modified),
      modified_(accessed_),
      status_changed_(accessed_) {}

Result<Stat> MemoryNode::GetStat() const {
  return Stat{.type = type(),
              .link_count = link_count(),
              .size = size(),
              .accessed = accessed_,
              .modified = modified_,
              .status_changed = status_changed_};
}

Result<void> MemoryNode::SetTimes(const NewTimestamp& accessed, const NewTimestamp& modified) {
  const Timestamp now = layer_->now();
  Set(accessed_, accessed, now);
  Set(modified_, modified, now);
  status_changed_ = now;
  return {};
}

}  // namespace davit::wasi::fs
