#ifndef DAVIT_RUNTIME_WASI_FS_MEMORY_FILE_H_
#define DAVIT_RUNTIME_WASI_FS_MEMORY_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/memory_node.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

// A file in memory: pages of its own over what the image has. A page that is written is copied
// first; what no page has is the image's, or zero. Charged for are all of its bytes but those that
// are still read from the image.
class MemoryFile final : public MemoryNode {
 public:
  static constexpr size_t kPageBytes = 16 << 10;

  explicit MemoryFile(std::shared_ptr<MemoryLayer> layer)
      : MemoryNode(DescriptorType::kRegularFile, std::move(layer)) {}
  MemoryFile(std::shared_ptr<MemoryLayer> layer, Image::Index entry);
  ~MemoryFile() override;

  Result<ReadResult> Read(std::span<std::byte> into, uint64_t offset) override;
  // All or nothing.
  Result<size_t> Write(std::span<const std::byte> bytes, uint64_t offset) override;
  Result<size_t> Append(std::span<const std::byte> bytes) override;
  Result<void> SetSize(uint64_t size) override;

 protected:
  uint64_t size() const override { return size_; }

 private:
  // Memory for the beginning of a page; what it does not reach to is zero. Empty: the page is the
  // image's.
  struct Page {
    std::unique_ptr<std::byte[]> bytes;
    size_t capacity = 0;
  };

  bool IsOwn(uint64_t page) const { return page < pages_.size() && pages_[page].bytes; }
  // What the image has of a page.
  std::string_view Below(uint64_t page) const;
  // The bytes of the image that are in pages from `first` to `last`, both included, and have no
  // copy here.
  uint64_t SharedIn(uint64_t first, uint64_t last) const;
  uint64_t charged() const { return size_ - shared_; }
  // Copies part of one page.
  void ReadPage(uint64_t page, size_t at, std::span<std::byte> into) const;
  void WritePage(uint64_t page, size_t at, std::span<const std::byte> bytes);
  // Makes a page own, with memory for its first `bytes`.
  std::byte* Reserve(uint64_t page, size_t bytes);
  void Shrink(uint64_t size);

  std::string_view below_;  // as much of the image's content as has not been cut off
  uint64_t size_ = 0;
  uint64_t shared_ = 0;  // bytes of `below_` that are in no own page
  std::vector<Page> pages_;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_MEMORY_FILE_H_
