#include "runtime/wasi/fs/tar.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

constexpr size_t kBlock = 512;
// What a header before the real one may say about it: names and times.
constexpr size_t kMaxExtension = size_t{64} << 10;

// The text of a field: up to its first NUL.
std::string_view Text(std::string_view field) { return field.substr(0, field.find('\0')); }

// A number in octal digits between blanks, or big-endian in base 256 after a byte of 0x80.
std::optional<uint64_t> Number(std::string_view field) {
  if (!field.empty() && static_cast<uint8_t>(field[0]) == 0x80) {
    uint64_t value = 0;
    for (const char byte : field.substr(1)) {
      if (value >> 56 != 0) return std::nullopt;
      value = value << 8 | static_cast<uint8_t>(byte);
    }
    return value;
  }
  std::string_view digits = Text(field);
  while (digits.starts_with(' ')) digits.remove_prefix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  uint64_t value = 0;
  for (const char digit : digits) {  // twelve at most
    if (digit < '0' || digit > '7') return std::nullopt;
    value = value << 3 | static_cast<uint64_t>(digit - '0');
  }
  return value;
}

// "1700000000.25". Nothing for what is no time since 1970.
std::optional<Timestamp> Time(std::string_view text) {
  const size_t point = std::min(text.find('.'), text.size());
  Timestamp time;
  if (!absl::SimpleAtoi(text.substr(0, point), &time.seconds)) return std::nullopt;
  uint32_t digit_value = 100'000'000;
  for (const char digit : text.substr(std::min(point + 1, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    time.nanoseconds += static_cast<uint32_t>(digit - '0') * digit_value;
    digit_value /= 10;
  }
  return time;
}

// One header, by the fields of POSIX.
class Header {
 public:
  explicit Header(std::string_view block) : block_(block) {}

  bool IsEnd() const { return block_.find_first_not_of('\0') == std::string_view::npos; }
  bool ChecksumIsRight() const {
    uint64_t sum = 0;
    for (size_t i = 0; i < kBlock; ++i) {
      sum += i >= 148 && i < 156 ? ' ' : static_cast<uint8_t>(block_[i]);
    }
    return Number(block_.substr(148, 8)) == sum;
  }
  std::optional<uint64_t> size() const { return Number(block_.substr(124, 12)); }
  std::optional<uint64_t> modified() const { return Number(block_.substr(136, 12)); }
  char type() const { return block_[156]; }
  std::string_view link() const { return Text(block_.substr(157, 100)); }
  std::string name() const {
    const std::string_view name = Text(block_.substr(0, 100));
    // GNU's magic goes on with a blank, and its header has other things where the prefix is.
    const bool is_ustar = block_.substr(257, 6) == std::string_view("ustar\0", 6);
    const std::string_view prefix = is_ustar ? Text(block_.substr(345, 155)) : "";
    return prefix.empty() ? std::string(name) : absl::StrCat(prefix, "/", name);
  }

 private:
  std::string_view block_;
};

// What headers before the real one say instead of it.
struct Extension {
  std::optional<std::string> path, link;
  std::optional<Timestamp> modified;
  std::optional<uint64_t> size;
};

class Reader {
 public:
  Reader(std::string_view archive, const ImageLimits& limits)
      : archive_(archive), builder_(limits) {}

  absl::StatusOr<std::shared_ptr<const Image>> Read(std::shared_ptr<const void> owner) {
    while (true) {
      header_offset_ = offset_;
      DAVIT_ASSIGN_OR_RETURN(const std::string_view block, Take(kBlock));
      const Header header(block);
      if (header.IsEnd()) return builder_.Build(std::move(owner));
      if (!header.ChecksumIsRight()) return Error("the checksum of a header is wrong");
      DAVIT_RETURN_IF_ERROR(Entry(header));
    }
  }

 private:
  absl::Status Error(std::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat("tar: ", what, " (header at offset ", header_offset_, ")"));
  }

  absl::StatusOr<std::string_view> Take(uint64_t bytes) {
    if (bytes > archive_.size() - offset_) return Error("the archive ends too early");
    const std::string_view taken = archive_.substr(offset_, bytes);
    offset_ += bytes;
    return taken;
  }

  // The bytes after a header, which fill whole blocks.
  absl::StatusOr<std::string_view> Content(uint64_t size) {
    DAVIT_ASSIGN_OR_RETURN(const std::string_view content, Take(size));
    DAVIT_RETURN_IF_ERROR(Take((kBlock - size % kBlock) % kBlock).status());
    return content;
  }

  absl::Status Entry(const Header& header) {
    const std::optional<uint64_t> size = header.size();
    if (!size) return Error("the size of an entry is no number");
    switch (header.type()) {
      case 'x':
      case 'g':
      case 'L':
      case 'K':
        return Extend(header.type(), *size);
      default:
        return Add(header, *size, std::exchange(next_, {}));
    }
  }

  absl::Status Extend(char type, uint64_t size) {
    if (size > kMaxExtension) return Error("an extended header is too large");
    DAVIT_ASSIGN_OR_RETURN(const std::string_view content, Content(size));
    switch (type) {
      case 'L':
        next_.path = Text(content);
        return absl::OkStatus();
      case 'K':
        next_.link = Text(content);
        return absl::OkStatus();
      case 'x':
        return ReadPax(content);
      default:  // 'g', which is about all entries: what it may say does not count here
        return absl::OkStatus();
    }
  }

  // Records of the form "<length> <key>=<value>\n", the length being that of the whole.
  absl::Status ReadPax(std::string_view records) {
    while (!records.empty()) {
      const size_t blank = std::min(records.find(' '), records.size());
      uint64_t length = 0;
      if (!absl::SimpleAtoi(records.substr(0, blank), &length) || length <= blank + 1 ||
          length > records.size() || records[length - 1] != '\n') {
        return Error("a record of an extended header is malformed");
      }
      const std::string_view record = records.substr(blank + 1, length - blank - 2);
      records.remove_prefix(length);
      const size_t equals = record.find('=');
      if (equals == std::string_view::npos) return Error("a record of an extended header is empty");
      DAVIT_RETURN_IF_ERROR(ReadRecord(record.substr(0, equals), record.substr(equals + 1)));
    }
    return absl::OkStatus();
  }

  absl::Status ReadRecord(std::string_view key, std::string_view value) {
    if (key == "path") next_.path = value;
    if (key == "linkpath") next_.link = value;
    if (key == "mtime") next_.modified = Time(value).value_or(Timestamp());
    if (key == "size") {
      uint64_t size = 0;
      if (!absl::SimpleAtoi(value, &size)) return Error("the size of an entry is no number");
      next_.size = size;
    }
    if (key.starts_with("GNU.sparse.")) return Error("sparse files are not supported");
    return absl::OkStatus();
  }

  absl::Status Add(const Header& header, uint64_t size, Extension said) {
    const std::string path = said.path ? *std::move(said.path) : header.name();
    const std::string link = said.link ? *std::move(said.link) : std::string(header.link());
    const Timestamp modified =
        said.modified.value_or(Timestamp{.seconds = header.modified().value_or(0)});
    DAVIT_ASSIGN_OR_RETURN(const std::string_view content,
                           Content(HasContent(header.type()) ? said.size.value_or(size) : 0));
    switch (header.type()) {
      case '\0':
      case '0':
      case '7':
        // Before POSIX a directory was a file with a slash.
        if (path.ends_with('/')) return builder_.AddDirectory(path, modified);
        return builder_.AddFile(path, content, modified);
      case '1':
        return builder_.AddHardLink(path, link);
      case '2':
        return builder_.AddSymlink(path, link, modified);
      case '5':
        return builder_.AddDirectory(path, modified);
      default:
        return Error(absl::StrCat("entries of type '", std::string(1, header.type()),
                                  "' are not supported"));
    }
  }

  // Links and directories have none, whatever their headers say.
  static bool HasContent(char type) { return type == '\0' || type == '0' || type == '7'; }

  const std::string_view archive_;
  ImageBuilder builder_;
  uint64_t offset_ = 0;
  uint64_t header_offset_ = 0;
  Extension next_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Image>> ImageFromTar(std::string_view archive,
                                                          std::shared_ptr<const void> owner,
                                                          const ImageLimits& limits) {
  return Reader(archive, limits).Read(std::move(owner));
}

}  // namespace davit::wasi::fs
