#include "runtime/wasi/fs/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/test_files.h"
#include "runtime/wasi/fs/types.h"

// What wasi:filesystem asks of the operations of directories, over every back end.
namespace davit::wasi::fs {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::StrEq;

class DescriptorTest : public ::testing::TestWithParam<Backend> {
 protected:
  std::unique_ptr<Descriptor> Reopen(bool read_only) const {
    return OpenTree(files_.tree(), read_only);
  }
  std::string_view Open(std::string_view path, OpenFlags open = {}, DescriptorFlags flags = kRead,
                        Follow follow = Follow::kNo) {
    return Code(root_->OpenAt(follow, path, open, flags));
  }
  std::string_view Stat(std::string_view path, Follow follow = Follow::kNo) {
    return Code(root_->StatAt(follow, path));
  }
  std::string_view Mkdir(std::string_view path) { return Code(root_->CreateDirectoryAt(path)); }
  std::string_view Rmdir(std::string_view path) { return Code(root_->RemoveDirectoryAt(path)); }
  std::string_view Unlink(std::string_view path) { return Code(root_->UnlinkFileAt(path)); }
  std::string_view Symlink(std::string_view target, std::string_view path) {
    return Code(root_->SymlinkAt(target, path));
  }
  std::string_view Link(std::string_view from, std::string_view to) {
    return Code(root_->LinkAt(Follow::kNo, from, *root_, to));
  }
  std::string_view Rename(std::string_view from, std::string_view to) {
    return Code(root_->RenameAt(from, *root_, to));
  }
  std::string_view ReadLink(std::string_view path) { return Code(root_->ReadLinkAt(path)); }

  TestTree files_{GetParam()};
  std::unique_ptr<Descriptor> root_ = Reopen(/*read_only=*/false);
};

INSTANTIATE_TEST_SUITE_P(, DescriptorTest,
                         ::testing::Values(Backend::kMemory, Backend::kImage, Backend::kHost,
                                           Backend::kHostWalk),
                         [](const auto& info) { return std::string(BackendName(info.param)); });

// -- Paths --

TEST_P(DescriptorTest, RefusesPathsBeforeLookingAtFiles) {
  const std::string nul("a.txt\0/..", 9);
  const std::string long_name(256, 'x');
  std::string long_path;
  while (long_path.size() < 4096) long_path += "./";
  for (const auto& [path, code] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"", "no-entry"},
           {nul, "invalid"},
           {"/", "not-permitted"},
           {"/etc/passwd", "not-permitted"},
           {long_name, "name-too-long"},
           {long_path, "name-too-long"},
           {"\xff", "illegal-byte-sequence"}}) {
    EXPECT_EQ(Open(path), code);
    EXPECT_EQ(Open(path, {.create = true}), code);
    EXPECT_EQ(Stat(path), code);
    EXPECT_EQ(Stat(path, Follow::kYes), code);
    EXPECT_EQ(Mkdir(path), code);
    EXPECT_EQ(Rmdir(path), code);
    EXPECT_EQ(Unlink(path), code);
    EXPECT_EQ(Symlink("a.txt", path), code);
    EXPECT_EQ(Link(path, "new"), code);
    EXPECT_EQ(Link("a.txt", path), code);
    EXPECT_EQ(Rename(path, "new"), code);
    EXPECT_EQ(Rename("a.txt", path), code);
    EXPECT_EQ(ReadLink(path), code);
    EXPECT_EQ(Code(root_->SetTimesAt(Follow::kNo, path, Now{}, Now{})), code);
    EXPECT_EQ(Code(root_->MetadataHashAt(Follow::kNo, path)), code);
  }
}

TEST_P(DescriptorTest, TakesNamesAndPathsOfTheGreatestLength) {
  const std::string name(255, 'x');
  EXPECT_EQ(Mkdir(name), "ok");
  std::string path = name;
  while (path.size() + 2 <= 4095) path.insert(0, "./");
  EXPECT_EQ(Stat(path), "ok");
}

TEST_P(DescriptorTest, TakesABackslashForAnyCharacter) {
  EXPECT_EQ(Mkdir("..\\up"), "ok");
  EXPECT_THAT(Names(*root_), testing::Contains("..\\up"));
  EXPECT_EQ(Stat("dir\\inner.txt"), "no-entry");
}

TEST_P(DescriptorTest, TakesNamesOfAnyLanguage) {
  MakeFile(*root_, "файл-✓", "x");
  EXPECT_EQ(ContentAt(*root_, "файл-✓"), "x");
  EXPECT_THAT(Names(*root_), testing::Contains("файл-✓"));
}

