#include "runtime/engine/code/memory_image.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::engine {
namespace {

constexpr size_t kPage = 4096;

// Of all images in the process.
std::atomic<int> mapped_images = 0;

absl::Status SystemError(std::string_view what) {
  return absl::ResourceExhaustedError(
      absl::StrCat("memory image: ", what, ": ", std::strerror(errno)));
}

absl::Status WriteAll(int file, std::string_view bytes, size_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno != EINTR) return SystemError("write");
    if (written <= 0) continue;
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<size_t>(written);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<const MemoryImage>> MemoryImage::Create(uint64_t address,
                                                                       std::string_view bytes) {
  std::unique_ptr<MemoryImage> image(new MemoryImage);
  const size_t first = bytes.find_first_not_of('\0');
  if (first == std::string_view::npos) return image;
  const std::string_view used = bytes.substr(first, bytes.find_last_not_of('\0') + 1 - first);
  image->begin_ = address + first;
  if (used.size() < kMappedBytes || mapped_images.load(std::memory_order_relaxed) >= kMaxMapped) {
    image->bytes_ = used;
  } else {
    DAVIT_RETURN_IF_ERROR(image->Map(used));
  }
  return image;
}

absl::Status MemoryImage::Map(std::string_view bytes) {
  file_ = memfd_create("davit-image", MFD_CLOEXEC);
  if (file_ < 0) return SystemError("memfd_create");
  mapped_images.fetch_add(1, std::memory_order_relaxed);
  const size_t before = begin_ % kPage;
  begin_ -= before;
  size_ = (before + bytes.size() + kPage - 1) / kPage * kPage;
  if (ftruncate(file_, static_cast<off_t>(size_)) != 0) return SystemError("ftruncate");
  return WriteAll(file_, bytes, before);
}

MemoryImage::~MemoryImage() {
  if (!mapped()) return;
  close(file_);
  mapped_images.fetch_sub(1, std::memory_order_relaxed);
}

absl::Status MemoryImage::ApplyTo(std::span<uint8_t> memory) const {
  const size_t size = mapped() ? size_ : bytes_.size();
  if (begin_ > memory.size() || size > memory.size() - begin_) {
    return absl::InternalError("a memory is shorter than its image");
  }
  if (!mapped()) {
    std::ranges::copy(bytes_, memory.begin() + static_cast<ptrdiff_t>(begin_));
    return absl::OkStatus();
  }
  void* const at = memory.data() + begin_;
  if (mmap(at, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file_, 0) != at) {
    return SystemError("mmap");
  }
  return absl::OkStatus();
}

}  // namespace davit::engine
