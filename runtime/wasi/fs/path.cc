#include "runtime/wasi/fs/path.h"

#include <algorithm>
#include <cstddef>
#include <expected>
#include <string_view>

#include "runtime/wasi/fs/error.h"
#include "simdutf.h"

namespace davit::wasi::fs {
namespace {

bool HasLongComponent(std::string_view path) {
  if (path.size() <= kMaxNameBytes) return false;
  while (!IsOver(path)) {
    if (TakeFirst(path).text.size() > kMaxNameBytes) return true;
  }
  return false;
}

}  // namespace

Result<void> CheckLinkTarget(std::string_view target) {
  if (target.empty()) return std::unexpected(Error::kNoEntry);
  if (target.contains('\0')) return std::unexpected(Error::kInvalid);
  if (target.front() == '/') return std::unexpected(Error::kNotPermitted);
  if (target.size() > kMaxPathBytes) return std::unexpected(Error::kNameTooLong);
  if (!simdutf::validate_utf8(target.data(), target.size())) {
    return std::unexpected(Error::kIllegalByteSequence);
  }
  return {};
}

Result<void> CheckPath(std::string_view path) {
  DAVIT_FS_RETURN_IF_ERROR(CheckLinkTarget(path));
  if (HasLongComponent(path)) return std::unexpected(Error::kNameTooLong);
  return {};
}

SplitPath SplitLast(std::string_view path) {
  const size_t end = path.find_last_not_of('/') + 1;
  const size_t slash = path.substr(0, end).rfind('/');
  const size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
  return {.parent = path.substr(0, begin),
          .last = {.text = path.substr(begin, end - begin), .slash = end < path.size()}};
}

Name TakeFirst(std::string_view& path) {
  path.remove_prefix(path.find_first_not_of('/'));
  const size_t end = std::min(path.find('/'), path.size());
  const Name first{.text = path.substr(0, end), .slash = end < path.size()};
  path.remove_prefix(end);
  return first;
}

bool IsOver(std::string_view path) { return path.find_first_not_of('/') == std::string_view::npos; }

}  // namespace davit::wasi::fs