TEST_P(DescriptorTest, LooksAtTheTypeOfItsOwnBeforeThePath) {
  const auto file = MustOpen(*root_, "a.txt", {}, kRead);
  for (const std::string_view path : {"", ".", "/", "z.txt"}) {
    EXPECT_EQ(Code(file->OpenAt(Follow::kNo, path, {}, kRead)), "not-directory");
    EXPECT_EQ(Code(file->StatAt(Follow::kNo, path)), "not-directory");
    EXPECT_EQ(Code(file->ReadLinkAt(path)), "not-directory");
    EXPECT_EQ(Code(file->CreateDirectoryAt(path)), "not-directory");
    EXPECT_EQ(Code(file->RemoveDirectoryAt(path)), "not-directory");
    EXPECT_EQ(Code(file->UnlinkFileAt(path)), "not-directory");
    EXPECT_EQ(Code(file->SymlinkAt("", path)), "not-directory");
    EXPECT_EQ(Code(file->RenameAt(path, *root_, "x")), "not-directory");
    EXPECT_EQ(Code(root_->RenameAt("a.txt", *file, path)), "not-directory");
    EXPECT_EQ(Code(file->LinkAt(Follow::kNo, path, *root_, "x")), "not-directory");
    EXPECT_EQ(Code(root_->LinkAt(Follow::kNo, "a.txt", *file, path)), "not-directory");
    EXPECT_EQ(Code(file->MetadataHashAt(Follow::kNo, path)), "not-directory");
    EXPECT_EQ(Code(file->SetTimesAt(Follow::kNo, path, Now{}, Now{})), "not-directory");
  }
  EXPECT_EQ(Code(file->ReadDirectory()), "not-directory");
}

// -- Sandbox --

TEST_P(DescriptorTest, NeverLeadsAboveItself) {
  for (const std::string_view path : {"..", "../", "./..", "dir/../..", "parent/x", "../x",
                                      "dirlink/../../x", "../davit-files", "dir/../../dir"}) {
    EXPECT_EQ(Open(path), "not-permitted") << path;
    EXPECT_EQ(Open(path, {.directory = true}), "not-permitted") << path;
    EXPECT_EQ(Stat(path), "not-permitted") << path;
    EXPECT_EQ(Mkdir(path), "not-permitted") << path;
    EXPECT_EQ(Rmdir(path), "not-permitted") << path;
    EXPECT_EQ(Unlink(path), "not-permitted") << path;
    EXPECT_EQ(Symlink("a.txt", path), "not-permitted") << path;
    EXPECT_EQ(Link(path, "new"), "not-permitted") << path;
    EXPECT_EQ(Link("a.txt", path), "not-permitted") << path;
    EXPECT_EQ(Rename(path, "new"), "not-permitted") << path;
    EXPECT_EQ(Rename("a.txt", path), "not-permitted") << path;
    EXPECT_EQ(ReadLink(path), "not-permitted") << path;
    EXPECT_EQ(Code(root_->SetTimesAt(Follow::kNo, path, Now{}, Now{})), "not-permitted") << path;
  }
  EXPECT_EQ(Open("parent", {}, kRead, Follow::kYes), "not-permitted");
  EXPECT_EQ(Stat("parent", Follow::kYes), "not-permitted");
  EXPECT_EQ(Stat("parent/"), "not-permitted");
}

TEST_P(DescriptorTest, NeverLeadsFromADirectoryToItsSiblings) {
  ASSERT_EQ(Mkdir("sibling"), "ok");
  const auto child = MustOpen(*root_, "dir", {.directory = true}, kRead);
  EXPECT_EQ(Code(child->OpenAt(Follow::kNo, "../a.txt", {}, kRead)), "not-permitted");
  EXPECT_EQ(Code(child->CreateDirectoryAt("../sibling/x")), "not-permitted");
  EXPECT_EQ(Code(child->RemoveDirectoryAt("../sibling")), "not-permitted");
}

TEST_P(DescriptorTest, GoesUpAsFarAsItWentDown) {
  EXPECT_EQ(ContentAt(*root_, "dir/../a.txt"), "test-a\n");
  EXPECT_EQ(ContentAt(*root_, "dir/../dir/.././b.txt"), "test-b\n");
  EXPECT_EQ(ContentAt(*root_, "dirlink/../a.txt"), "test-a\n");
  EXPECT_EQ(Stat("dir/.."), "ok");
  EXPECT_EQ(Open("a.txt/../b.txt"), "not-directory");
  EXPECT_EQ(Open("a.txt/.."), "not-directory");
  EXPECT_EQ(Open("missing/../b.txt"), "no-entry");
}

TEST_P(DescriptorTest, FollowsNoAbsoluteLink) {
  if (GetParam() == Backend::kMemory) GTEST_SKIP() << "none can be made there";
  EXPECT_EQ(Open("absolute/passwd"), "not-permitted");
  EXPECT_EQ(Open("absolute", {}, kRead, Follow::kYes), "not-permitted");
  EXPECT_EQ(Stat("absolute", Follow::kYes), "not-permitted");
  EXPECT_EQ(Stat("absolute/"), "not-permitted");
  EXPECT_EQ(Stat("absolute"), "ok");
  EXPECT_EQ(ReadLink("absolute"), "not-permitted");
}

// -- Symbolic links --

