#include "runtime/wasi/fs/tar.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

using ::absl_testing::StatusIs;
using ::testing::HasSubstr;

constexpr size_t kBlock = 512;

// What a header says; the rest is as tar programs write it.
struct Member {
  std::string name;
  char type = '0';
  std::string content;
  std::string link;
  std::string prefix;
};

void Put(std::string& block, size_t at, std::string_view field) {
  block.replace(at, field.size(), field);
}

void Sum(std::string& block) {
  Put(block, 148, "        ");
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  char digits[16];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  Put(block, 148, std::string_view(digits, 7));
}

std::string Header(const Member& member) {
  std::string block(kBlock, '\0');
  char size[32];
  std::snprintf(size, sizeof size, "%011zo", member.content.size());
  Put(block, 0, member.name);
  Put(block, 124, size);
  Put(block, 136, "00000000144");  // 100 seconds
  block[156] = member.type;
  Put(block, 157, member.link);
  Put(block, 257, std::string_view("ustar\00000", 8));
  Put(block, 345, member.prefix);
  Sum(block);
  return block;
}

std::string Padded(std::string content) {
  content.resize((content.size() + kBlock - 1) / kBlock * kBlock, '\0');
  return content;
}

std::string Archive(const std::vector<Member>& members) {
  std::string archive;
  for (const Member& member : members) {
    absl::StrAppend(&archive, Header(member), Padded(member.content));
  }
  return archive + std::string(2 * kBlock, '\0');
}

std::string Pax(std::string_view key, std::string_view value) {
  // The length counts itself.
  const size_t rest = key.size() + value.size() + 3;
  size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return absl::StrCat(length, " ", key, "=", value, "\n");
}

absl::StatusOr<std::shared_ptr<const Image>> Read(const std::string& archive,
                                                  const ImageLimits& limits = {}) {
  return ImageFromTar(archive, nullptr, limits);
}

const Image::Entry* At(const Image& image, std::string_view path) {
  Image::Index index = Image::kRoot;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const auto found = image.Find(index, path.substr(0, slash));
    if (!found) return nullptr;
    index = *found;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return &image.entry(index);
}

TEST(Tar, HoldsDirectoriesFilesAndLinks) {
  const std::string archive = Archive({{.name = "./", .type = '5'},
                                       {.name = "./dir/", .type = '5'},
                                       {.name = "./dir/file", .content = std::string(700, 'x')},
                                       {.name = "./dir/same", .type = '1', .link = "./dir/file"},
                                       {.name = "link", .type = '2', .link = "dir/file"},
                                       {.name = "old/", .type = '\0'},
                                       {.name = "empty", .type = '\0'}});
  const auto image = Read(archive);
  ASSERT_THAT(image, absl_testing::IsOk());
  EXPECT_EQ(At(**image, "dir/file")->content, std::string(700, 'x'));
  EXPECT_EQ(At(**image, "dir/file")->content.data(), archive.data() + 3 * kBlock)
      << "nothing is copied";
  EXPECT_EQ(At(**image, "dir/file")->modified.seconds, 100);
  EXPECT_EQ(At(**image, "dir/same")->link_count, 2);
  EXPECT_EQ(At(**image, "link")->target, "dir/file");
  EXPECT_EQ(At(**image, "old")->type, DescriptorType::kDirectory);
  EXPECT_EQ(At(**image, "empty")->type, DescriptorType::kRegularFile);
}

TEST(Tar, KeepsItsOwner) {
  const auto archive = std::make_shared<const std::string>(Archive({{.name = "a"}}));
  auto image = ImageFromTar(*archive, archive);
  ASSERT_THAT(image, absl_testing::IsOk());
  EXPECT_EQ(archive.use_count(), 2);
  image = nullptr;
  EXPECT_EQ(archive.use_count(), 1);
}

TEST(Tar, KnowsLongNames) {
  const std::string name = absl::StrCat(std::string(150, 'd'), "/", std::string(120, 'n'));
  const auto image = Read(
      Archive({{.name = std::string(100, 'n'), .prefix = std::string(150, 'p')},
               {.name = "PaxHeaders/x", .type = 'x', .content = Pax("path", name)},
               {.name = "short", .content = "pax"},
               {.name = "././@LongLink", .type = 'L', .content = name + "2" + std::string(1, '\0')},
               {.name = "short", .content = "gnu"},
               {.name = "././@LongLink", .type = 'K', .content = std::string(200, 't')},
               {.name = "link", .type = '2', .link = "short"},
               {.name = "next", .type = '2', .link = "short"}}));
  ASSERT_THAT(image, absl_testing::IsOk());
  EXPECT_NE(At(**image, absl::StrCat(std::string(150, 'p'), "/", std::string(100, 'n'))), nullptr);
  EXPECT_EQ(At(**image, name)->content, "pax");
  EXPECT_EQ(At(**image, name + "2")->content, "gnu");
  EXPECT_EQ(At(**image, "link")->target, std::string(200, 't'));
  EXPECT_EQ(At(**image, "next")->target, "short") << "it was for one entry alone";
  EXPECT_EQ(At(**image, "short"), nullptr);
}

