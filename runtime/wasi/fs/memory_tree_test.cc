#include "runtime/wasi/fs/memory_tree.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/test_files.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

using ::absl_testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Optional;

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

class MemoryTreeTest : public ::testing::Test {
 protected:
  void Begin(MemoryLimits limits, std::shared_ptr<const Image> image = nullptr) {
    tree_ = std::make_shared<MemoryTree>(
        MemoryTree::Options{.image = std::move(image), .limits = limits});
    root_ = OpenTree(tree_);
  }
  static std::shared_ptr<const Image> Small() {
    ImageBuilder builder;
    EXPECT_THAT(builder.AddFile("dir/file", "of the image"), IsOk());
    EXPECT_THAT(builder.AddHardLink("dir/same", "dir/file"), IsOk());
    EXPECT_THAT(builder.AddHardLink("third", "dir/file"), IsOk());
    EXPECT_THAT(builder.AddFile("x/y/z/deep", "z"), IsOk());
    return builder.Build(nullptr);
  }

  std::shared_ptr<MemoryTree> tree_;
  std::unique_ptr<Descriptor> root_;
};

// -- Bytes --

TEST_F(MemoryTreeTest, HoldsAsManyBytesAsItMayAndNoMore) {
  Begin({.max_bytes = 1000});
  const auto file = MustOpen(*root_, "file", {.create = true}, kReadWrite);
  const std::string full(1000, 'x');
  EXPECT_EQ(Code(file->Write(Bytes(full + "x"), 0)), "insufficient-space");
  EXPECT_EQ(file->GetStat()->size, 0) << "a charge that fails changes nothing";
  EXPECT_EQ(tree_->usage().bytes, 0);
  MustWrite(*file, full, 0);
  EXPECT_EQ(tree_->usage().bytes, 1000);
  EXPECT_EQ(Code(file->Write(Bytes("x"), 1000)), "insufficient-space");
  EXPECT_EQ(Code(file->OpenWriter()->Append(Bytes("x"))), "insufficient-space");
  EXPECT_EQ(Code(file->SetSize(1001)), "insufficient-space");
  MustWrite(*file, full, 0);
  EXPECT_EQ(Content(*file), full);
}

TEST_F(MemoryTreeTest, CountsGapsLikeTheZeroesTheyAre) {
  Begin({.max_bytes = 1000});
  const auto file = MustOpen(*root_, "file", {.create = true}, kReadWrite);
  EXPECT_EQ(Code(file->Write(Bytes("x"), 1000)), "insufficient-space");
  EXPECT_EQ(Code(file->Write(Bytes("x"), uint64_t{1} << 62)), "insufficient-space");
  EXPECT_EQ(Code(file->SetSize(INT64_MAX)), "insufficient-space");
  MustWrite(*file, "x", 999);
  EXPECT_EQ(tree_->usage().bytes, 1000);
}

TEST_F(MemoryTreeTest, GivesBackWhatIsCutOffOrRemoved) {
  Begin({.max_bytes = 1000});
  MakeFile(*root_, "file", std::string(1000, 'x'));
  auto file = MustOpen(*root_, "file", {}, kReadWrite);
  ASSERT_EQ(Code(file->SetSize(300)), "ok");
  EXPECT_EQ(tree_->usage().bytes, 300);
  ASSERT_EQ(Code(root_->UnlinkFileAt("file")), "ok");
  EXPECT_EQ(tree_->usage().bytes, 300) << "it is still open";
  file.reset();
  EXPECT_EQ(tree_->usage().bytes, 0);
  MakeFile(*root_, "over", "12345");
  MakeFile(*root_, "file", "123");
  ASSERT_EQ(Code(root_->RenameAt("file", *root_, "over")), "ok");
  EXPECT_EQ(tree_->usage().bytes, 3);
  MustOpen(*root_, "over", {.truncate = true}, kWrite);
  EXPECT_EQ(tree_->usage().bytes, 0);
}

TEST_F(MemoryTreeTest, CountsTheTargetsOfSymbolicLinks) {
  Begin({.max_bytes = 10});
  EXPECT_EQ(Code(root_->SymlinkAt("12345678901", "link")), "insufficient-space");
  EXPECT_EQ(tree_->usage().files, 0) << "a charge that fails changes nothing";
  EXPECT_EQ(Code(root_->SymlinkAt("1234567890", "link")), "ok");
  EXPECT_EQ(tree_->usage().bytes, 10);
  ASSERT_EQ(Code(root_->UnlinkFileAt("link")), "ok");
  EXPECT_EQ(tree_->usage().bytes, 0);
}