TEST_P(DescriptorTest, FollowsTheLastLinkWhenAsked) {
  EXPECT_EQ(Open("link"), "loop");
  EXPECT_EQ(Open("link", {}, kRead, Follow::kYes), "ok");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "link")->type, DescriptorType::kSymbolicLink);
  EXPECT_EQ(root_->StatAt(Follow::kYes, "link")->type, DescriptorType::kRegularFile);
  EXPECT_EQ(Open("dirlink"), "loop");
  EXPECT_EQ(Open("dirlink", {.directory = true}), "not-directory");
  EXPECT_EQ(Open("dirlink", {.directory = true}, kRead, Follow::kYes), "ok");
  EXPECT_EQ(Stat("dangling"), "ok");
  EXPECT_EQ(Stat("dangling", Follow::kYes), "no-entry");
}

TEST_P(DescriptorTest, FollowsLinksInTheMiddleAlways) {
  EXPECT_EQ(ContentAt(*root_, "dirlink/inner.txt"), "inner");
  EXPECT_EQ(Stat("dirlink/inner.txt"), "ok");
  EXPECT_EQ(Stat("link/x"), "not-directory");
  EXPECT_EQ(Stat("dangling/x"), "no-entry");
}

TEST_P(DescriptorTest, FollowsALinkWithASlashBehindIt) {
  EXPECT_EQ(root_->StatAt(Follow::kNo, "dirlink/")->type, DescriptorType::kDirectory);
  EXPECT_EQ(Open("dirlink/"), "ok");
  EXPECT_EQ(Open("a.txt/"), "not-directory");
  EXPECT_EQ(Open("link/"), "not-directory");
  EXPECT_EQ(Open("dir/"), "ok");
  EXPECT_EQ(Open("dir///"), "ok");
  EXPECT_EQ(ReadLink("dirlink/"), "invalid");
}

TEST_P(DescriptorTest, GivesUpOnLinksInACircle) {
  EXPECT_EQ(Open("self", {}, kRead, Follow::kYes), "loop");
  EXPECT_EQ(Stat("self", Follow::kYes), "loop");
  EXPECT_EQ(Stat("self/x"), "loop");
}

TEST_P(DescriptorTest, FollowsFortyLinksAndNoMore) {
  ASSERT_EQ(Symlink("a.txt", "1"), "ok");
  for (int i = 2; i <= 41; ++i) {
    ASSERT_EQ(Symlink(std::to_string(i - 1), std::to_string(i)), "ok");
  }
  EXPECT_EQ(Stat("40", Follow::kYes), "ok");
  EXPECT_EQ(Stat("41", Follow::kYes), "loop");
}

TEST_P(DescriptorTest, KeepsALinksTargetAsItIs) {
  for (const std::string_view target : {"nowhere//./../x/", "..", "a\\b", "ünï"}) {
    ASSERT_EQ(Symlink(target, "new"), "ok");
    EXPECT_THAT(root_->ReadLinkAt("new"), Optional(StrEq(target)));
    EXPECT_EQ(root_->StatAt(Follow::kNo, "new")->size, target.size());
    ASSERT_EQ(Unlink("new"), "ok");
  }
}

TEST_P(DescriptorTest, MakesNoLinkThatMayNotBe) {
  EXPECT_EQ(Symlink("/etc", "new"), "not-permitted");
  EXPECT_EQ(Symlink("", "new"), "no-entry");
  EXPECT_EQ(Symlink("whatever", ""), "no-entry");
  EXPECT_EQ(Symlink(std::string_view("a\0b", 3), "new"), "invalid");
  EXPECT_EQ(Symlink(std::string(4096, 'x'), "new"), "name-too-long");
  EXPECT_EQ(Symlink("a.txt", "b.txt"), "exist");
  EXPECT_EQ(Symlink("a.txt", "dangling"), "exist");
  EXPECT_EQ(Symlink("a.txt", "."), "exist");
  EXPECT_EQ(Symlink("a.txt", "new/"), "no-entry");
  EXPECT_EQ(Symlink("a.txt", "parent/x"), "not-permitted");
  EXPECT_EQ(Stat("new"), "no-entry");
}

TEST_P(DescriptorTest, ReadsLinksAlone) {
  EXPECT_EQ(ReadLink("."), "invalid");
  EXPECT_EQ(ReadLink("a.txt"), "invalid");
  EXPECT_EQ(ReadLink("z.txt"), "no-entry");
  EXPECT_EQ(ReadLink("./../"), "not-permitted");
  EXPECT_THAT(root_->ReadLinkAt("parent"), Optional(StrEq("..")));
}

// -- Open --

TEST_P(DescriptorTest, OpensADirectoryOnlyToReadIt) {
  EXPECT_EQ(Open("."), "ok");
  EXPECT_EQ(Open("dir", {.directory = true}), "ok");
  EXPECT_EQ(Open(".", {}, kWrite), "is-directory");
  EXPECT_EQ(Open("dir", {}, kReadWrite), "is-directory");
  EXPECT_EQ(Open("dir", {.directory = true}, kWrite), "is-directory");
  EXPECT_EQ(Open("dir", {.truncate = true}), "is-directory");
  EXPECT_EQ(Open("dir", {.create = true}), "is-directory");
  EXPECT_EQ(Open("dir", {.create = true, .exclusive = true}), "exist");
  EXPECT_EQ(Open("new/", {.create = true}), "is-directory");
}

