#ifndef DAVIT_RUNTIME_WASI_FS_HOST_DIRECTORY_H_
#define DAVIT_RUNTIME_WASI_FS_HOST_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/wasi/fs/node.h"

namespace davit::wasi::fs {

// A directory of the host that its operator lets guests have, and all below it on the same mount.
// Immutable and shared by threads and instances; what is in it is what the disk has, without
// quotas.
class HostDirectory final : public Tree {
 public:
  enum class Resolve : uint8_t {
    kBest,
    kWalk,  // component by component, as where openat2 is missing or forbidden
  };

  // NOT_FOUND and the like as `path` cannot be opened; INVALID_ARGUMENT for the root of the host's
  // files, which is never let out.
  static absl::StatusOr<std::shared_ptr<HostDirectory>> Open(const std::string& path,
                                                             Resolve resolve = Resolve::kBest);

  NodePtr Root() override { return root_; }
  // What guests have done here stays.
  void Reset() override {}

 private:
  explicit HostDirectory(NodePtr root) : root_(std::move(root)) {}

  const NodePtr root_;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_HOST_DIRECTORY_H_
