#ifndef DAVIT_RUNTIME_WASI_FS_HOST_FD_H_
#define DAVIT_RUNTIME_WASI_FS_HOST_FD_H_

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <utility>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

// The system calls that host directories need, with their errors in our words.
namespace davit::wasi::fs {

// An open file descriptor of the process.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }

 private:
  int fd_;
};

// A name as the kernel wants it, with its slash and a NUL. REQUIRES: CheckPath(name.text).
class KernelName {
 public:
  explicit KernelName(Name name);
  const char* get() const { return bytes_; }

 private:
  char bytes_[kMaxNameBytes + 2];
};

// What is asked of every file: see statx(2).
Result<struct statx> StatFd(int fd);
DescriptorType TypeOf(uint32_t mode);
// By what statx tells, with the time of birth for its generation.
Identity IdentityOf(const struct statx& stat);
// What tells a file from those that had its inode number before; zero where the file system does
// not say.
uint64_t GenerationOf(int fd);
Stat ToStat(const struct statx& stat);

// One component, which is not followed if it is a symbolic link.
Result<Fd> OpenName(int directory, Name name, int flags);
// A whole path that stays beneath `directory` and on its mount; not-permitted where it would not.
// busy when others kept moving directories meanwhile.
Result<Fd> OpenBeneathOf(int directory, const char* path, int flags);
// Whether the kernel has what OpenBeneathOf needs, and lets this process have it.
bool CanOpenBeneath(int directory);

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_HOST_FD_H_