TEST_P(DescriptorTest, OpensNothingButADirectoryWhenAsked) {
  EXPECT_EQ(Open("a.txt", {.directory = true}), "not-directory");
  EXPECT_EQ(Open("z.txt", {.directory = true}), "no-entry");
  EXPECT_EQ(Open("dir", {.create = true, .directory = true}), "invalid");
  EXPECT_EQ(Open("dir", {.directory = true, .exclusive = true}), "invalid");
  EXPECT_EQ(Open("dir", {.directory = true, .truncate = true}), "invalid");
}

TEST_P(DescriptorTest, CreatesFiles) {
  EXPECT_EQ(Open("new"), "no-entry");
  EXPECT_EQ(Open("new", {.create = true}), "ok");
  EXPECT_EQ(Open("new", {.create = true}), "ok");
  EXPECT_EQ(Open("new", {.create = true, .exclusive = true}), "exist");
  EXPECT_EQ(Open("new", {.exclusive = true}), "ok") << "exclusive alone says nothing";
  EXPECT_EQ(root_->StatAt(Follow::kNo, "new")->size, 0);
  EXPECT_EQ(Open("missing/new", {.create = true}), "no-entry");
  EXPECT_EQ(Open("a.txt/new", {.create = true}), "not-directory");
}

TEST_P(DescriptorTest, CreatesTheFileThatALinkLeadsTo) {
  EXPECT_EQ(Open("dangling", {.create = true}), "loop");
  EXPECT_EQ(Open("dangling", {.create = true, .exclusive = true}, kWrite, Follow::kYes), "exist");
  EXPECT_EQ(Open("dangling", {.create = true}, kWrite, Follow::kYes), "ok");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "missing")->type, DescriptorType::kRegularFile);
}

TEST_P(DescriptorTest, TruncatesWhatItOpens) {
  EXPECT_EQ(Open("a.txt", {.truncate = true}, kWrite), "ok");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "a.txt")->size, 0);
  EXPECT_EQ(Open("b.txt", {.truncate = true}), "ok");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "b.txt")->size, 0) << "though it is only read";
}

TEST_P(DescriptorTest, SaysHowItWasOpened) {
  const auto flags = [&](std::string_view path, OpenFlags open, DescriptorFlags asked) {
    return MustOpen(*root_, path, open, asked)->GetFlags();
  };
  constexpr DescriptorFlags kMutate = {.read = true, .mutate_directory = true};
  EXPECT_EQ(root_->GetFlags(), kMutate);
  EXPECT_EQ(Reopen(/*read_only=*/true)->GetFlags(), kRead);
  EXPECT_EQ(flags(".", {}, {}), kRead);
  EXPECT_EQ(flags(".", {}, {.mutate_directory = true}), kMutate);
  EXPECT_EQ(flags(".", {.directory = true}, kMutate), kMutate);
  EXPECT_EQ(flags("a.txt", {}, {}), kRead);
  EXPECT_EQ(flags("a.txt", {}, kRead), kRead);
  EXPECT_EQ(flags("a.txt", {}, kWrite), kWrite);
  EXPECT_EQ(flags("a.txt", {}, kReadWrite), kReadWrite);
  EXPECT_EQ(flags("a.txt", {.exclusive = true}, {}), kRead);
  EXPECT_EQ(flags("a.txt", {}, kMutate), kRead) << "it is of directories alone";
  EXPECT_EQ(flags("new1", {.create = true}, {}), kReadWrite);
  EXPECT_EQ(flags("new2", {.create = true}, kRead), kReadWrite);
  EXPECT_EQ(flags("new3", {.create = true}, kWrite), kWrite);
  constexpr DescriptorFlags kSync = {
      .read = true, .write = true, .file_integrity_sync = true, .data_integrity_sync = true};
  EXPECT_EQ(flags("a.txt", {}, kSync), kSync);
}

TEST_P(DescriptorTest, SaysWhatItIs) {
  EXPECT_EQ(root_->GetType(), DescriptorType::kDirectory);
  EXPECT_EQ(MustOpen(*root_, "a.txt", {}, kRead)->GetType(), DescriptorType::kRegularFile);
  EXPECT_EQ(MustOpen(*root_, "dir", {}, kRead)->GetType(), DescriptorType::kDirectory);
  EXPECT_EQ(root_->MayBlock(), IsHost(GetParam()));
}

// -- Rights --

