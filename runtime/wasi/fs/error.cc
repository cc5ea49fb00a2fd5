#include "runtime/wasi/fs/error.h"

#include <array>
#include <string_view>

namespace davit::wasi::fs {

std::string_view ErrorName(Error error) {
  static constexpr auto kNames = std::to_array<std::string_view>({
      "access",
      "would-block",
      "already",
      "bad-descriptor",
      "busy",
      "deadlock",
      "quota",
      "exist",
      "file-too-large",
      "illegal-byte-sequence",
      "in-progress",
      "interrupted",
      "invalid",
      "io",
      "is-directory",
      "loop",
      "too-many-links",
      "message-size",
      "name-too-long",
      "no-device",
      "no-entry",
      "no-lock",
      "insufficient-memory",
      "insufficient-space",
      "not-directory",
      "not-empty",
      "not-recoverable",
      "unsupported",
      "no-tty",
      "no-such-device",
      "overflow",
      "not-permitted",
      "pipe",
      "read-only",
      "invalid-seek",
      "text-file-busy",
      "cross-device",
  });
  static_assert(kNames.size() == kErrors);
  static_assert(static_cast<int>(Error::kCrossDevice) + 1 == kErrors);
  return kNames[static_cast<size_t>(error)];
}

}  // namespace davit::wasi::fs
