#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/test_files.h"
#include "runtime/wasi/fs/types.h"

// What wasi:filesystem asks of the operations of files, over every back end.
namespace davit::wasi::fs {
namespace {

using ::testing::ElementsAre;

class FileIoTest : public ::testing::TestWithParam<Backend> {
 protected:
  std::unique_ptr<Descriptor> Open(DescriptorFlags flags, std::string_view path = "a.txt") {
    return MustOpen(*root_, path, {}, flags);
  }
  static std::span<const std::byte> Bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
  }
  // What Read says: the bytes, and "$" for the end.
  static std::string Read(const Descriptor& file, size_t length, uint64_t offset) {
    std::string text(length, '#');
    const auto read = file.Read(std::as_writable_bytes(std::span(text)), offset);
    if (!read) return std::string(Code(read));
    return text.substr(0, read->size) + (read->end ? "$" : "");
  }

  TestTree files_{GetParam()};
  std::unique_ptr<Descriptor> root_ = OpenTree(files_.tree());
};

INSTANTIATE_TEST_SUITE_P(, FileIoTest,
                         ::testing::Values(Backend::kMemory, Backend::kImage, Backend::kHost,
                                           Backend::kHostWalk),
                         [](const auto& info) { return std::string(BackendName(info.param)); });

TEST_P(FileIoTest, ReadsAtAnOffset) {
  const auto file = Open(kRead);
  EXPECT_EQ(Read(*file, 1, 0), "t");
  EXPECT_EQ(Read(*file, 4, 1), "est-");
  EXPECT_EQ(Read(*file, 1, 6), "\n");
}

TEST_P(FileIoTest, TellsTheEndAndNothingElseForIt) {
  const auto file = Open(kRead);
  EXPECT_EQ(Read(*file, 7, 0), "test-a\n") << "it has not been met yet";
  EXPECT_EQ(Read(*file, 8, 0), "test-a\n$");
  EXPECT_EQ(Read(*file, 1, 7), "$");
  EXPECT_EQ(Read(*file, 1, 17), "$");
  EXPECT_EQ(Read(*file, 0, 0), "");
  EXPECT_EQ(Read(*file, 0, 6), "");
  EXPECT_EQ(Read(*file, 0, 7), "$");
}

TEST_P(FileIoTest, ReadsAtNoOffsetThatNoFileHas) {
  const auto file = Open(kRead);
  EXPECT_EQ(Read(*file, 1, UINT64_MAX), "invalid");
  EXPECT_EQ(Read(*file, 1, uint64_t{INT64_MAX} + 1), "invalid");
  EXPECT_EQ(Read(*file, 1, uint64_t{1} << 40), "$");
}

TEST_P(FileIoTest, ReadsWithoutWaitingWhereItCan) {
  const auto file = Open(kRead);
  // The file has just been written, so that the host has it in memory too; whether its file system
  // can tell is another matter.
  std::byte bytes[16];
  const auto read = file->ReadNow(bytes, 0);
  if (!read) {
    EXPECT_TRUE(IsHost(GetParam()));
    EXPECT_EQ(Code(read), "would-block");
    return;
  }
  EXPECT_EQ(read->size, 7);
  EXPECT_TRUE(read->end);
}

TEST_P(FileIoTest, WritesAtAnOffset) {
  const auto file = Open(kReadWrite);
  MustWrite(*file, "TE", 0);
  MustWrite(*file, "longer", 5);
  EXPECT_EQ(Content(*file), "TEst-longer");
}

TEST_P(FileIoTest, FillsWithZeroesWhatWasNeverWritten) {
  const auto file = Open(kReadWrite);
  MustWrite(*file, "end", 10);
  EXPECT_EQ(Content(*file), std::string("test-a\n\0\0\0end", 13));
  MustWrite(*file, "x", 100'000);
  const std::string content = Content(*file);
  ASSERT_EQ(content.size(), 100'001);
  EXPECT_EQ(std::ranges::count(content, '\0'), 100'001 - 11);
}

TEST_P(FileIoTest, WritesNothingWithoutBytes) {
  const auto file = Open(kReadWrite);
  MustWrite(*file, "", 100);
  EXPECT_EQ(Content(*file), "test-a\n");
}

TEST_P(FileIoTest, WritesAtNoOffsetThatNoFileHas) {
  const auto file = Open(kReadWrite);
  EXPECT_EQ(Code(file->Write(Bytes("x"), UINT64_MAX)), "file-too-large");
  EXPECT_EQ(Code(file->Write(Bytes("x"), INT64_MAX)), "file-too-large");
  EXPECT_EQ(Code(file->Write(Bytes("xy"), INT64_MAX - 1)), "file-too-large");
  EXPECT_EQ(Content(*file), "test-a\n");
}

TEST_P(FileIoTest, AppendsWhereverTheEndIs) {
  const auto file = Open(kReadWrite);
  const auto writer = file->OpenWriter();
  const auto other = Open(kWrite)->OpenWriter();
  ASSERT_EQ(Code(writer->Append(Bytes("1"))), "ok");
  ASSERT_EQ(Code(other->Append(Bytes("2"))), "ok");
  MustWrite(*file, "T", 0);
  ASSERT_EQ(Code(writer->Append(Bytes("3"))), "ok");
  EXPECT_EQ(Content(*file), "Test-a\n123");
}

TEST_P(FileIoTest, KeepsStreamsWhenTheDescriptorIsGone) {
  auto file = Open(kReadWrite);
  const auto reader = file->OpenReader();
  const auto writer = file->OpenWriter();
  file.reset();
  ASSERT_EQ(Code(writer->Write(Bytes("TEST"), 0)), "ok");
  std::byte bytes[4];
  ASSERT_EQ(Code(reader->Read(bytes, 0)), "ok");
  EXPECT_EQ(bytes[0], std::byte{'T'});
}

TEST_P(FileIoTest, KeepsAnOpenFileWhoseNameIsGone) {
  const auto file = Open(kReadWrite);
  ASSERT_EQ(Code(root_->UnlinkFileAt("a.txt")), "ok");
  EXPECT_EQ(file->GetStat()->link_count, 0);
  MustWrite(*file, "TEST", 0);
  ASSERT_EQ(Code(file->SetSize(42)), "ok");
  EXPECT_EQ(file->GetStat()->size, 42);
  EXPECT_TRUE(Content(*file).starts_with("TEST-a"));
  MakeFile(*root_, "a.txt", "another");
  EXPECT_TRUE(Content(*file).starts_with("TEST-a"));
}

TEST_P(FileIoTest, GoesByTheModeItWasOpenedIn) {
  const auto reads = Open(kRead);
  EXPECT_EQ(Code(reads->Write(Bytes("x"), 0)), "bad-descriptor");
  EXPECT_EQ(Code(reads->Write({}, 0)), "bad-descriptor");
  EXPECT_EQ(Code(reads->OpenWriter()), "bad-descriptor");
  EXPECT_EQ(Code(reads->SetSize(0)), "bad-descriptor");
  const auto writes = Open(kWrite);
  EXPECT_EQ(Read(*writes, 1, 0), "bad-descriptor");
  EXPECT_EQ(Code(writes->OpenReader()), "bad-descriptor");
  EXPECT_EQ(Code(writes->ReadNow({}, 0)), "bad-descriptor");
  EXPECT_EQ(ContentAt(*root_, "a.txt"), "test-a\n");
}

TEST_P(FileIoTest, DoesNothingOfAFileToADirectory) {
  EXPECT_EQ(Code(root_->Advise(0, 0, Advice::kNormal)), "bad-descriptor");
  EXPECT_EQ(Read(*root_, 1, 0), "bad-descriptor");
  EXPECT_EQ(Code(root_->ReadNow({}, 0)), "bad-descriptor");
  EXPECT_EQ(Code(root_->Write(Bytes("x"), 0)), "bad-descriptor");
  EXPECT_EQ(Code(root_->SetSize(0)), "bad-descriptor");
  EXPECT_EQ(Code(root_->OpenWriter()), "bad-descriptor");
  EXPECT_EQ(Code(root_->OpenReader()), "is-directory");
}

TEST_P(FileIoTest, SetsTheSize) {
  const auto file = Open(kReadWrite);
  const auto reads = Open(kRead);
  ASSERT_EQ(Code(file->SetSize(4)), "ok");
  EXPECT_EQ(Content(*reads), "test");
  ASSERT_EQ(Code(file->SetSize(6)), "ok");
  EXPECT_EQ(Content(*reads), std::string("test\0\0", 6)) << "what was cut off is gone";
  ASSERT_EQ(Code(file->SetSize(0)), "ok");
  EXPECT_EQ(Content(*reads), "");
}

TEST_P(FileIoTest, SetsNoSizeThatNoFileHas) {
  const auto file = Open(kReadWrite);
  EXPECT_EQ(Code(file->SetSize(UINT64_MAX)), "file-too-large");
  EXPECT_EQ(Code(file->SetSize(uint64_t{INT64_MAX} + 1)), "file-too-large");
  EXPECT_EQ(file->GetStat()->size, 7);
}

TEST_P(FileIoTest, TakesAnyAdvice) {
  const auto file = Open(kRead);
  for (const uint64_t offset : {uint64_t{0}, uint64_t{7}, uint64_t{5000}, UINT64_MAX}) {
    for (const uint64_t length : {uint64_t{0}, uint64_t{10}, uint64_t{5000}, UINT64_MAX}) {
      for (const Advice advice : {Advice::kNormal, Advice::kSequential, Advice::kRandom,
                                  Advice::kWillNeed, Advice::kDontNeed, Advice::kNoReuse}) {
        EXPECT_EQ(Code(file->Advise(offset, length, advice)), "ok");
      }
    }
  }
}

TEST_P(FileIoTest, TakesRequestsToSync) {
  constexpr DescriptorFlags kSync = {.read = true,
                                     .write = true,
                                     .file_integrity_sync = true,
                                     .data_integrity_sync = true,
                                     .requested_write_sync = true};
  const auto file = Open(kSync);
  MustWrite(*file, "T", 0);
  EXPECT_EQ(Content(*file), "Test-a\n");
}

}  // namespace
}  // namespace davit::wasi::fs
