#include "runtime/wasi/fs/memory_file.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/memory_node.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

constexpr size_t kPage = MemoryFile::kPageBytes;
// The smallest piece of memory that a page takes.
constexpr size_t kMinCapacity = 64;

// Calls `part(page, offset in it, offset in the range, length)` for each page of a range.
template <typename Part>
void ForEachPage(uint64_t offset, size_t length, Part part) {
  for (size_t done = 0; done < length;) {
    const uint64_t position = offset + done;
    const size_t at = position % kPage;
    const size_t n = std::min(length - done, kPage - at);
    part(position / kPage, at, done, n);
    done += n;
  }
}

}  // namespace

MemoryFile::MemoryFile(std::shared_ptr<MemoryLayer> layer, Image::Index entry)
    : MemoryNode(layer, entry),
      below_(layer->image().entry(entry).content),
      size_(below_.size()),
      shared_(below_.size()) {}

MemoryFile::~MemoryFile() { layer()->RefundBytes(charged()); }

std::string_view MemoryFile::Below(uint64_t page) const {
  // Pages may lie so far out that their offset is no size_t's business.
  if (page >= (below_.size() + kPage - 1) / kPage) return {};
  return below_.substr(page * kPage, kPage);
}

uint64_t MemoryFile::SharedIn(uint64_t first, uint64_t last) const {
  if (below_.empty()) return 0;
  uint64_t shared = 0;
  for (uint64_t page = first; page <= std::min<uint64_t>(last, below_.size() / kPage); ++page) {
    if (!IsOwn(page)) shared += Below(page).size();
  }
  return shared;
}

void MemoryFile::ReadPage(uint64_t page, size_t at, std::span<std::byte> into) const {
  const std::byte* from = nullptr;
  size_t available = 0;
  if (IsOwn(page)) {
    from = pages_[page].bytes.get();
    available = pages_[page].capacity;
  } else {
    const std::string_view below = Below(page);
    from = reinterpret_cast<const std::byte*>(below.data());
    available = below.size();
  }
  const size_t n = at < available ? std::min(into.size(), available - at) : 0;
  if (n > 0) std::memcpy(into.data(), from + at, n);
  std::ranges::fill(into.subspan(n), std::byte{0});
}

Result<ReadResult> MemoryFile::Read(std::span<std::byte> into, uint64_t offset) {
  if (offset >= size_) return ReadResult{.size = 0, .end = true};
  const size_t n = std::min<uint64_t>(into.size(), size_ - offset);
  ForEachPage(offset, n, [&](uint64_t page, size_t at, size_t done, size_t length) {
    ReadPage(page, at, into.subspan(done, length));
  });
  return ReadResult{.size = n, .end = n < into.size()};
}

std::byte* MemoryFile::Reserve(uint64_t page, size_t bytes) {
  if (pages_.size() <= page) pages_.resize(page + 1);
  Page& own = pages_[page];
  if (own.bytes && own.capacity >= bytes) return own.bytes.get();
  const std::string_view below = own.bytes ? std::string_view() : Below(page);
  const size_t capacity = std::bit_ceil(std::max({bytes, below.size(), kMinCapacity}));
  auto grown = std::make_unique<std::byte[]>(capacity);
  if (own.bytes) {
    std::memcpy(grown.get(), own.bytes.get(), own.capacity);
  } else if (!below.empty()) {
    std::memcpy(grown.get(), below.data(), below.size());
  }
  own = {.bytes = std::move(grown), .capacity = capacity};
  return own.bytes.get();
}

void MemoryFile::WritePage(uint64_t page, size_t at, std::span<const std::byte> bytes) {
  std::memcpy(Reserve(page, at + bytes.size()) + at, bytes.data(), bytes.size());
}

Result<size_t> MemoryFile::Write(std::span<const std::byte> bytes, uint64_t offset) {
  if (bytes.empty()) return 0;
  const uint64_t end = offset + bytes.size();
  const uint64_t copied = SharedIn(offset / kPage, (end - 1) / kPage);
  const uint64_t grown = end > size_ ? end - size_ : 0;
  DAVIT_FS_RETURN_IF_ERROR(layer()->ChargeBytes(grown + copied));
  size_ += grown;
  shared_ -= copied;
  ForEachPage(offset, bytes.size(), [&](uint64_t page, size_t at, size_t done, size_t length) {
    WritePage(page, at, bytes.subspan(done, length));
  });
  Modified();
  return bytes.size();
}

Result<size_t> MemoryFile::Append(std::span<const std::byte> bytes) {
  if (bytes.size() > static_cast<uint64_t>(INT64_MAX) - size_) {
    return std::unexpected(Error::kFileTooLarge);
  }
  return Write(bytes, size_);
}

Result<void> MemoryFile::SetSize(uint64_t size) {
  if (size > size_) {
    DAVIT_FS_RETURN_IF_ERROR(layer()->ChargeBytes(size - size_));
    size_ = size;
  } else {
    Shrink(size);
  }
  Modified();
  return {};
}

void MemoryFile::Shrink(uint64_t size) {
  const uint64_t charged_before = charged();
  const uint64_t kept_pages = (size + kPage - 1) / kPage;
  if (pages_.size() > kept_pages) pages_.resize(kept_pages);
  // What is cut off reads as zero should the file grow again.
  if (const size_t at = size % kPage; at > 0 && IsOwn(size / kPage)) {
    const Page& page = pages_[size / kPage];
    if (at < page.capacity)
      std::fill(page.bytes.get() + at, page.bytes.get() + page.capacity, std::byte{0});
  }
  if (below_.size() > size) below_ = below_.substr(0, size);
  size_ = size;
  shared_ = SharedIn(0, UINT64_MAX);
  layer()->RefundBytes(charged_before - charged());
}

}  // namespace davit::wasi::fs
