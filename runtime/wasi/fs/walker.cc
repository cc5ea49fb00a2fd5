#include "runtime/wasi/fs/walker.h"

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

// More directories than so many are not kept open at a time: in a host directory each takes a file
// descriptor of the process.
constexpr size_t kMaxDirectoriesHeld = 256;

// One way along one path. `..` leads back the way that was come, and so never further up than where
// it began, whoever moves directories meanwhile.
class Walk {
 public:
  Walk(const NodePtr& base, std::string_view path) : held_{base}, rest_(path) {}

  Result<NodePtr> Open(const OpenHow& how) {
    while (true) {
      const Name name = TakeFirst(rest_);
      if (!IsOver(rest_)) {
        DAVIT_FS_RETURN_IF_ERROR(Enter(name));
        continue;
      }
      DAVIT_FS_ASSIGN_OR_RETURN(std::optional<NodePtr> opened, OpenLast(name, how));
      if (opened) return *std::move(opened);
    }
  }

 private:
  const NodePtr& directory() const { return held_.back(); }

  Result<void> Enter(Name name) {
    if (name.IsDot()) return {};
    if (name.IsDotDot()) return Leave();
    DAVIT_FS_ASSIGN_OR_RETURN(NodePtr node, Locate(name));
    if (node->IsSymbolicLink()) return Expand(*node);
    if (!node->IsDirectory()) return std::unexpected(Error::kNotDirectory);
    if (held_.size() == kMaxDirectoriesHeld) return std::unexpected(Error::kNameTooLong);
    held_.push_back(std::move(node));
    return {};
  }

  Result<void> Leave() {
    if (held_.size() == 1) return std::unexpected(Error::kNotPermitted);
    held_.pop_back();
    return {};
  }

  Result<NodePtr> Locate(Name name) const {
    // That of a link's target has not been looked at before.
    if (name.text.size() > kMaxNameBytes) return std::unexpected(Error::kNameTooLong);
    return directory()->Open({.text = name.text}, {});
  }

  // Goes on along the target of a symbolic link, and then along the rest.
  Result<void> Expand(const Node& link) {
    if (++links_followed_ > kMaxLinksFollowed) return std::unexpected(Error::kLoop);
    DAVIT_FS_ASSIGN_OR_RETURN(std::string path, link.ReadLink());
    // An empty target is none that a file system ought to have.
    if (path.empty()) return std::unexpected(Error::kNoEntry);
    if (path.starts_with('/')) return std::unexpected(Error::kNotPermitted);
    path += rest_;
    expanded_ = std::move(path);
    rest_ = expanded_;
    return {};
  }

  // Nothing: it was a symbolic link, and the way goes on.
  Result<std::optional<NodePtr>> OpenLast(Name name, const OpenHow& how) {
    if (name.IsDotDot()) {
      DAVIT_FS_RETURN_IF_ERROR(Leave());
      name.text = ".";
    }
    if (!name.IsDot() && Follows(name, how)) {
      const Result<NodePtr> located = Locate(name);
      if (located && (*located)->IsSymbolicLink()) {
        DAVIT_FS_RETURN_IF_ERROR(Expand(**located));
        return std::nullopt;
      }
      if (!located && located.error() != Error::kNoEntry) return std::unexpected(located.error());
    }
    if (name.text.size() > kMaxNameBytes) return std::unexpected(Error::kNameTooLong);
    DAVIT_FS_ASSIGN_OR_RETURN(NodePtr node, directory()->Open(name, how));
    return node;
  }

  static bool Follows(Name name, const OpenHow& how) {
    if (how.create && (how.exclusive || name.slash)) return false;
    return how.follow == Follow::kYes || name.slash;
  }

  absl::InlinedVector<NodePtr, 8> held_;  // the directories from the base to where it has come
  std::string_view rest_;
  std::string expanded_;  // what `rest_` is of, once a link has been followed
  int links_followed_ = 0;
};

}  // namespace

Result<NodePtr> WalkAt(const NodePtr& base, std::string_view path, const OpenHow& how) {
  return Walk(base, path).Open(how);
}

Result<NodePtr> OpenAt(const NodePtr& base, std::string_view path, const OpenHow& how) {
  return base->ResolvesPaths() ? base->OpenBeneath(path, how) : WalkAt(base, path, how);
}

Result<NodePtr> LocateAt(const NodePtr& base, std::string_view path, Follow follow) {
  return OpenAt(base, path, {.follow = follow});
}

Result<Place> PlaceAt(const NodePtr& base, std::string_view path) {
  const SplitPath split = SplitLast(path);
  // Where it leads has to be known to be beneath the base.
  if (split.last.IsDotDot()) DAVIT_FS_RETURN_IF_ERROR(LocateAt(base, path, Follow::kYes));
  if (split.parent.empty()) return Place{.directory = base, .name = split.last};
  DAVIT_FS_ASSIGN_OR_RETURN(
      NodePtr directory, OpenAt(base, split.parent, {.directory = true, .follow = Follow::kYes}));
  return Place{.directory = std::move(directory), .name = split.last};
}

}  // namespace davit::wasi::fs
