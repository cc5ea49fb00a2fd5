#ifndef DAVIT_RUNTIME_ENGINE_CODE_CODE_CACHE_H_
#define DAVIT_RUNTIME_ENGINE_CODE_CODE_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace davit::engine {

// Compiled code in a directory, one file per module. What is in there is executed, so the directory
// must belong to this user and be writable by nobody else. A file that is damaged, or of another
// module or engine, is as good as none. Thread-safe, also among processes: files appear under their
// names complete.
class CodeCache {
 public:
  using Key = std::array<uint8_t, 32>;

  // Makes the directory if it does not exist (its parent must). `engine` says which V8 with which
  // flags made the code: other values have other files.
  // Errors: FAILED_PRECONDITION when it is no directory, or others may write to it.
  static absl::StatusOr<std::unique_ptr<CodeCache>> Open(std::string directory,
                                                         std::string_view engine,
                                                         uint64_t max_bytes);

  // Of a module's bytes.
  Key KeyOf(std::span<const uint8_t> module) const;

  // The code last stored under this key, or nullopt.
  std::optional<std::string> Load(const Key& key) const;
  // Replaces what is there. Then removes the files that were used least recently, until all are
  // within max_bytes. Errors: RESOURCE_EXHAUSTED when the file cannot be written.
  absl::Status Store(const Key& key, std::span<const uint8_t> code) const;

 private:
  CodeCache(std::string directory, std::string_view engine, uint64_t max_bytes)
      : directory_(std::move(directory)), engine_(engine), max_bytes_(max_bytes) {}
  std::string PathOf(const Key& key) const;
  void Trim() const;

  const std::string directory_, engine_;
  const uint64_t max_bytes_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CODE_CODE_CACHE_H_