TEST(Tar, KnowsWhatPaxSays) {
  const auto image = Read(
      Archive({{.name = "g", .type = 'g', .content = Pax("comment", "path=of all")},
               {.name = "x",
                .type = 'x',
                .content = absl::StrCat(Pax("mtime", "1700000000.25"), Pax("linkpath", "target"),
                                        Pax("SCHILY.xattr.user.x", "a=b\nc"))},
               {.name = "link", .type = '2', .link = "short"}}));
  ASSERT_THAT(image, absl_testing::IsOk());
  EXPECT_EQ(At(**image, "link")->target, "target");
  EXPECT_EQ(At(**image, "link")->modified,
            (Timestamp{.seconds = 1'700'000'000, .nanoseconds = 250'000'000}));
}

TEST(Tar, RefusesOtherTypes) {
  for (const char type : {'3', '4', '6', 'S', 'D', 'V'}) {
    EXPECT_THAT(Read(Archive({{.name = "a"}, {.name = "odd", .type = type}})),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("offset 512")));
  }
  EXPECT_THAT(Read(Archive({{.name = "x", .type = 'x', .content = Pax("GNU.sparse.major", "1")}})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sparse")));
}

TEST(Tar, RefusesWhatEndsTooEarly) {
  const std::string archive = Archive({{.name = "a", .content = "content"}});
  for (const size_t size : {size_t{0}, size_t{1}, kBlock - 1, kBlock, kBlock + 1, 2 * kBlock}) {
    EXPECT_THAT(Read(archive.substr(0, size)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("ends too early")))
        << size;
  }
  EXPECT_THAT(Read(archive.substr(0, 3 * kBlock)), absl_testing::IsOk()) << "one block of zeroes";
}

TEST(Tar, RefusesMalformedHeaders) {
  std::string checksum = Archive({{.name = "a"}});
  checksum[0] = 'b';
  EXPECT_THAT(Read(checksum), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("checksum")));
  std::string size = Header({.name = "a"});
  Put(size, 124, "0000000009x");
  Sum(size);
  EXPECT_THAT(Read(size + std::string(2 * kBlock, '\0')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("size")));
  std::string huge = Header({.name = "a"});
  Put(huge, 124, std::string_view("\x80\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", 12));
  Sum(huge);
  EXPECT_THAT(Read(huge + std::string(2 * kBlock, '\0')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("ends too early")));
}

TEST(Tar, RefusesMalformedRecords) {
  for (const std::string_view record :
       {"x path=a\n", "99999999999999999999 path=a\n", "100 path=a\n", "3 a\n", "8 path=a\n",
        "0 \n", "8 path=a", "7 path\n"}) {
    EXPECT_THAT(
        Read(Archive({{.name = "x", .type = 'x', .content = std::string(record)}, {.name = "a"}})),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("offset 0")))
        << record;
  }
  EXPECT_THAT(Read(Archive({{.name = "x", .type = 'x', .content = std::string(65'537, 'x')}})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("too large")));
}

TEST(Tar, RefusesPathsThatLeadElsewhere) {
  EXPECT_THAT(Read(Archive({{.name = "../a"}})), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Read(Archive({{.name = "/a"}})), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Read(Archive({{.name = "l", .type = '2', .link = "/tmp"}, {.name = "l/a"}})),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Tar, IsBounded) {
  const std::string archive = Archive({{.name = "a", .content = "12345"}, {.name = "b"}});
  EXPECT_THAT(Read(archive, {.max_entries = 3, .max_bytes = 5}), absl_testing::IsOk());
  EXPECT_THAT(Read(archive, {.max_entries = 2, .max_bytes = 5}),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Read(archive, {.max_entries = 3, .max_bytes = 4}),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

// Whatever byte of an archive is changed, it is read or refused.
TEST(Tar, TakesAnyBytes) {
  const std::string name(200, 'n');
  const std::string archive = Archive({{.name = "x", .type = 'x', .content = Pax("path", name)},
                                       {.name = "a", .content = "content"},
                                       {.name = "b", .type = '1', .link = name}});
  int refused = 0;
  for (size_t i = 0; i < archive.size(); ++i) {
    for (const char byte : {'\0', '\xff', '9'}) {
      std::string changed = archive;
      changed[i] = byte;
      // With the checksum as it was, most would not get past it.
      std::string header = changed.substr(i / kBlock * kBlock, kBlock);
      if (header.substr(257, 5) == "ustar") Sum(header);
      changed.replace(i / kBlock * kBlock, kBlock, header);
      refused += Read(changed).ok() ? 0 : 1;
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace davit::wasi::fs