TEST_P(DescriptorTest, ChangesNothingInAReadOnlyPreopen) {
  const auto read_only = Reopen(/*read_only=*/true);
  const auto code = [&](OpenFlags open, DescriptorFlags flags) {
    return Code(read_only->OpenAt(Follow::kNo, "a.txt", open, flags));
  };
  EXPECT_EQ(code({}, kRead), "ok");
  EXPECT_EQ(code({}, {}), "ok");
  EXPECT_EQ(code({}, kWrite), "not-permitted");
  EXPECT_EQ(code({}, {.mutate_directory = true}), "not-permitted");
  EXPECT_EQ(code({.create = true}, kRead), "not-permitted");
  EXPECT_EQ(code({.truncate = true}, kRead), "not-permitted");
  EXPECT_EQ(code({.truncate = true}, {}), "not-permitted");
  EXPECT_EQ(Code(read_only->CreateDirectoryAt("new")), "not-permitted");
  EXPECT_EQ(Code(read_only->SymlinkAt("a.txt", "new")), "not-permitted");
  EXPECT_EQ(Code(read_only->UnlinkFileAt("a.txt")), "not-permitted");
  EXPECT_EQ(Code(read_only->RemoveDirectoryAt("dir")), "not-permitted");
  EXPECT_EQ(Code(read_only->RenameAt("a.txt", *read_only, "new")), "not-permitted");
  EXPECT_EQ(Code(read_only->LinkAt(Follow::kNo, "a.txt", *read_only, "new")), "not-permitted");
  EXPECT_EQ(Code(read_only->SetTimesAt(Follow::kNo, "a.txt", Now{}, Now{})), "not-permitted");
  EXPECT_EQ(Code(read_only->SetTimes(Now{}, Now{})), "not-permitted");
  const auto file = MustOpen(*read_only, "a.txt", {}, kRead);
  EXPECT_EQ(Code(file->SetTimes(Now{}, Now{})), "not-permitted");
  EXPECT_EQ(Code(file->SetSize(0)), "not-permitted");
  EXPECT_EQ(Code(file->Write({}, 0)), "not-permitted");
  EXPECT_EQ(Code(file->OpenWriter()), "not-permitted");
  const auto directory = MustOpen(*read_only, "dir", {}, kRead);
  EXPECT_EQ(Code(directory->UnlinkFileAt("inner.txt")), "not-permitted");
  EXPECT_EQ(ContentAt(*root_, "a.txt"), "test-a\n");
  EXPECT_EQ(Stat("new"), "no-entry");
}

TEST_P(DescriptorTest, LinksAndRenamesWithinOnePreopen) {
  // One tree, granted twice.
  const auto other = Reopen(/*read_only=*/false);
  const auto read_only = Reopen(/*read_only=*/true);
  for (const Descriptor* to : {other.get(), read_only.get()}) {
    EXPECT_EQ(Code(root_->RenameAt("a.txt", *to, "new")), "not-permitted");
    EXPECT_EQ(Code(root_->LinkAt(Follow::kNo, "a.txt", *to, "new")), "not-permitted");
  }
  EXPECT_EQ(Code(read_only->RenameAt("a.txt", *root_, "new")), "not-permitted");
  EXPECT_EQ(Code(read_only->LinkAt(Follow::kNo, "a.txt", *root_, "new")), "not-permitted");
  EXPECT_EQ(Stat("new"), "no-entry");
  const auto child = MustOpen(*root_, "dir", {}, kRead);
  EXPECT_EQ(Code(root_->RenameAt("a.txt", *child, "moved")), "ok");
  EXPECT_EQ(Code(child->LinkAt(Follow::kNo, "moved", *root_, "a.txt")), "ok");
  EXPECT_EQ(ContentAt(*root_, "a.txt"), "test-a\n");
}

TEST_P(DescriptorTest, ChangesThingsInADirectoryThatWasOpenedToBeRead) {
  const auto child = MustOpen(*root_, "dir", {.directory = true}, kRead);
  EXPECT_EQ(Code(child->CreateDirectoryAt("new")), "ok");
  EXPECT_EQ(Code(child->UnlinkFileAt("inner.txt")), "ok");
}

// -- Directories --

TEST_P(DescriptorTest, CreatesDirectories) {
  EXPECT_EQ(Mkdir("."), "exist");
  EXPECT_EQ(Mkdir("dir/.."), "exist");
  EXPECT_EQ(Mkdir("a.txt"), "exist");
  EXPECT_EQ(Mkdir("dangling"), "exist");
  EXPECT_EQ(Mkdir("new/"), "ok");
  EXPECT_EQ(Mkdir("new/x/y"), "no-entry");
  EXPECT_EQ(Mkdir("new/x///"), "ok");
  EXPECT_EQ(Mkdir("a.txt/x"), "not-directory");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "new/x")->type, DescriptorType::kDirectory);
}

TEST_P(DescriptorTest, RemovesDirectories) {
  ASSERT_EQ(Mkdir("new"), "ok");
  EXPECT_EQ(Rmdir("."), "invalid");
  EXPECT_EQ(Rmdir("dir/."), "invalid");
  EXPECT_EQ(Rmdir("dir/.."), "not-empty");
  EXPECT_EQ(Rmdir("a.txt"), "not-directory");
  EXPECT_EQ(Rmdir("dirlink"), "not-directory");
  EXPECT_EQ(Rmdir("parent"), "not-directory");
  EXPECT_EQ(Rmdir("z.txt"), "no-entry");
  EXPECT_EQ(Rmdir("dir"), "not-empty");
  EXPECT_EQ(Rmdir("new////"), "ok");
  EXPECT_EQ(Stat("new"), "no-entry");
  EXPECT_EQ(Unlink("dir/inner.txt"), "ok");
  EXPECT_EQ(Rmdir("dir"), "ok");
}

