#ifndef DAVIT_RUNTIME_WASI_FS_IMAGE_H_
#define DAVIT_RUNTIME_WASI_FS_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

// What an image may be, for it comes from a client. RESOURCE_EXHAUSTED beyond.
struct ImageLimits {
  // Each takes some hundred bytes, and again as much in every instance that looks at it.
  uint32_t max_entries = 100'000;
  uint64_t max_bytes = uint64_t{4} << 30;  // of files' contents
  uint32_t max_depth = 64;
};

// A directory tree that never changes: what many instances' trees begin as. Immutable and shared by
// threads.
class Image {
 public:
  using Index = uint32_t;
  static constexpr Index kRoot = 0;

  struct Child {
    std::string name;
    Index entry;
  };
  struct Entry {
    DescriptorType type = DescriptorType::kDirectory;  // or kRegularFile, kSymbolicLink
    uint32_t link_count = 1;
    Timestamp modified;
    std::string_view content;     // of a file; lives as long as the image
    std::string target;           // of a symbolic link
    std::vector<Child> children;  // of a directory, by name
    uint32_t directories = 0;     // how many of them are directories
    uint32_t height = 0;          // of the tree below a directory
  };

  // The one with nothing in its root.
  static std::shared_ptr<const Image> Empty();

  const Entry& entry(Index index) const { return entries_[index]; }
  size_t size() const { return entries_.size(); }
  // What a directory has by that name.
  std::optional<Index> Find(Index directory, std::string_view name) const;

 private:
  friend class ImageBuilder;
  explicit Image(std::vector<Entry> entries, std::shared_ptr<const void> contents)
      : contents_(std::move(contents)), entries_(std::move(entries)) {}

  const std::shared_ptr<const void> contents_;
  const std::vector<Entry> entries_;
};

// Makes an Image of entries in any order. Paths are relative, without "..", and a "./" before them
// does not count; directories on the way to an entry are made where they are missing. Of two files
// or links with the same path the later one counts. INVALID_ARGUMENT tells what is wrong with a
// path, RESOURCE_EXHAUSTED which limit was reached; nothing is to be built then.
class ImageBuilder {
 public:
  explicit ImageBuilder(ImageLimits limits = {});

  absl::Status AddDirectory(std::string_view path, Timestamp modified = {});
  // `content` must live as long as what is given to Build.
  absl::Status AddFile(std::string_view path, std::string_view content, Timestamp modified = {});
  // The target is not looked at: it may lead nowhere.
  absl::Status AddSymlink(std::string_view path, std::string_view target, Timestamp modified = {});
  // Another name for a file, or symbolic link, that has been added.
  absl::Status AddHardLink(std::string_view path, std::string_view existing);

  // `contents` keeps the bytes of the files. The builder is used up.
  std::shared_ptr<const Image> Build(std::shared_ptr<const void> contents);

 private:
  using Names = absl::btree_map<std::string, Image::Index>;

  // The directory that has the last component of a path, made where it is missing, and that
  // component.
  struct Place {
    Image::Index directory;
    std::string name;
  };
  absl::StatusOr<Place> PlaceOf(std::string_view path);
  absl::StatusOr<Image::Index> Directory(Image::Index in, const std::string& name,
                                         std::string_view path);
  absl::StatusOr<Image::Index> AddEntry(Image::Entry entry);
  // Gives an entry that name, instead of what has it.
  absl::Status Name(const Place& place, std::string_view path, Image::Index entry);
  absl::Status AddAt(std::string_view path, Image::Entry entry);
  absl::StatusOr<Image::Index> Existing(std::string_view path) const;

  const ImageLimits limits_;
  std::vector<Image::Entry> entries_;
  std::vector<Names> names_;  // of each entry's children
  uint32_t used_names_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_IMAGE_H_
