#include "runtime/wasi/fs/host_directory.h"

#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/host_fd.h"
#include "runtime/wasi/fs/host_node.h"
#include "runtime/wasi/fs/node.h"

namespace davit::wasi::fs {

absl::StatusOr<std::shared_ptr<HostDirectory>> HostDirectory::Open(const std::string& path,
                                                                   Resolve resolve) {
  Fd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return absl::ErrnoToStatus(errno, absl::StrCat("host directory ", path));
  const Fd top(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto identity = StatFd(fd.get()).transform(IdentityOf);
  if (identity && identity == StatFd(top.get()).transform(IdentityOf)) {
    return absl::InvalidArgumentError(
        absl::StrCat("host directory ", path, ": guests never get the whole host"));
  }
  const bool resolves_paths = resolve == Resolve::kBest && CanOpenBeneath(fd.get());
  Result<NodePtr> root = HostNode::MakeRoot(std::move(fd), resolves_paths);
  if (!root) {
    return absl::UnavailableError(
        absl::StrCat("host directory ", path, ": ", ErrorName(root.error())));
  }
  return std::shared_ptr<HostDirectory>(new HostDirectory(*std::move(root)));
}

}  // namespace davit::wasi::fs
