#include "runtime/wasi/fs/test_files.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/file_system.h"
#include "runtime/wasi/fs/host_directory.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_tree.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

struct Link {
  std::string_view name, target;
};
constexpr Link kLinks[] = {{"link", "a.txt"},
                           {"dirlink", "dir"},
                           {"dangling", "missing"},
                           {"self", "self"},
                           {"parent", ".."}};
constexpr Link kFiles[] = {
    {"a.txt", "test-a\n"}, {"b.txt", "test-b\n"}, {"dir/inner.txt", "inner"}};

std::shared_ptr<Tree> MakeImageTree() {
  ImageBuilder builder;
  for (const auto& [name, content] : kFiles) CHECK_OK(builder.AddFile(name, content));
  for (const auto& [name, target] : kLinks) CHECK_OK(builder.AddSymlink(name, target));
  CHECK_OK(builder.AddSymlink("absolute", "/etc"));
  return std::make_shared<MemoryTree>(MemoryTree::Options{.image = builder.Build(nullptr)});
}

void Fill(Descriptor& root) {
  CHECK_EQ(Code(root.CreateDirectoryAt("dir")), "ok");
  for (const auto& [name, content] : kFiles) MakeFile(root, name, content);
  for (const auto& [name, target] : kLinks) CHECK_EQ(Code(root.SymlinkAt(target, name)), "ok");
}

}  // namespace

TestDirectory::TestDirectory() {
  const char* const parent = std::getenv("TEST_TMPDIR");
  path_ = absl::StrCat(parent ? parent : "/tmp", "/davit-files-XXXXXX");
  CHECK(mkdtemp(path_.data()) != nullptr);
}

TestDirectory::~TestDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TestDirectory::operator/(std::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

std::string_view BackendName(Backend backend) {
  switch (backend) {
    case Backend::kMemory:
      return "Memory";
    case Backend::kImage:
      return "Image";
    case Backend::kHost:
      return "Host";
    case Backend::kHostWalk:
      return "HostWalk";
  }
  return "";
}

TestTree::TestTree(Backend backend) {
  if (backend == Backend::kImage) {
    tree_ = MakeImageTree();
    return;
  }
  if (IsHost(backend)) {
    directory_.emplace();
    auto host = HostDirectory::Open(directory_->path(), backend == Backend::kHost
                                                            ? HostDirectory::Resolve::kBest
                                                            : HostDirectory::Resolve::kWalk);
    CHECK_OK(host);
    CHECK_EQ((*host)->Root()->ResolvesPaths(), backend == Backend::kHost) << "is there no openat2?";
    tree_ = *std::move(host);
    CHECK_EQ(symlink("/etc", (*directory_ / "absolute").c_str()), 0);
  } else {
    tree_ = std::make_shared<MemoryTree>(MemoryTree::Options{});
  }
  Fill(*OpenTree(tree_));
}

std::unique_ptr<Descriptor> OpenRoot(const FileSystem& files) {
  auto directories = files.GetDirectories();
  CHECK(directories.has_value() && directories->size() == 1);
  return std::move(directories->front().descriptor);
}

std::unique_ptr<Descriptor> OpenTree(std::shared_ptr<Tree> tree, bool read_only) {
  std::vector<Preopen> preopens;
  preopens.push_back({.guest_path = "/", .read_only = read_only, .tree = std::move(tree)});
  return OpenRoot(FileSystem(std::move(preopens), {}));
}

std::unique_ptr<Descriptor> MustOpen(const Descriptor& in, std::string_view path, OpenFlags open,
                                     DescriptorFlags flags) {
  auto opened = in.OpenAt(Follow::kNo, path, open, flags);
  EXPECT_EQ(Code(opened), "ok") << path;
  return opened ? *std::move(opened) : nullptr;
}

void MustWrite(Descriptor& file, std::string_view bytes, uint64_t offset) {
  const auto written = file.Write(std::as_bytes(std::span(bytes)), offset);
  ASSERT_EQ(Code(written), "ok");
  EXPECT_EQ(*written, bytes.size());
}

void MakeFile(const Descriptor& in, std::string_view path, std::string_view content) {
  const auto file = MustOpen(in, path, {.create = true, .exclusive = true}, kWrite);
  if (file) MustWrite(*file, content, 0);
}

std::string Content(const Descriptor& file) {
  std::string content;
  std::vector<std::byte> buffer(1 << 16);
  while (true) {
    const auto read = file.Read(buffer, content.size());
    EXPECT_EQ(Code(read), "ok");
    if (!read) return "";
    content.append(reinterpret_cast<const char*>(buffer.data()), read->size);
    if (read->end) return content;
  }
}

std::string ContentAt(const Descriptor& in, std::string_view path) {
  const auto file = in.OpenAt(Follow::kYes, path, {}, kRead);
  EXPECT_EQ(Code(file), "ok") << path;
  return file ? Content(**file) : "";
}

std::vector<std::string> Names(const Descriptor& directory) {
  std::vector<std::string> names;
  auto reader = directory.ReadDirectory();
  EXPECT_EQ(Code(reader), "ok");
  if (!reader) return names;
  while (true) {
    auto entry = reader->Next();
    if (!entry) {
      EXPECT_EQ(Code(entry), "illegal-byte-sequence");
      names.emplace_back("?");
      continue;
    }
    if (!*entry) break;
    names.push_back((*entry)->name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace davit::wasi::fs
