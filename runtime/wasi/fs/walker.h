#ifndef DAVIT_RUNTIME_WASI_FS_WALKER_H_
#define DAVIT_RUNTIME_WASI_FS_WALKER_H_

#include <string_view>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

// From paths to nodes. No step leads above the directory that the path is relative to, even if a
// later one would come back: not-permitted, as is a symbolic link to an absolute path. Paths must
// have passed CheckPath, and `base` must be a directory. The codes are those of Linux.
namespace davit::wasi::fs {

Result<NodePtr> OpenAt(const NodePtr& base, std::string_view path, const OpenHow& how);
Result<NodePtr> LocateAt(const NodePtr& base, std::string_view path, Follow follow);

// The directory that has, or is to have, the last component of a path. That may be "." or "..",
// which lead somewhere beneath `base` then.
struct Place {
  NodePtr directory;
  Name name;  // of the path's bytes

  bool IsDots() const { return name.IsDot() || name.IsDotDot(); }
};
Result<Place> PlaceAt(const NodePtr& base, std::string_view path);

// The same as OpenAt, always component by component.
Result<NodePtr> WalkAt(const NodePtr& base, std::string_view path, const OpenHow& how);

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_WALKER_H_
