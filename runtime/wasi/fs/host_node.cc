#include "runtime/wasi/fs/host_node.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/host_errno.h"
#include "runtime/wasi/fs/host_fd.h"
#include "runtime/wasi/fs/host_listing.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

constexpr mode_t kDirectoryMode = 0777;

int FlagsOf(const OpenHow& how) {
  const int directory = how.directory ? O_DIRECTORY : 0;
  const int follow = how.follow == Follow::kYes ? 0 : O_NOFOLLOW;
  if (how.access == OpenHow::Access::kLocate) return O_PATH | directory | follow;
  // Without waiting for the other end of a FIFO, and without becoming the terminal's session.
  int flags = O_NONBLOCK | O_NOCTTY | directory | follow;
  if (how.access == OpenHow::Access::kRead) flags |= O_RDONLY;
  if (how.access == OpenHow::Access::kWrite) flags |= O_WRONLY;
  if (how.access == OpenHow::Access::kReadWrite) flags |= O_RDWR;
  if (how.create) flags |= O_CREAT;
  if (how.create && how.exclusive) flags |= O_EXCL;
  if (how.truncate) flags |= O_TRUNC;
  if (how.file_integrity_sync) flags |= O_SYNC;
  if (how.data_integrity_sync) flags |= O_DSYNC;
  return flags;
}

timespec KernelTime(const NewTimestamp& time) {
  if (std::holds_alternative<NoChange>(time)) return {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
  if (std::holds_alternative<Now>(time)) return {.tv_sec = 0, .tv_nsec = UTIME_NOW};
  const Timestamp& given = std::get<Timestamp>(time);
  return {.tv_sec = static_cast<time_t>(given.seconds), .tv_nsec = given.nanoseconds};
}

bool IsOnMount(const struct statx& stat, const HostScope& scope) {
  if ((stat.stx_mask & STATX_MNT_ID) != 0) return stat.stx_mnt_id == scope.mount;
  return IdentityOf(stat).device == scope.device;
}

// Calls again what a signal has interrupted.
template <typename Call>
auto Uninterrupted(Call call) {
  while (true) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

Result<void> Done(int result) {
  if (result != 0) return LastError();
  return {};
}

Result<size_t> Count(ssize_t result) {
  if (result < 0) return LastError();
  return static_cast<size_t>(result);
}

}  // namespace

HostNode::HostNode(Fd fd, const struct statx& stat, std::shared_ptr<const HostScope> scope)
    : Node(TypeOf(stat.stx_mode)),
      fd_(std::move(fd)),
      identity_(IdentityOf(stat)),
      scope_(std::move(scope)) {}

Result<NodePtr> HostNode::Make(Fd fd, OpenHow::Access access,
                               std::shared_ptr<const HostScope> scope) {
  DAVIT_FS_ASSIGN_OR_RETURN(const struct statx stat, StatFd(fd.get()));
  const DescriptorType type = TypeOf(stat.stx_mode);
  const bool can_be_opened =
      type == DescriptorType::kRegularFile || type == DescriptorType::kDirectory;
  if (access != OpenHow::Access::kLocate && !can_be_opened) {
    return std::unexpected(Error::kNotPermitted);
  }
  if (!scope->resolves_paths && !IsOnMount(stat, *scope)) {
    return std::unexpected(Error::kNotPermitted);
  }
  return NodePtr(new HostNode(std::move(fd), stat, std::move(scope)));
}

Result<NodePtr> HostNode::MakeRoot(Fd fd, bool resolves_paths) {
  DAVIT_FS_ASSIGN_OR_RETURN(const struct statx stat, StatFd(fd.get()));
  auto scope = std::make_shared<const HostScope>(HostScope{.resolves_paths = resolves_paths,
                                                           .mount = stat.stx_mnt_id,
                                                           .device = IdentityOf(stat).device});
  return NodePtr(new HostNode(std::move(fd), stat, std::move(scope)));
}

// -- Anything --

Result<Stat> HostNode::GetStat() const {
  DAVIT_FS_ASSIGN_OR_RETURN(const struct statx stat, StatFd(fd_.get()));
  return ToStat(stat);
}

Result<void> HostNode::SetTimes(const NewTimestamp& accessed, const NewTimestamp& modified) {
  const timespec times[] = {KernelTime(accessed), KernelTime(modified)};
  return Done(utimensat(fd_.get(), "", times, AT_EMPTY_PATH));
}

Identity HostNode::GetIdentity() const {
  // Times of birth are those of a coarse clock.
  Identity identity = identity_;
  identity.generation ^= GenerationOf(fd_.get());
  return identity;
}

Result<void> HostNode::Sync(What what) {
  return Done(
      Uninterrupted([&] { return what == What::kData ? fdatasync(fd_.get()) : fsync(fd_.get()); }));
}

// -- Files --

Result<ReadResult> HostNode::EndOfRead(size_t size, size_t wanted, uint64_t offset) const {
  if (size == wanted && wanted > 0) return ReadResult{.size = size, .end = false};
  DAVIT_FS_ASSIGN_OR_RETURN(const struct statx stat, StatFd(fd_.get()));
  return ReadResult{.size = size, .end = offset + size >= stat.stx_size};
}

Result<ReadResult> HostNode::Read(std::span<std::byte> into, uint64_t offset) {
  if (IsDirectory()) return Node::Read(into, offset);
  DAVIT_FS_ASSIGN_OR_RETURN(const size_t size, Count(Uninterrupted([&] {
                              return pread(fd_.get(), into.data(), into.size(),
                                           static_cast<off_t>(offset));
                            })));
  return EndOfRead(size, into.size(), offset);
}

Result<ReadResult> HostNode::ReadNow(std::span<std::byte> into, uint64_t offset) {
  if (IsDirectory()) return Node::Read(into, offset);
  const iovec to = {.iov_base = into.data(), .iov_len = into.size()};
  const ssize_t size = Uninterrupted(
      [&] { return preadv2(fd_.get(), &to, 1, static_cast<off_t>(offset), RWF_NOWAIT); });
  if (size < 0) {
    // Not every file system can tell whether it would wait.
    const bool cannot_tell = errno == EOPNOTSUPP || errno == ENOSYS;
    return std::unexpected(cannot_tell ? Error::kWouldBlock : ErrorOfErrno(errno));
  }
  DAVIT_FS_ASSIGN_OR_RETURN(const ReadResult read,
                            EndOfRead(static_cast<size_t>(size), into.size(), offset));
  if (read.size == 0 && !read.end && !into.empty()) return std::unexpected(Error::kWouldBlock);
  return read;
}

Result<size_t> HostNode::Write(std::span<const std::byte> bytes, uint64_t offset) {
  if (IsDirectory()) return Node::Write(bytes, offset);
  return Count(Uninterrupted(
      [&] { return pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); }));
}

