#include "runtime/wasi/fs/image.h"

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::StatusIs;
using ::testing::HasSubstr;

// The entry of a path.
const Image::Entry& At(const Image& image, std::string_view path) {
  Image::Index index = Image::kRoot;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    index = image.Find(index, path.substr(0, slash)).value();
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return image.entry(index);
}

TEST(Image, HoldsWhatWasAddedInAnyOrder) {
  ImageBuilder builder;
  ASSERT_THAT(builder.AddFile("./dir/sub/file", "content", {.seconds = 5}), IsOk());
  ASSERT_THAT(builder.AddSymlink("link", "../anywhere"), IsOk());
  ASSERT_THAT(builder.AddDirectory("dir/", {.seconds = 7}), IsOk());
  ASSERT_THAT(builder.AddDirectory("./", {.seconds = 9}), IsOk());
  ASSERT_THAT(builder.AddHardLink("same", "dir/sub/file"), IsOk());
  const auto image = builder.Build(nullptr);
  EXPECT_EQ(At(*image, "dir/sub/file").content, "content");
  EXPECT_EQ(At(*image, "dir/sub/file").modified.seconds, 5);
  EXPECT_EQ(At(*image, "same").link_count, 2);
  EXPECT_EQ(At(*image, "link").target, "../anywhere");
  EXPECT_EQ(At(*image, "dir").modified.seconds, 7);
  EXPECT_EQ(At(*image, "dir").height, 2);
  EXPECT_EQ(At(*image, "dir").directories, 1);
  EXPECT_EQ(At(*image, "").modified.seconds, 9);
  EXPECT_EQ(At(*image, "").height, 3);
  EXPECT_EQ(image->Find(Image::kRoot, "missing"), std::nullopt);
}

TEST(Image, TakesTheLaterOfTwoFiles) {
  ImageBuilder builder;
  ASSERT_THAT(builder.AddFile("file", "one"), IsOk());
  ASSERT_THAT(builder.AddHardLink("same", "file"), IsOk());
  ASSERT_THAT(builder.AddFile("file", "two"), IsOk());
  const auto image = builder.Build(nullptr);
  EXPECT_EQ(At(*image, "file").content, "two");
  EXPECT_EQ(At(*image, "same").content, "one");
  EXPECT_EQ(At(*image, "same").link_count, 1);
}

TEST(Image, RefusesPathsThatMightLeadAnywhereElse) {
  ImageBuilder builder;
  for (const std::string_view path :
       {std::string_view("/etc/passwd"), std::string_view("../up"), std::string_view("a/../b"),
        std::string_view(""), std::string_view("."), std::string_view("a\0b", 3),
        std::string_view("\xff")}) {
    EXPECT_THAT(builder.AddFile(path, "x"), StatusIs(absl::StatusCode::kInvalidArgument)) << path;
    EXPECT_THAT(builder.AddSymlink(path, "x"), StatusIs(absl::StatusCode::kInvalidArgument))
        << path;
  }
  EXPECT_THAT(builder.AddFile(std::string(256, 'x'), "x"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("name-too-long")));
}

TEST(Image, RefusesWhatDoesNotFitTogether) {
  ImageBuilder builder;
  ASSERT_THAT(builder.AddFile("file", "x"), IsOk());
  ASSERT_THAT(builder.AddSymlink("link", "dir"), IsOk());
  ASSERT_THAT(builder.AddDirectory("dir"), IsOk());
  EXPECT_THAT(builder.AddFile("file/x", "x"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(builder.AddFile("link/x", "x"), StatusIs(absl::StatusCode::kInvalidArgument))
      << "links are not followed";
  EXPECT_THAT(builder.AddFile("dir", "x"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(builder.AddDirectory("file"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(builder.AddHardLink("new", "missing"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(builder.AddHardLink("new", "dir"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(builder.AddSymlink("new", ""), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Image, IsAsLargeAsItMayBeAndNoLarger) {
  ImageBuilder builder({.max_entries = 3, .max_bytes = 10, .max_depth = 2});
  ASSERT_THAT(builder.AddFile("a/b", "0123456789"), IsOk());
  EXPECT_THAT(builder.AddFile("c", ""), StatusIs(absl::StatusCode::kResourceExhausted));
  ImageBuilder other({.max_entries = 4, .max_bytes = 10, .max_depth = 2});
  EXPECT_THAT(other.AddFile("a/b", "01234567890"), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(other.AddFile("a/b/c", ""), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(other.AddDirectory("a/b/c"), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(Image, CountsHardLinksAndWhatWasReplaced) {
  ImageBuilder builder({.max_entries = 5});
  ASSERT_THAT(builder.AddFile("file", "x"), IsOk());
  for (int i = 0; i < 4; ++i) {
    ASSERT_THAT(builder.AddHardLink(absl::StrCat("link", i), "file"), IsOk());
  }
  EXPECT_THAT(builder.AddHardLink("link4", "file"), StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace davit::wasi::fs
