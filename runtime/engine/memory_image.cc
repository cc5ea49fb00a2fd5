#include "runtime/engine/memory_image.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::engine {
namespace {

constexpr size_t kPage = 4096;

struct Range {
  size_t begin = 0, end = 0;
};

Range NonZero(std::string_view bytes) {
  const size_t begin = bytes.find_first_not_of('\0');
  if (begin == std::string_view::npos) return {};
  return {.begin = begin, .end = bytes.find_last_not_of('\0') + 1};
}

absl::Status SystemError(std::string_view what) {
  return absl::ResourceExhaustedError(
      absl::StrCat("memory image: ", what, ": ", std::strerror(errno)));
}

absl::Status WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return SystemError("write");
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<const MemoryImage>> MemoryImage::Create(std::string_view bytes) {
  std::unique_ptr<MemoryImage> image(new MemoryImage);
  Range range = NonZero(bytes);
  if (range.end - range.begin < kMappedBytes) {
    image->begin_ = range.begin;
    image->bytes_ = bytes.substr(range.begin, range.end - range.begin);
    return image;
  }
  range.begin -= range.begin % kPage;
  image->begin_ = range.begin;
  image->size_ = (range.end - range.begin + kPage - 1) / kPage * kPage;
  image->file_ = memfd_create("davit-image", MFD_CLOEXEC);
  if (image->file_ < 0) return SystemError("memfd_create");
  DAVIT_RETURN_IF_ERROR(WriteAll(image->file_, bytes.substr(range.begin, range.end - range.begin)));
  if (ftruncate(image->file_, static_cast<off_t>(image->size_)) != 0) {
    return SystemError("ftruncate");
  }
  return image;
}

MemoryImage::~MemoryImage() {
  if (mapped()) close(file_);
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