TEST_P(DescriptorTest, MakesNothingInADirectoryThatIsGone) {
  ASSERT_EQ(Mkdir("new"), "ok");
  const auto gone = MustOpen(*root_, "new", {}, kRead);
  ASSERT_EQ(Rmdir("new"), "ok");
  EXPECT_EQ(Code(gone->OpenAt(Follow::kNo, "x", {.create = true}, kWrite)), "no-entry");
  EXPECT_EQ(Code(gone->CreateDirectoryAt("x")), "no-entry");
  EXPECT_EQ(Code(gone->SymlinkAt("a", "x")), "no-entry");
  EXPECT_EQ(Code(root_->RenameAt("a.txt", *gone, "x")), "no-entry");
  EXPECT_EQ(Code(root_->LinkAt(Follow::kNo, "a.txt", *gone, "x")), "no-entry");
  EXPECT_EQ(Code(gone->StatAt(Follow::kNo, ".")), "ok");
  EXPECT_THAT(Names(*gone), ElementsAre());
}

TEST_P(DescriptorTest, UnlinksWhatIsNoDirectory) {
  EXPECT_EQ(Unlink("dir"), "is-directory");
  EXPECT_EQ(Unlink("dir/"), "is-directory");
  EXPECT_EQ(Unlink("."), "is-directory");
  EXPECT_EQ(Unlink("dir/.."), "is-directory");
  EXPECT_EQ(Unlink("z.txt"), "no-entry");
  EXPECT_EQ(Unlink("z.txt/"), "no-entry");
  EXPECT_EQ(Unlink("a.txt/"), "not-directory");
  EXPECT_EQ(Unlink("dirlink/"), "not-directory");
  EXPECT_EQ(Unlink("dirlink"), "ok");
  EXPECT_EQ(Stat("dir"), "ok") << "the link goes, not what it leads to";
  EXPECT_EQ(Unlink("a.txt"), "ok");
  EXPECT_EQ(Stat("a.txt"), "no-entry");
}

TEST_P(DescriptorTest, ReadsWhatIsInADirectory) {
  EXPECT_THAT(Names(*MustOpen(*root_, "dir", {}, kRead)), ElementsAre("inner.txt"));
  ASSERT_EQ(Unlink("dir/inner.txt"), "ok");
  EXPECT_THAT(Names(*MustOpen(*root_, "dir", {}, kRead)), ElementsAre());
  for (const std::string_view name : {"dir/z", "dir/A", "dir/é", "dir/a"}) Mkdir(name);
  EXPECT_THAT(Names(*MustOpen(*root_, "dir", {}, kRead)), ElementsAre("A", "a", "z", "é"));
}

TEST_P(DescriptorTest, ReadsWhatTheEntriesAre) {
  auto entries = root_->ReadDirectory();
  int seen = 0;
  for (auto entry = entries->Next(); entry && *entry; entry = entries->Next()) {
    const auto stat = root_->StatAt(Follow::kNo, (*entry)->name);
    EXPECT_EQ((*entry)->type, stat->type) << (*entry)->name;
    ++seen;
  }
  EXPECT_EQ(seen, GetParam() == Backend::kMemory ? 8 : 9);
}

TEST_P(DescriptorTest, ReadsADirectoryByStreamsOfTheirOwn) {
  auto first = root_->ReadDirectory();
  ASSERT_EQ(Code(first->Next()), "ok");
  auto second = root_->ReadDirectory();
  const auto begin = root_->ReadDirectory()->Next();
  EXPECT_EQ((*second->Next())->name, (*begin)->name);
  while (*first->Next()) continue;
  EXPECT_FALSE((*first->Next()).has_value()) << "at the end it stays there";
}

// -- Links and renames --

TEST_P(DescriptorTest, MakesHardLinks) {
  EXPECT_EQ(Link("a.txt", "dir/new"), "ok");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "a.txt")->link_count, 2);
  MustWrite(*MustOpen(*root_, "dir/new", {}, kWrite), "T", 0);
  EXPECT_EQ(ContentAt(*root_, "a.txt"), "Test-a\n");
  EXPECT_EQ(Unlink("a.txt"), "ok");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "dir/new")->link_count, 1);
  EXPECT_EQ(Link("link", "newlink"), "ok") << "a link itself can have several names";
  EXPECT_EQ(root_->StatAt(Follow::kNo, "newlink")->type, DescriptorType::kSymbolicLink);
}

