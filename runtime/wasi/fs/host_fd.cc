#include "runtime/wasi/fs/host_fd.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/host_errno.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

// The permissions that the process's umask leaves to what guests create.
constexpr uint64_t kFileMode = 0666;
constexpr int kOpenAttempts = 8;

std::optional<Timestamp> Since1970(const statx_timestamp& time, bool known) {
  if (!known || time.tv_sec < 0) return std::nullopt;
  return Timestamp{.seconds = static_cast<uint64_t>(time.tv_sec), .nanoseconds = time.tv_nsec};
}

int OpenAt2(int directory, const char* path, int flags) {
  open_how how = {};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? kFileMode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return static_cast<int>(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

// FIFOs without a peer, and sockets, refuse before anybody can look what they are.
Error OpenError(int error) {
  return error == ENXIO || error == ENODEV ? Error::kNotPermitted : ErrorOfErrno(error);
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

KernelName::KernelName(Name name) {
  std::memcpy(bytes_, name.text.data(), name.text.size());
  char* end = bytes_ + name.text.size();
  if (name.slash) *end++ = '/';
  *end = '\0';
}

Result<struct statx> StatFd(int fd) {
  struct statx stat;
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &stat) != 0) {
    return LastError();
  }
  return stat;
}

DescriptorType TypeOf(uint32_t mode) {
  switch (mode & S_IFMT) {
    case S_IFBLK:
      return DescriptorType::kBlockDevice;
    case S_IFCHR:
      return DescriptorType::kCharacterDevice;
    case S_IFDIR:
      return DescriptorType::kDirectory;
    case S_IFIFO:
      return DescriptorType::kFifo;
    case S_IFLNK:
      return DescriptorType::kSymbolicLink;
    case S_IFREG:
      return DescriptorType::kRegularFile;
    case S_IFSOCK:
      return DescriptorType::kSocket;
    default:
      return DescriptorType::kUnknown;
  }
}

Identity IdentityOf(const struct statx& stat) {
  const bool has_birth = (stat.stx_mask & STATX_BTIME) != 0;
  const uint64_t birth =
      static_cast<uint64_t>(stat.stx_btime.tv_sec) * 1'000'000'000 + stat.stx_btime.tv_nsec;
  return {.device = makedev(stat.stx_dev_major, stat.stx_dev_minor),
          .inode = stat.stx_ino,
          .generation = has_birth ? birth : 0};
}

uint64_t GenerationOf(int fd) {
  // A file's handle, which its file system knows it by even when it has been away.
  struct {
    file_handle header;
    alignas(uint64_t) unsigned char bytes[MAX_HANDLE_SZ];
  } handle = {};
  handle.header.handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (name_to_handle_at(fd, "", &handle.header, &mount, AT_EMPTY_PATH) != 0) return 0;
  uint64_t words[MAX_HANDLE_SZ / sizeof(uint64_t)] = {};
  std::memcpy(words, handle.header.f_handle, handle.header.handle_bytes);
  uint64_t generation = static_cast<uint64_t>(handle.header.handle_type);
  for (const uint64_t word : words) generation = (generation ^ word) * 0x9e3779b97f4a7c15;
  return generation;
}

Stat ToStat(const struct statx& stat) {
  return {.type = TypeOf(stat.stx_mode),
          .link_count = stat.stx_nlink,
          .size = stat.stx_size,
          .accessed = Since1970(stat.stx_atime, (stat.stx_mask & STATX_ATIME) != 0),
          .modified = Since1970(stat.stx_mtime, (stat.stx_mask & STATX_MTIME) != 0),
          .status_changed = Since1970(stat.stx_ctime, (stat.stx_mask & STATX_CTIME) != 0)};
}

Result<Fd> OpenName(int directory, Name name, int flags) {
  while (true) {
    const int fd =
        openat(directory, KernelName(name).get(), flags | O_NOFOLLOW | O_CLOEXEC, kFileMode);
    if (fd >= 0) return Fd(fd);
    if (errno != EINTR) return std::unexpected(OpenError(errno));
  }
}

Result<Fd> OpenBeneathOf(int directory, const char* path, int flags) {
  for (int attempt = 0; attempt < kOpenAttempts;) {
    const int fd = OpenAt2(directory, path, flags);
    if (fd >= 0) return Fd(fd);
    if (errno == EXDEV) return std::unexpected(Error::kNotPermitted);
    if (errno == EAGAIN) ++attempt;
    if (errno != EAGAIN && errno != EINTR) return std::unexpected(OpenError(errno));
  }
  return std::unexpected(Error::kBusy);
}

bool CanOpenBeneath(int directory) {
  return Fd(OpenAt2(directory, ".", O_PATH | O_DIRECTORY)).get() >= 0;
}

}  // namespace davit::wasi::fs
