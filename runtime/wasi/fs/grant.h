#ifndef DAVIT_RUNTIME_WASI_FS_GRANT_H_
#define DAVIT_RUNTIME_WASI_FS_GRANT_H_

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

// How many descriptors of an instance are open, and may be. Thread-safe, for those of host
// directories may be closed by the thread that an operation of theirs ran on.
class DescriptorCount {
 public:
  explicit DescriptorCount(uint32_t max) : max_(max) {}

  // insufficient-memory once there are too many; there is no better code.
  Result<void> Add() {
    if (open_.fetch_add(1, std::memory_order_relaxed) < max_) return {};
    Remove();
    return std::unexpected(Error::kInsufficientMemory);
  }
  void Remove() { open_.fetch_sub(1, std::memory_order_relaxed); }
  uint32_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  const uint32_t max_;
  std::atomic<uint32_t> open_ = 0;
};

// What an instance was granted by one preopen: a permission domain. Links and renames stay within
// it. Immutable.
struct Grant {
  std::string guest_path;  // verbatim
  bool read_only = true;
  std::shared_ptr<Tree> tree;
  HashKey hash_key = {};
  std::shared_ptr<DescriptorCount> count;
};

// One open descriptor of a grant: counts as long as it lives.
class DescriptorTicket {
 public:
  // insufficient-memory.
  static Result<DescriptorTicket> Take(std::shared_ptr<const Grant> grant) {
    DAVIT_FS_RETURN_IF_ERROR(grant->count->Add());
    return DescriptorTicket(std::move(grant));
  }
  DescriptorTicket(DescriptorTicket&&) = default;
  DescriptorTicket& operator=(DescriptorTicket&&) = delete;
  ~DescriptorTicket() {
    if (grant_) grant_->count->Remove();
  }

  const Grant& grant() const { return *grant_; }
  const std::shared_ptr<const Grant>& shared_grant() const { return grant_; }

 private:
  explicit DescriptorTicket(std::shared_ptr<const Grant> grant) : grant_(std::move(grant)) {}

  std::shared_ptr<const Grant> grant_;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_GRANT_H_