TEST_P(DescriptorTest, MakesNoHardLinkThatMayNotBe) {
  EXPECT_EQ(Link(".", "new"), "not-permitted");
  EXPECT_EQ(Link("dir", "new"), "not-permitted");
  EXPECT_EQ(Link("dir/", "new"), "not-permitted");
  EXPECT_EQ(Link("a.txt/", "new"), "not-directory");
  EXPECT_EQ(Link("z.txt", "new"), "no-entry");
  EXPECT_EQ(Link("a.txt", "a.txt"), "exist");
  EXPECT_EQ(Link("a.txt", "dir"), "exist");
  EXPECT_EQ(Link("a.txt", "."), "exist");
  EXPECT_EQ(Link("a.txt", "new/"), "no-entry");
  EXPECT_EQ(Code(root_->LinkAt(Follow::kYes, "link", *root_, "new")), "invalid");
  EXPECT_EQ(Stat("new"), "no-entry");
}

TEST_P(DescriptorTest, RenamesFiles) {
  EXPECT_EQ(Rename("a.txt", "a.txt"), "ok");
  EXPECT_EQ(Rename("a.txt", "dir/new"), "ok");
  EXPECT_EQ(Stat("a.txt"), "no-entry");
  EXPECT_EQ(Rename("dir/new", "b.txt"), "ok") << "over a file";
  EXPECT_EQ(ContentAt(*root_, "b.txt"), "test-a\n");
  EXPECT_EQ(Rename("b.txt", "dangling"), "ok") << "over a link";
  EXPECT_EQ(root_->StatAt(Follow::kNo, "dangling")->type, DescriptorType::kRegularFile);
  EXPECT_EQ(Rename("dangling", "dir"), "is-directory");
  EXPECT_EQ(Rename("dangling", "new/"), "not-directory");
  EXPECT_EQ(Rename("dangling/", "new"), "not-directory");
  EXPECT_EQ(Rename("z.txt", "new"), "no-entry");
}

TEST_P(DescriptorTest, RenamesDirectories) {
  ASSERT_EQ(Mkdir("empty"), "ok");
  EXPECT_EQ(Rename(".", "new"), "busy");
  EXPECT_EQ(Rename("a.txt", "."), "busy");
  EXPECT_EQ(Rename("dir", "a.txt"), "not-directory");
  EXPECT_EQ(Rename("dir", "dir/new"), "invalid");
  EXPECT_EQ(Rename("empty", "dir"), "not-empty");
  EXPECT_EQ(Rename("dir/inner.txt", "dir"), "not-empty");
  EXPECT_EQ(Rename("dir/", "empty/"), "ok") << "over one that is empty";
  EXPECT_EQ(ContentAt(*root_, "empty/inner.txt"), "inner");
  EXPECT_EQ(Stat("dir"), "no-entry");
}

TEST_P(DescriptorTest, LeavesTwoNamesOfOneFileAsTheyAre) {
  ASSERT_EQ(Link("a.txt", "new"), "ok");
  EXPECT_EQ(Rename("a.txt", "new"), "ok");
  EXPECT_EQ(Stat("a.txt"), "ok");
  EXPECT_EQ(Stat("new"), "ok");
}

// -- Metadata --

TEST_P(DescriptorTest, TellsMetadata) {
  const Timestamp before_all = {.seconds = 1};
  const auto file = root_->StatAt(Follow::kNo, "a.txt");
  EXPECT_EQ(file->type, DescriptorType::kRegularFile);
  EXPECT_EQ(file->size, 7);
  EXPECT_EQ(file->link_count, 1);
  const auto opened = MustOpen(*root_, "a.txt", {}, kRead)->GetStat();
  EXPECT_EQ(opened->size, 7);
  EXPECT_EQ(opened->modified, file->modified);
  EXPECT_EQ(root_->GetStat()->type, DescriptorType::kDirectory);
  EXPECT_EQ(Stat("z.txt"), "no-entry");
  EXPECT_EQ(Stat("a.txt/x"), "not-directory");
  MustWrite(*MustOpen(*root_, "a.txt", {}, kWrite), "x", 0);
  EXPECT_GT(root_->StatAt(Follow::kNo, "a.txt")->modified->seconds, before_all.seconds);
  EXPECT_GT(root_->StatAt(Follow::kNo, "a.txt")->status_changed->seconds, before_all.seconds);
}

TEST_P(DescriptorTest, SetsTimes) {
  const Timestamp accessed = {.seconds = 42, .nanoseconds = 7'000'000};
  const Timestamp modified = {.seconds = 69, .nanoseconds = 999'000'000};
  const auto file = MustOpen(*root_, "a.txt", {}, kRead);
  ASSERT_EQ(Code(file->SetTimes(accessed, modified)), "ok");
  EXPECT_THAT(file->GetStat()->accessed, Optional(accessed));
  EXPECT_THAT(file->GetStat()->modified, Optional(modified));
  EXPECT_GT(file->GetStat()->status_changed->seconds, 69);
  ASSERT_EQ(Code(file->SetTimes(NoChange{}, Now{})), "ok");
  EXPECT_THAT(file->GetStat()->accessed, Optional(accessed));
  EXPECT_GT(file->GetStat()->modified->seconds, 69);
  ASSERT_EQ(Code(root_->SetTimes(accessed, modified)), "ok");
  EXPECT_THAT(root_->GetStat()->modified, Optional(modified));
}

