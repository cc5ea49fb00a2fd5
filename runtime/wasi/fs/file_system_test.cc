#include "runtime/wasi/fs/file_system.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/memory_tree.h"
#include "runtime/wasi/fs/test_files.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

using ::testing::ElementsAre;

Preopen InMemory(std::string guest_path, bool read_only) {
  return {.guest_path = std::move(guest_path),
          .read_only = read_only,
          .tree = std::make_shared<MemoryTree>(MemoryTree::Options{})};
}

FileSystem OneTree(const FileSystemOptions& options) {
  std::vector<Preopen> preopens;
  preopens.push_back(InMemory("/", /*read_only=*/false));
  return FileSystem(std::move(preopens), options);
}

TEST(FileSystem, GivesNewDescriptorsOfItsPreopensInTheirOrder) {
  std::vector<Preopen> preopens;
  preopens.push_back(InMemory("/data", /*read_only=*/true));
  preopens.push_back(InMemory(".", /*read_only=*/false));
  preopens.push_back(InMemory("/", /*read_only=*/true));
  const FileSystem files(std::move(preopens), {});
  const auto first = files.GetDirectories();
  const auto second = files.GetDirectories();
  std::vector<std::string> paths;
  for (const auto& directory : *second) paths.emplace_back(directory.guest_path);
  EXPECT_THAT(paths, ElementsAre("/data", ".", "/"));
  EXPECT_EQ(files.open_descriptors(), 6);
  EXPECT_EQ((*first)[1].descriptor->GetFlags(),
            (DescriptorFlags{.read = true, .mutate_directory = true}));
  EXPECT_EQ((*first)[2].descriptor->GetFlags(), kRead);
  EXPECT_TRUE((*first)[1].descriptor->IsSameObject(*(*second)[1].descriptor));
  EXPECT_FALSE((*first)[1].descriptor->IsSameObject(*(*second)[2].descriptor));
}

TEST(FileSystem, HasNothingWithoutPreopens) {
  EXPECT_TRUE(FileSystem({}, {}).GetDirectories()->empty());
}

TEST(FileSystem, OpensAsManyDescriptorsAsItMayAndNoMore) {
  const FileSystem files = OneTree({.max_descriptors = 4});
  const auto root = OpenRoot(files);
  MakeFile(*root, "file", "x");
  auto a = MustOpen(*root, "file", {}, kRead);
  const auto b = MustOpen(*root, "file", {}, kRead);
  auto c = root->ReadDirectory();
  EXPECT_EQ(files.open_descriptors(), 4);
  EXPECT_EQ(Code(root->OpenAt(Follow::kNo, "new", {.create = true}, kWrite)),
            "insufficient-memory");
  EXPECT_EQ(Code(root->StatAt(Follow::kNo, "new")), "no-entry") << "nothing has been created";
  EXPECT_EQ(Code(root->ReadDirectory()), "insufficient-memory");
  EXPECT_EQ(Code(files.GetDirectories()), "insufficient-memory");
  a.reset();
  EXPECT_EQ(files.open_descriptors(), 3);
  EXPECT_EQ(Code(root->OpenAt(Follow::kNo, "missing", {}, kRead)), "no-entry");
  EXPECT_EQ(files.open_descriptors(), 3) << "what fails takes none";
  EXPECT_EQ(Code(root->OpenAt(Follow::kNo, "file", {}, kRead)), "ok");
}

TEST(FileSystem, CountsDescriptorsThatOutliveIt) {
  std::unique_ptr<Descriptor> root;
  {
    const FileSystem files = OneTree({});
    root = OpenRoot(files);
  }
  MakeFile(*root, "file", "x");
  EXPECT_EQ(ContentAt(*root, "file"), "x");
}

TEST(FileSystem, HashesDifferentlyForEachTenant) {
  const auto tree = std::make_shared<MemoryTree>(MemoryTree::Options{});
  const auto hash = [&](HashKey key) {
    std::vector<Preopen> preopens;
    preopens.push_back({.guest_path = "/", .tree = tree});
    return OpenRoot(FileSystem(std::move(preopens), {.hash_key = key}))->GetMetadataHash();
  };
  EXPECT_EQ(hash({1}), hash({1}));
  EXPECT_NE(hash({1}), hash({2}));
}

TEST(FileSystem, IsAsNewAfterAReset) {
  FileSystem files = OneTree({});
  const auto before = OpenRoot(files);
  MakeFile(*before, "file", "x");
  files.Reset();
  const auto after = OpenRoot(files);
  EXPECT_THAT(Names(*after), ElementsAre());
  MakeFile(*before, "other", "y");
  EXPECT_THAT(Names(*after), ElementsAre()) << "whoever is left goes his own way";
  EXPECT_EQ(ContentAt(*before, "file"), "x");
  EXPECT_EQ(Code(before->LinkAt(Follow::kNo, "file", *after, "file")), "cross-device");
  EXPECT_EQ(Code(before->RenameAt("file", *after, "file")), "cross-device");
}

}  // namespace
}  // namespace davit::wasi::fs