TEST_F(MemoryTreeTest, CountsOfTheImageWhatIsNoMoreReadFromIt) {
  ImageBuilder builder;
  const std::string content(40'000, 'i');
  ASSERT_THAT(builder.AddFile("file", content), IsOk());
  Begin({.max_bytes = 24'000}, builder.Build(nullptr));
  const auto file = MustOpen(*root_, "file", {}, kReadWrite);
  EXPECT_EQ(tree_->usage().bytes, 0);
  MustWrite(*file, "x", 20'000);
  EXPECT_EQ(tree_->usage().bytes, 16'384) << "the page that is written";
  EXPECT_EQ(Code(file->Write(Bytes("x"), 0)), "insufficient-space");
  MustWrite(*file, "appended", 40'000);
  EXPECT_EQ(tree_->usage().bytes, 16'384 + (40'000 - 32'768) + 8) << "the last page as well";
  EXPECT_EQ(Code(file->SetSize(10)), "ok");
  EXPECT_EQ(tree_->usage().bytes, 0) << "these are the image's";
  EXPECT_EQ(Code(file->SetSize(20)), "ok");
  EXPECT_EQ(tree_->usage().bytes, 10);
  EXPECT_EQ(Content(*file), std::string(10, 'i') + std::string(10, '\0'));
}

// -- Files --

TEST_F(MemoryTreeTest, HoldsAsManyFilesAsItMayAndNoMore) {
  Begin({.max_files = 4});
  MakeFile(*root_, "file", "x");
  ASSERT_EQ(Code(root_->CreateDirectoryAt("dir")), "ok");
  ASSERT_EQ(Code(root_->SymlinkAt("x", "link")), "ok");
  ASSERT_EQ(Code(root_->LinkAt(Follow::kNo, "file", *root_, "dir/same")), "ok");
  EXPECT_EQ(tree_->usage().files, 4);
  EXPECT_EQ(Code(root_->OpenAt(Follow::kNo, "new", {.create = true}, kWrite)), "quota");
  EXPECT_EQ(Code(root_->CreateDirectoryAt("new")), "quota");
  EXPECT_EQ(Code(root_->SymlinkAt("x", "new")), "quota");
  EXPECT_EQ(Code(root_->LinkAt(Follow::kNo, "file", *root_, "new")), "quota");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "file")->link_count, 2);
  EXPECT_EQ(Code(root_->OpenAt(Follow::kNo, "file", {.create = true}, kWrite)), "ok");
  EXPECT_EQ(Code(root_->RenameAt("file", *root_, "new")), "ok") << "it stays one name";
  ASSERT_EQ(Code(root_->UnlinkFileAt("dir/same")), "ok");
  ASSERT_EQ(Code(root_->RemoveDirectoryAt("dir")), "ok");
  EXPECT_EQ(tree_->usage().files, 2);
  EXPECT_EQ(Code(root_->RenameAt("link", *root_, "new")), "ok");
  EXPECT_EQ(tree_->usage().files, 1);
}

TEST_F(MemoryTreeTest, CountsNoFilesOfTheImage) {
  Begin({.max_files = 0}, Small());
  EXPECT_EQ(Code(root_->RenameAt("dir/file", *root_, "moved")), "ok");
  EXPECT_EQ(Code(root_->RenameAt("dir", *root_, "elsewhere")), "ok");
  EXPECT_EQ(Code(root_->UnlinkFileAt("moved")), "ok");
  EXPECT_EQ(Code(root_->CreateDirectoryAt("dir")), "quota");
  EXPECT_EQ(tree_->usage().files, 0);
}

TEST_F(MemoryTreeTest, CountsASubtreeAtItsEnd) {
  Begin({});
  ASSERT_EQ(Code(root_->CreateDirectoryAt("dir")), "ok");
  auto open = MustOpen(*root_, "dir", {}, kRead);
  MakeFile(*open, "file", "content");
  root_.reset();
  tree_.reset();
  EXPECT_EQ(ContentAt(*open, "file"), "content") << "the grant keeps the tree";
}

// -- Depth --

TEST_F(MemoryTreeTest, IsAsDeepAsItMayBeAndNoDeeper) {
  Begin({.max_depth = 3});
  ASSERT_EQ(Code(root_->CreateDirectoryAt("1")), "ok");
  ASSERT_EQ(Code(root_->CreateDirectoryAt("1/2")), "ok");
  ASSERT_EQ(Code(root_->CreateDirectoryAt("1/2/3")), "ok");
  const auto third = MustOpen(*root_, "1/2/3", {}, kRead);
  MakeFile(*root_, "file", "x");
  EXPECT_EQ(Code(third->CreateDirectoryAt("4")), "quota");
  EXPECT_EQ(Code(third->SymlinkAt("x", "4")), "quota");
  EXPECT_EQ(Code(third->OpenAt(Follow::kNo, "4", {.create = true}, kWrite)), "quota");
  EXPECT_EQ(Code(root_->LinkAt(Follow::kNo, "file", *third, "4")), "quota");
  EXPECT_EQ(Code(root_->RenameAt("file", *third, "4")), "quota");
  EXPECT_EQ(Code(root_->RenameAt("file", *root_, "1/2/file")), "ok");
}

TEST_F(MemoryTreeTest, MeasuresWhatIsBelowADirectoryThatMoves) {
  Begin({.max_depth = 5}, Small());
  ASSERT_EQ(Code(root_->CreateDirectoryAt("a")), "ok");
  ASSERT_EQ(Code(root_->CreateDirectoryAt("a/b")), "ok");
  EXPECT_EQ(Code(root_->RenameAt("x", *root_, "a/b/x")), "quota") << "by x/y/z/deep of the image";
  EXPECT_EQ(Code(root_->RenameAt("x", *root_, "a/x")), "ok");
  EXPECT_EQ(ContentAt(*root_, "a/x/y/z/deep"), "z");
  ASSERT_EQ(Code(root_->RenameAt("a/x", *root_, "x")), "ok");
  ASSERT_EQ(Code(root_->UnlinkFileAt("x/y/z/deep")), "ok");
  EXPECT_EQ(Code(root_->RenameAt("x", *root_, "a/b/x")), "ok") << "it is not as high any more";
}

// -- Image and upper layer --

TEST_F(MemoryTreeTest, ShowsTheImageAndWhatWasDoneToIt) {
  Begin({}, Small());
  EXPECT_THAT(Names(*root_), ElementsAre("dir", "third", "x"));
  MakeFile(*root_, "dir/aaa", "new");
  MakeFile(*root_, "dir/zzz", "new");
  ASSERT_EQ(Code(root_->UnlinkFileAt("dir/file")), "ok");
  EXPECT_EQ(Code(root_->StatAt(Follow::kNo, "dir/file")), "no-entry");
  EXPECT_THAT(Names(*MustOpen(*root_, "dir", {}, kRead)), ElementsAre("aaa", "same", "zzz"));
  MakeFile(*root_, "dir/file", "again");
  EXPECT_EQ(ContentAt(*root_, "dir/file"), "again");
  EXPECT_EQ(ContentAt(*root_, "dir/same"), "of the image");
}

TEST_F(MemoryTreeTest, EmptiesADirectoryOfTheImage) {
  Begin({}, Small());
  EXPECT_EQ(Code(root_->RemoveDirectoryAt("dir")), "not-empty");
  ASSERT_EQ(Code(root_->UnlinkFileAt("dir/file")), "ok");
  ASSERT_EQ(Code(root_->UnlinkFileAt("dir/same")), "ok");
  EXPECT_EQ(Code(root_->RemoveDirectoryAt("dir")), "ok");
  ASSERT_EQ(Code(root_->CreateDirectoryAt("dir")), "ok");
  EXPECT_THAT(Names(*MustOpen(*root_, "dir", {}, kRead)), ElementsAre())
      << "a new one has nothing of the one before";
}

TEST_F(MemoryTreeTest, KeepsHardLinksOfTheImageTogether) {
  Begin({}, Small());
  EXPECT_EQ(root_->StatAt(Follow::kNo, "third")->link_count, 3);
  MustWrite(*MustOpen(*root_, "dir/file", {}, kWrite), "OF", 0);
  ASSERT_EQ(Code(root_->UnlinkFileAt("dir/file")), "ok");
  EXPECT_EQ(ContentAt(*root_, "third"), "OF the image") << "though it was not looked at before";
  EXPECT_EQ(root_->StatAt(Follow::kNo, "dir/same")->link_count, 2);
  EXPECT_TRUE(
      MustOpen(*root_, "third", {}, kRead)->IsSameObject(*MustOpen(*root_, "dir/same", {}, kRead)));
}

TEST_F(MemoryTreeTest, ListsInTheOrderOfBytes) {
  Begin({}, Small());
  for (const std::string_view name : {"é", "B", "a", "e", "z"}) MakeFile(*root_, name, "");
  auto entries = root_->ReadDirectory();
  std::vector<std::string> names;
  for (auto entry = entries->Next(); *entry; entry = entries->Next()) {
    names.push_back((*entry)->name);
  }
  EXPECT_THAT(names, ElementsAre("B", "a", "dir", "e", "third", "x", "z", "é"));
}

TEST_F(MemoryTreeTest, GoesOnListingWhileEntriesComeAndGo) {
  Begin({});
  for (const std::string_view name : {"a", "b", "c", "d"}) MakeFile(*root_, name, "");
  auto entries = root_->ReadDirectory();
  EXPECT_EQ((*entries->Next())->name, "a");
  ASSERT_EQ(Code(root_->UnlinkFileAt("a")), "ok");
  ASSERT_EQ(Code(root_->UnlinkFileAt("b")), "ok");
  MakeFile(*root_, "bb", "");
  EXPECT_EQ((*entries->Next())->name, "bb");
  EXPECT_EQ((*entries->Next())->name, "c");
  EXPECT_EQ((*entries->Next())->name, "d");
  EXPECT_FALSE((*entries->Next()).has_value());
}

TEST_F(MemoryTreeTest, IsTheImageAgainAfterAReset) {
  const auto image = Small();
  Begin({}, image);
  MustWrite(*MustOpen(*root_, "third", {}, kWrite), "changed", 0);
  MakeFile(*root_, "new", "x");
  ASSERT_EQ(Code(root_->RenameAt("x", *root_, "dir/x")), "ok");
  tree_->Reset();
  EXPECT_EQ(tree_->usage().bytes, 0);
  EXPECT_EQ(tree_->usage().files, 0);
  const auto again = OpenTree(tree_);
  EXPECT_THAT(Names(*again), ElementsAre("dir", "third", "x"));
  EXPECT_EQ(ContentAt(*again, "third"), "of the image");
  EXPECT_EQ(ContentAt(*again, "x/y/z/deep"), "z");
}

TEST_F(MemoryTreeTest, SharesAnImageAndNothingElse) {
  const auto image = Small();
  Begin({}, image);
  const auto other = OpenTree(std::make_shared<MemoryTree>(MemoryTree::Options{.image = image}));
  MustWrite(*MustOpen(*root_, "third", {}, kWrite), "OF", 0);
  EXPECT_EQ(ContentAt(*other, "third"), "of the image");
  EXPECT_FALSE(root_->IsSameObject(*other));
}

TEST_F(MemoryTreeTest, FreesAllNodesAtItsEnd) {
  const auto image = Small();
  Begin({}, image);
  ASSERT_EQ(ContentAt(*root_, "third"), "of the image");
  auto late = MustOpen(*root_, "dir", {}, kRead);
  root_.reset();
  tree_->Reset();
  ASSERT_EQ(ContentAt(*late, "file"), "of the image");
  late.reset();
  tree_.reset();
  EXPECT_EQ(image.use_count(), 1) << "hard links keep the layer that keeps them";
}

// -- Time --

TEST_F(MemoryTreeTest, GoesByTheClockItWasGiven) {
  uint64_t now = 100;
  const auto tree = std::make_shared<MemoryTree>(
      MemoryTree::Options{.image = Small(), .now = [&] { return Timestamp{.seconds = now}; }});
  const auto root = OpenTree(tree);
  MakeFile(*root, "file", "x");
  const auto at = [](uint64_t seconds) { return Optional(Timestamp{.seconds = seconds}); };
  now = 200;
  const auto file = MustOpen(*root, "file", {}, kReadWrite);
  EXPECT_THAT(file->GetStat()->modified, at(100));
  MustWrite(*file, "y", 0);
  EXPECT_THAT(file->GetStat()->modified, at(200));
  EXPECT_THAT(file->GetStat()->status_changed, at(200));
  EXPECT_THAT(file->GetStat()->accessed, at(100));
  EXPECT_THAT(root->GetStat()->modified, at(100));
  now = 300;
  ASSERT_EQ(Code(root->RenameAt("file", *root, "dir/moved")), "ok");
  EXPECT_THAT(root->GetStat()->modified, at(300));
  EXPECT_THAT(root->StatAt(Follow::kNo, "dir")->modified, at(300));
  EXPECT_THAT(file->GetStat()->modified, at(200));
  EXPECT_THAT(file->GetStat()->status_changed, at(300));
  now = 400;
  ASSERT_EQ(Code(file->SetTimes(Now{}, NoChange{})), "ok");
  EXPECT_THAT(file->GetStat()->accessed, at(400));
  EXPECT_THAT(file->GetStat()->modified, at(200));
}

}  // namespace
}  // namespace davit::wasi::fs
