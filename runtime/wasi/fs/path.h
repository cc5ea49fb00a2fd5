#ifndef DAVIT_RUNTIME_WASI_FS_PATH_H_
#define DAVIT_RUNTIME_WASI_FS_PATH_H_

#include <cstddef>
#include <string_view>

#include "runtime/wasi/fs/error.h"

namespace davit::wasi::fs {

// A path and a symbolic link's target are shorter than PATH_MAX, which counts the NUL.
inline constexpr size_t kMaxPathBytes = 4095;
inline constexpr size_t kMaxNameBytes = 255;
// As many symbolic links may be followed on the way along one path; Linux has the same.
inline constexpr int kMaxLinksFollowed = 40;

// What can be told of a path without looking at any file: no-entry if it is empty, invalid if a NUL
// is in it (in C it would end there), illegal-byte-sequence, not-permitted if it begins with a
// slash, name-too-long if it or one of its components is. A backslash is like any other character.
Result<void> CheckPath(std::string_view path);
// The same for what a symbolic link may be made to lead to; its components are looked at when it is
// followed.
Result<void> CheckLinkTarget(std::string_view target);

// One component of a path. `slash`: one or more slashes follow it.
struct Name {
  std::string_view text;
  bool slash = false;

  bool IsDot() const { return text == "."; }
  bool IsDotDot() const { return text == ".."; }
};

// A path whose last component has been taken off.
struct SplitPath {
  std::string_view parent;  // with its slash; empty for none
  Name last;
};
// REQUIRES: CheckPath(path).
SplitPath SplitLast(std::string_view path);

// Takes the first component and the slashes before it off `path`; the slashes after it stay.
// REQUIRES: there is a component.
Name TakeFirst(std::string_view& path);
// Whether nothing but slashes is left.
bool IsOver(std::string_view path);

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_PATH_H_
