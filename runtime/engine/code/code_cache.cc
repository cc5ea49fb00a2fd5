#include "runtime/engine/code/code_cache.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::engine {
namespace {

namespace fs = std::filesystem;

// A file: magic, key, SHA-256 of the code, the code.
constexpr std::string_view kMagic = "davit code 1\n\n\n\n";
constexpr std::string_view kSuffix = ".code";
constexpr size_t kHashBytes = 32;
constexpr size_t kHeaderBytes = kMagic.size() + 2 * kHashBytes;

using Hash = std::array<uint8_t, kHashBytes>;

Hash HashOf(std::span<const uint8_t> bytes) {
  Hash hash;
  SHA256(bytes.data(), bytes.size(), hash.data());
  return hash;
}

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool ok() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

absl::Status SystemError(std::string_view what, std::string_view path) {
  return absl::ResourceExhaustedError(
      absl::StrCat("code cache: ", what, " ", path, ": ", std::strerror(errno)));
}

absl::Status WriteAll(const File& file, std::string_view path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return SystemError("write", path);
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

std::optional<std::string> ReadAll(const File& file, size_t size) {
  std::string bytes(size, '\0');
  for (size_t done = 0; done < size;) {
    const ssize_t n = read(file.get(), bytes.data() + done, size - done);
    if (n == 0 || (n < 0 && errno != EINTR)) return std::nullopt;
    if (n > 0) done += static_cast<size_t>(n);
  }
  return bytes;
}

// The code in a file's contents if all of it is as it was written.
std::optional<std::string> Unwrap(std::string_view contents, const CodeCache::Key& key) {
  if (contents.size() < kHeaderBytes || !absl::StartsWith(contents, kMagic)) return std::nullopt;
  const std::string_view code = contents.substr(kHeaderBytes);
  const Hash hash = HashOf(AsBytes(code));
  if (contents.substr(kMagic.size(), kHashBytes) != AsText(key) ||
      contents.substr(kMagic.size() + kHashBytes, kHashBytes) != AsText(hash)) {
    return std::nullopt;
  }
  return std::string(code);
}

}  // namespace

absl::StatusOr<std::unique_ptr<CodeCache>> CodeCache::Open(std::string directory,
                                                           std::string_view engine,
                                                           uint64_t max_bytes) {
  mkdir(directory.c_str(), 0700);
  struct stat status;
  if (stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat("code cache: no directory ", directory));
  }
  if (status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("code cache: others may write to ", directory));
  }
  return std::unique_ptr<CodeCache>(new CodeCache(std::move(directory), engine, max_bytes));
}

CodeCache::Key CodeCache::KeyOf(std::span<const uint8_t> module) const {
  const Hash module_hash = HashOf(module);
  return HashOf(AsBytes(absl::StrCat(AsText(module_hash), engine_)));
}

std::string CodeCache::PathOf(const Key& key) const {
  return absl::StrCat(directory_, "/", absl::BytesToHexString(AsText(key)), kSuffix);
}

std::optional<std::string> CodeCache::Load(const Key& key) const {
  const File file(open(PathOf(key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status;
  if (!file.ok() || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size > max_bytes_) return std::nullopt;
  const auto contents = ReadAll(file, size);
  if (!contents.has_value()) return std::nullopt;
  futimens(file.get(), nullptr);  // Now: Trim() goes by it.
  return Unwrap(*contents, key);
}

absl::Status CodeCache::Store(const Key& key, std::span<const uint8_t> code) const {
  const std::string path = PathOf(key);
  std::string temporary = absl::StrCat(path, ".XXXXXX");
  const Hash hash = HashOf(code);
  {
    const File file(mkostemp(temporary.data(), O_CLOEXEC));
    if (!file.ok()) return SystemError("create", temporary);
    absl::Status status =
        WriteAll(file, temporary, absl::StrCat(kMagic, AsText(key), AsText(hash), AsText(code)));
    if (!status.ok()) {
      unlink(temporary.c_str());
      return status;
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const absl::Status status = SystemError("rename", path);
    unlink(temporary.c_str());
    return status;
  }
  Trim();
  return absl::OkStatus();
}

void CodeCache::Trim() const {
  struct Entry {
    fs::path path;
    fs::file_time_type used;
    uint64_t bytes;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  std::error_code error;
  for (auto file = fs::directory_iterator(directory_, error); file != fs::directory_iterator();
       file.increment(error)) {
    if (error) break;
    if (file->path().extension() != kSuffix) continue;
    const uint64_t bytes = file->file_size(error);
    if (error) continue;
    entries.push_back({.path = file->path(), .used = file->last_write_time(error), .bytes = bytes});
    total += bytes;
  }
  std::ranges::sort(entries, {}, &Entry::used);
  for (const Entry& entry : entries) {
    if (total <= max_bytes_) return;
    if (fs::remove(entry.path, error)) total -= entry.bytes;
  }
}

}  // namespace davit::engine
