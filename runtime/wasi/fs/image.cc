#include "runtime/wasi/fs/image.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

absl::Status PathError(std::string_view path, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("image: \"", absl::CHexEscape(path), "\" ", what));
}

// The components of a path, without those that lead nowhere.
absl::StatusOr<std::vector<std::string>> Components(std::string_view path) {
  if (const auto checked = CheckPath(path); !checked) {
    return PathError(path, absl::StrCat("is no path: ", ErrorName(checked.error())));
  }
  std::vector<std::string> components;
  for (std::string_view component : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (component == "..") return PathError(path, "has \"..\" in it");
    if (component != ".") components.emplace_back(component);
  }
  return components;
}

// The number of directories among, and the height of, what is below each directory. Children come
// after their directory, so that going backwards they are done before it.
void Measure(std::vector<Image::Entry>& entries) {
  for (Image::Entry& entry : std::views::reverse(entries)) {
    for (const Image::Child& child : entry.children) {
      const Image::Entry& below = entries[child.entry];
      if (below.type == DescriptorType::kDirectory) ++entry.directories;
      entry.height = std::max(entry.height, below.height + 1);
    }
  }
}

}  // namespace

std::shared_ptr<const Image> Image::Empty() {
  static const std::shared_ptr<const Image>& empty =
      *new std::shared_ptr<const Image>(ImageBuilder().Build(nullptr));
  return empty;
}

std::optional<Image::Index> Image::Find(Index directory, std::string_view name) const {
  const std::vector<Child>& children = entries_[directory].children;
  const auto found = std::ranges::lower_bound(children, name, {}, &Child::name);
  if (found == children.end() || found->name != name) return std::nullopt;
  return found->entry;
}

ImageBuilder::ImageBuilder(ImageLimits limits) : limits_(limits), entries_(1), names_(1) {}

absl::StatusOr<Image::Index> ImageBuilder::AddEntry(Image::Entry entry) {
  if (entries_.size() >= limits_.max_entries) {
    return base::LimitError("image_entries", limits_.max_entries, "too many files in the image");
  }
  if (entry.content.size() > limits_.max_bytes - bytes_) {
    return base::LimitError("image_bytes", limits_.max_bytes, "too many bytes in the image");
  }
  bytes_ += entry.content.size();
  entries_.push_back(std::move(entry));
  names_.emplace_back();
  return static_cast<Image::Index>(entries_.size() - 1);
}

absl::StatusOr<Image::Index> ImageBuilder::Directory(Image::Index in, const std::string& name,
                                                     std::string_view path) {
  if (const auto found = names_[in].find(name); found != names_[in].end()) {
    if (entries_[found->second].type == DescriptorType::kDirectory) return found->second;
    return PathError(path, absl::StrCat("leads through \"", name, "\", which is no directory"));
  }
  DAVIT_ASSIGN_OR_RETURN(const Image::Index made, AddEntry({}));
  names_[in].emplace(name, made);
  return made;
}

absl::StatusOr<ImageBuilder::Place> ImageBuilder::PlaceOf(std::string_view path) {
  DAVIT_ASSIGN_OR_RETURN(std::vector<std::string> components, Components(path));
  if (components.empty()) return PathError(path, "is the root");
  if (components.size() > limits_.max_depth) {
    return base::LimitError("image_depth", limits_.max_depth, "a path in the image is too deep");
  }
  Place place{.directory = Image::kRoot, .name = std::move(components.back())};
  components.pop_back();
  for (const std::string& component : components) {
    DAVIT_ASSIGN_OR_RETURN(place.directory, Directory(place.directory, component, path));
  }
  return place;
}

absl::Status ImageBuilder::Name(const Place& place, std::string_view path, Image::Index entry) {
  // Names are bounded like entries, which hard links do not add to.
  if (++used_names_ > limits_.max_entries) {
    return base::LimitError("image_entries", limits_.max_entries, "too many files in the image");
  }
  const auto [named, is_new] = names_[place.directory].try_emplace(place.name, entry);
  if (is_new) return absl::OkStatus();
  Image::Entry& before = entries_[named->second];
  if (before.type == DescriptorType::kDirectory) return PathError(path, "is a directory as well");
  --before.link_count;
  named->second = entry;
  return absl::OkStatus();
}

absl::Status ImageBuilder::AddAt(std::string_view path, Image::Entry entry) {
  DAVIT_ASSIGN_OR_RETURN(const Place place, PlaceOf(path));
  DAVIT_ASSIGN_OR_RETURN(const Image::Index added, AddEntry(std::move(entry)));
  return Name(place, path, added);
}

absl::Status ImageBuilder::AddDirectory(std::string_view path, Timestamp modified) {
  DAVIT_ASSIGN_OR_RETURN(const std::vector<std::string> components, Components(path));
  Image::Index directory = Image::kRoot;
  if (!components.empty()) {
    DAVIT_ASSIGN_OR_RETURN(const Place place, PlaceOf(path));
    DAVIT_ASSIGN_OR_RETURN(directory, Directory(place.directory, place.name, path));
  }
  entries_[directory].modified = modified;
  return absl::OkStatus();
}

absl::Status ImageBuilder::AddFile(std::string_view path, std::string_view content,
                                   Timestamp modified) {
  return AddAt(path,
               {.type = DescriptorType::kRegularFile, .modified = modified, .content = content});
}

absl::Status ImageBuilder::AddSymlink(std::string_view path, std::string_view target,
                                      Timestamp modified) {
  // An absolute one is the image's own affair; it cannot be followed.
  if (const auto checked = CheckLinkTarget(target);
      !checked && checked.error() != Error::kNotPermitted) {
    return PathError(path, absl::StrCat("is no link: ", ErrorName(checked.error())));
  }
  return AddAt(
      path,
      {.type = DescriptorType::kSymbolicLink, .modified = modified, .target = std::string(target)});
}

absl::StatusOr<Image::Index> ImageBuilder::Existing(std::string_view path) const {
  DAVIT_ASSIGN_OR_RETURN(const std::vector<std::string> components, Components(path));
  Image::Index index = Image::kRoot;
  for (const std::string& component : components) {
    const auto found = names_[index].find(component);
    if (found == names_[index].end()) return PathError(path, "is linked to, and does not exist");
    index = found->second;
  }
  if (entries_[index].type == DescriptorType::kDirectory) {
    return PathError(path, "is linked to, and is a directory");
  }
  return index;
}

absl::Status ImageBuilder::AddHardLink(std::string_view path, std::string_view existing) {
  DAVIT_ASSIGN_OR_RETURN(const Image::Index entry, Existing(existing));
  DAVIT_ASSIGN_OR_RETURN(const Place place, PlaceOf(path));
  ++entries_[entry].link_count;
  return Name(place, path, entry);
}

std::shared_ptr<const Image> ImageBuilder::Build(std::shared_ptr<const void> contents) {
  for (size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].children.reserve(names_[i].size());
    for (auto& [name, entry] : names_[i]) entries_[i].children.push_back({name, entry});
  }
  Measure(entries_);
  return std::shared_ptr<const Image>(new Image(std::move(entries_), std::move(contents)));
}

}  // namespace davit::wasi::fs