TEST_P(DescriptorTest, SetsTimesByPath) {
  const Timestamp time = {.seconds = 42};
  ASSERT_EQ(Code(root_->SetTimesAt(Follow::kYes, "link", time, time)), "ok");
  EXPECT_THAT(root_->StatAt(Follow::kNo, "a.txt")->modified, Optional(time));
  const Timestamp other = {.seconds = 43};
  ASSERT_EQ(Code(root_->SetTimesAt(Follow::kNo, "link", other, other)), "ok");
  EXPECT_THAT(root_->StatAt(Follow::kNo, "link")->modified, Optional(other));
  EXPECT_THAT(root_->StatAt(Follow::kNo, "a.txt")->modified, Optional(time));
  EXPECT_EQ(Code(root_->SetTimesAt(Follow::kNo, "z.txt", time, time)), "no-entry");
  EXPECT_EQ(Code(root_->SetTimesAt(Follow::kYes, "parent", time, time)), "not-permitted");
}

TEST_P(DescriptorTest, SetsNoTimeThatIsNone) {
  const Timestamp far = {.seconds = uint64_t{INT64_MAX} + 1};
  const Timestamp no_fraction = {.seconds = 1, .nanoseconds = 1'000'000'000};
  EXPECT_EQ(Code(root_->SetTimesAt(Follow::kNo, "a.txt", far, NoChange{})), "overflow");
  EXPECT_EQ(Code(root_->SetTimesAt(Follow::kNo, "a.txt", NoChange{}, far)), "overflow");
  EXPECT_EQ(Code(root_->SetTimesAt(Follow::kNo, "a.txt", no_fraction, NoChange{})), "invalid");
  const Timestamp odd = {.seconds = INT64_MAX, .nanoseconds = 999'999'999};
  EXPECT_EQ(Code(root_->SetTimesAt(Follow::kNo, "a.txt", odd, odd)), "ok");
  EXPECT_EQ(Stat("a.txt"), "ok");
}

TEST_P(DescriptorTest, HashesWhichObjectItIsAndNothingElse) {
  const auto hash = [&](std::string_view path, Follow follow = Follow::kNo) {
    return root_->MetadataHashAt(follow, path).value_or(MetadataHash());
  };
  const MetadataHash before = hash("a.txt");
  EXPECT_NE(before, hash("b.txt"));
  EXPECT_NE(before, hash("link"));
  EXPECT_EQ(before, hash("link", Follow::kYes));
  const auto file = MustOpen(*root_, "a.txt", {}, kReadWrite);
  MustWrite(*file, "something longer", 0);
  ASSERT_EQ(Rename("a.txt", "new"), "ok");
  ASSERT_EQ(Link("new", "a.txt"), "ok");
  EXPECT_EQ(hash("a.txt"), before);
  EXPECT_EQ(file->GetMetadataHash(), before);
  EXPECT_EQ(Code(root_->MetadataHashAt(Follow::kNo, "z.txt")), "no-entry");
}

TEST_P(DescriptorTest, HashesOfWhatIsGoneAreNotUsedAgain) {
  MakeFile(*root_, "new", "x");
  const auto before = root_->MetadataHashAt(Follow::kNo, "new");
  ASSERT_EQ(Unlink("new"), "ok");
  MakeFile(*root_, "new", "x");
  EXPECT_NE(*root_->MetadataHashAt(Follow::kNo, "new"), *before);
}

TEST_P(DescriptorTest, KnowsTheSameObject) {
  const auto a = MustOpen(*root_, "a.txt", {}, kRead);
  const auto b = MustOpen(*root_, "b.txt", {}, kRead);
  EXPECT_TRUE(a->IsSameObject(*a));
  EXPECT_TRUE(a->IsSameObject(*MustOpen(*root_, "a.txt", {}, kWrite)));
  EXPECT_FALSE(a->IsSameObject(*b));
  EXPECT_TRUE(root_->IsSameObject(*MustOpen(*root_, "dir/..", {}, kRead)));
  const TestTree other(GetParam());
  EXPECT_FALSE(root_->IsSameObject(*OpenTree(other.tree())));
}

TEST_P(DescriptorTest, SyncsWhatIsOpenedHoweverItIs) {
  for (const DescriptorFlags flags : {kRead, kWrite, kReadWrite}) {
    const auto file = MustOpen(*root_, "a.txt", {}, flags);
    EXPECT_EQ(Code(file->Sync()), "ok");
    EXPECT_EQ(Code(file->SyncData()), "ok");
  }
  EXPECT_EQ(Code(root_->Sync()), "ok");
  EXPECT_EQ(Code(root_->SyncData()), "ok");
  EXPECT_EQ(Code(Reopen(/*read_only=*/true)->Sync()), "ok");
}

}  // namespace
}  // namespace davit::wasi::fs