Result<size_t> HostNode::Append(std::span<const std::byte> bytes) {
  if (IsDirectory()) return Node::Append(bytes);
  const iovec from = {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  return Count(Uninterrupted([&] { return pwritev2(fd_.get(), &from, 1, 0, RWF_APPEND); }));
}

Result<void> HostNode::SetSize(uint64_t size) {
  return Done(Uninterrupted([&] { return ftruncate(fd_.get(), static_cast<off_t>(size)); }));
}

void HostNode::Advise(uint64_t offset, uint64_t length, Advice advice) {
  static constexpr int kAdvice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                    POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  const auto clamped = [](uint64_t n) {
    return static_cast<off_t>(std::min<uint64_t>(n, INT64_MAX));
  };
  // Advice that the kernel cannot take is as good as none.
  (void)posix_fadvise(fd_.get(), clamped(offset), clamped(length),
                      kAdvice[static_cast<size_t>(advice)]);
}

// -- Symbolic links --

Result<std::string> HostNode::ReadLink() const {
  if (!IsSymbolicLink()) return Node::ReadLink();
  char target[kMaxPathBytes + 1];
  DAVIT_FS_ASSIGN_OR_RETURN(const size_t size,
                            Count(readlinkat(fd_.get(), "", target, sizeof target)));
  if (size > kMaxPathBytes) return std::unexpected(Error::kNameTooLong);
  return std::string(target, size);
}

// -- Directories --

Result<NodePtr> HostNode::Open(Name name, const OpenHow& how) {
  if (!IsDirectory()) return Node::Open(name, how);
  DAVIT_FS_ASSIGN_OR_RETURN(Fd fd, OpenName(fd_.get(), name, FlagsOf(how)));
  return Make(std::move(fd), how.access, scope_);
}

Result<NodePtr> HostNode::OpenBeneath(std::string_view path, const OpenHow& how) {
  DAVIT_FS_ASSIGN_OR_RETURN(Fd fd,
                            OpenBeneathOf(fd_.get(), std::string(path).c_str(), FlagsOf(how)));
  return Make(std::move(fd), how.access, scope_);
}

Result<std::unique_ptr<Listing>> HostNode::List() {
  if (!IsDirectory()) return Node::List();
  DAVIT_FS_ASSIGN_OR_RETURN(Fd fd, OpenName(fd_.get(), {.text = "."}, O_RDONLY | O_DIRECTORY));
  return MakeHostListing(std::move(fd));
}

Result<void> HostNode::CreateDirectory(Name name) {
  return Done(mkdirat(fd_.get(), KernelName(name).get(), kDirectoryMode));
}

Result<void> HostNode::CreateSymlink(std::string_view target, Name name) {
  return Done(symlinkat(std::string(target).c_str(), fd_.get(), KernelName(name).get()));
}

Result<void> HostNode::Unlink(Name name) {
  return Done(unlinkat(fd_.get(), KernelName(name).get(), 0));
}

Result<void> HostNode::RemoveDirectory(Name name) {
  return Done(unlinkat(fd_.get(), KernelName(name).get(), AT_REMOVEDIR));
}

Result<void> HostNode::Link(Name name, Node& to, Name new_name) {
  if (to.tree() != tree()) return std::unexpected(Error::kCrossDevice);
  // With its slash the kernel would follow the old name.
  name.slash = false;
  return Done(linkat(fd_.get(), KernelName(name).get(), static_cast<HostNode&>(to).fd_.get(),
                     KernelName(new_name).get(), 0));
}

Result<void> HostNode::Rename(Name name, Node& to, Name new_name) {
  if (to.tree() != tree()) return std::unexpected(Error::kCrossDevice);
  return Done(renameat2(fd_.get(), KernelName(name).get(), static_cast<HostNode&>(to).fd_.get(),
                        KernelName(new_name).get(), 0));
}

}  // namespace davit::wasi::fs
