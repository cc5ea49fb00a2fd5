#include "runtime/wasi/fs/host_listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/host_errno.h"
#include "runtime/wasi/fs/host_fd.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"
#include "simdutf.h"

namespace davit::wasi::fs {
namespace {

class HostListing final : public Listing {
 public:
  explicit HostListing(Fd fd) : fd_(std::move(fd)) {}

  bool MayBlock() const override { return true; }

  Result<std::optional<DirectoryEntry>> Next() override {
    while (true) {
      if (at_ == filled_) {
        DAVIT_FS_RETURN_IF_ERROR(Fill());
        if (filled_ == 0) return std::nullopt;
      }
      const auto* const entry = reinterpret_cast<const dirent64*>(buffer_.data() + at_);
      at_ += entry->d_reclen;
      const std::string_view name(entry->d_name);
      if (name == "." || name == "..") continue;
      if (!simdutf::validate_utf8(name.data(), name.size())) {
        return std::unexpected(Error::kIllegalByteSequence);
      }
      return DirectoryEntry{.type = TypeOfEntry(*entry), .name = std::string(name)};
    }
  }

 private:
  Result<void> Fill() {
    at_ = filled_ = 0;
    const ssize_t size = getdents64(fd_.get(), buffer_.data(), buffer_.size());
    // That of a directory that has been removed is empty.
    if (size < 0 && errno == ENOENT) return {};
    if (size < 0) return LastError();
    filled_ = static_cast<size_t>(size);
    return {};
  }

  DescriptorType TypeOfEntry(const dirent64& entry) const {
    if (entry.d_type != DT_UNKNOWN) return TypeOf(DTTOIF(static_cast<uint32_t>(entry.d_type)));
    struct statx stat;
    const int result = statx(fd_.get(), entry.d_name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stat);
    return result == 0 ? TypeOf(stat.stx_mode) : DescriptorType::kUnknown;
  }

  const Fd fd_;
  size_t at_ = 0;
  size_t filled_ = 0;
  alignas(dirent64) std::array<std::byte, 4096> buffer_;
};

}  // namespace

std::unique_ptr<Listing> MakeHostListing(Fd fd) {
  return std::make_unique<HostListing>(std::move(fd));
}

}  // namespace davit::wasi::fs
