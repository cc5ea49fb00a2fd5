#include "server/registry/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::server {
namespace {

// What goes wrong with files is nobody's fault but ours, except that one is not there.
absl::Status ErrorOf(int error, std::string_view what, std::string_view path) {
  const absl::Status status = absl::ErrnoToStatus(error, absl::StrCat(what, " ", path));
  return absl::IsNotFound(status) ? status : absl::InternalError(status.message());
}

absl::Status ErrnoError(std::string_view what, std::string_view path) {
  return ErrorOf(errno, what, path);
}

absl::StatusOr<File> Open(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0) return ErrnoError("open", path);
  return File(fd);
}

absl::Status WriteAll(const File& file, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file.fd(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoError("write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status Sync(const File& file, const std::string& path) {
  return fsync(file.fd()) == 0 ? absl::OkStatus() : ErrnoError("fsync", path);
}

absl::Status WriteTemporary(const std::string& path, std::string_view bytes) {
  DAVIT_ASSIGN_OR_RETURN(const File file, Open(path, O_WRONLY | O_CREAT | O_EXCL));
  DAVIT_RETURN_IF_ERROR(WriteAll(file, path, bytes));
  return Sync(file, path);
}

absl::Status SyncParent(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  DAVIT_ASSIGN_OR_RETURN(const File directory, Open(parent, O_RDONLY | O_DIRECTORY));
  return Sync(directory, parent);
}

std::string TemporaryName(const std::string& path) {
  static std::atomic<uint64_t> number = 0;
  return absl::StrCat(path, ".", getpid(), ".", number.fetch_add(1), kTemporarySuffix);
}

}  // namespace

File::~File() {
  if (fd_ >= 0) close(fd_);
}

File::File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

absl::StatusOr<size_t> File::ReadAt(uint64_t offset, std::span<char> out) const {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError("read", "");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

absl::StatusOr<File> OpenForReading(const std::string& path) { return Open(path, O_RDONLY); }

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  DAVIT_ASSIGN_OR_RETURN(const File file, OpenForReading(path));
  struct stat info{};
  if (fstat(file.fd(), &info) != 0) return ErrnoError("size of", path);
  if (!S_ISREG(info.st_mode)) return absl::InternalError(absl::StrCat(path, " is no file"));
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  DAVIT_ASSIGN_OR_RETURN(const size_t size, file.ReadAt(0, bytes));
  bytes.resize(size);
  return bytes;
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes) {
  const std::string temporary = TemporaryName(path);
  absl::Status status = WriteTemporary(temporary, bytes);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = ErrnoError("rename", temporary);
  }
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  return SyncParent(path);
}

absl::Status RemoveFile(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoError("remove", path);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return ErrorOf(error.value(), "list", path);
  std::ranges::sort(names);
  return names;
}

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return ErrorOf(error.value(), "make directory", path);
  return absl::OkStatus();
}

absl::StatusOr<std::string> MakeTemporaryDirectory() {
  std::error_code error;
  std::string path = (std::filesystem::temp_directory_path(error) / "davit-XXXXXX").string();
  if (error || mkdtemp(path.data()) == nullptr) return ErrnoError("make directory", path);
  return path;
}

void RemoveTree(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

absl::StatusOr<File> LockFile(const std::string& path) {
  DAVIT_ASSIGN_OR_RETURN(File file, Open(path, O_RDWR | O_CREAT));
  if (flock(file.fd(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return ErrnoError("lock", path);
  return absl::FailedPreconditionError(absl::StrCat(path, " is in use by another process"));
}

}  // namespace davit::server
