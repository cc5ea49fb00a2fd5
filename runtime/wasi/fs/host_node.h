#ifndef DAVIT_RUNTIME_WASI_FS_HOST_NODE_H_
#define DAVIT_RUNTIME_WASI_FS_HOST_NODE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/host_fd.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

// What the nodes of one host directory have in common.
struct HostScope {
  bool resolves_paths = true;  // by openat2
  // What the walker may not leave; by its device where the kernel does not tell the mount.
  uint64_t mount = 0;
  uint64_t device = 0;
};

// A file, directory or symbolic link of the host, or with kLocate anything else, by a file
// descriptor. It has no state but that, so that threads may share it. What it creates has the
// permissions that the process's umask leaves.
class HostNode final : public Node {
 public:
  // `fd` was opened for `access`. not-permitted for what is on another mount, or is opened to be
  // read or written and is neither a file nor a directory.
  static Result<NodePtr> Make(Fd fd, OpenHow::Access access,
                              std::shared_ptr<const HostScope> scope);
  // The root of `scope`, whatever its mount.
  static Result<NodePtr> MakeRoot(Fd fd, bool resolves_paths);

  bool MayBlock() const override { return true; }
  const void* tree() const override { return scope_.get(); }
  Result<Stat> GetStat() const override;
  Result<void> SetTimes(const NewTimestamp& accessed, const NewTimestamp& modified) override;
  Identity GetIdentity() const override;
  Result<void> Sync(What what) override;

  Result<ReadResult> Read(std::span<std::byte> into, uint64_t offset) override;
  Result<ReadResult> ReadNow(std::span<std::byte> into, uint64_t offset) override;
  Result<size_t> Write(std::span<const std::byte> bytes, uint64_t offset) override;
  Result<size_t> Append(std::span<const std::byte> bytes) override;
  Result<void> SetSize(uint64_t size) override;
  void Advise(uint64_t offset, uint64_t length, Advice advice) override;

  Result<std::string> ReadLink() const override;

  Result<NodePtr> Open(Name name, const OpenHow& how) override;
  bool ResolvesPaths() const override { return IsDirectory() && scope_->resolves_paths; }
  Result<NodePtr> OpenBeneath(std::string_view path, const OpenHow& how) override;
  Result<std::unique_ptr<Listing>> List() override;
  Result<void> CreateDirectory(Name name) override;
  Result<void> CreateSymlink(std::string_view target, Name name) override;
  Result<void> Unlink(Name name) override;
  Result<void> RemoveDirectory(Name name) override;
  Result<void> Link(Name name, Node& to, Name new_name) override;
  Result<void> Rename(Name name, Node& to, Name new_name) override;

 private:
  HostNode(Fd fd, const struct statx& stat, std::shared_ptr<const HostScope> scope);

  Result<ReadResult> EndOfRead(size_t size, size_t wanted, uint64_t offset) const;

  const Fd fd_;
  const Identity identity_;
  const std::shared_ptr<const HostScope> scope_;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_HOST_NODE_H_
