#ifndef DAVIT_SERVER_REGISTRY_FILES_H_
#define DAVIT_SERVER_REGISTRY_FILES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Files as the registry needs them. Every failure is the absl::Status of its errno with the path.
namespace davit::server {

// A file descriptor that closes itself.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  int fd() const { return fd_; }
  // Reads at `offset` until `out` is full or the file ends; how many bytes.
  absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> out) const;

 private:
  int fd_ = -1;
};

absl::StatusOr<File> OpenForReading(const std::string& path);
absl::StatusOr<std::string> ReadFile(const std::string& path);
// Puts `bytes` at `path`: whole and on disk when this returns OK, not at all otherwise, also after
// a crash. Replaces what was there. Leftovers of a crash end in kTemporarySuffix.
absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes);
inline constexpr std::string_view kTemporarySuffix = ".tmp";
// Missing is fine.
absl::Status RemoveFile(const std::string& path);
// The names of what is in a directory, sorted.
absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path);
// With all parents.
absl::Status MakeDirectory(const std::string& path);
// A new directory that nobody else uses.
absl::StatusOr<std::string> MakeTemporaryDirectory();
// With everything in it, as far as that goes.
void RemoveTree(const std::string& path);
// Holds `path` until the File is closed. FAILED_PRECONDITION when another process does.
absl::StatusOr<File> LockFile(const std::string& path);

}  // namespace davit::server

#endif  // DAVIT_SERVER_REGISTRY_FILES_H_
