#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/test_files.h"
#include "runtime/wasi/fs/types.h"

// The kernel knows best: whatever is done with whatever paths, the trees in memory, and the walk
// through a host directory, answer as openat2 does.
namespace davit::wasi::fs {
namespace {

// One of the back ends, and what is open in it.
struct Side {
  explicit Side(Backend which)
      : backend(which), files(which), root(OpenTree(files.tree())), base(root.get()) {
    // In memory none can be made, so that all go without.
    if (which != Backend::kMemory) {
      EXPECT_EQ(Code(root->UnlinkFileAt("absolute")), "ok");
    }
  }

  Backend backend;
  TestTree files;
  std::unique_ptr<Descriptor> root;
  std::unique_ptr<Descriptor> directory;  // opened along the way
  std::unique_ptr<Descriptor> file;
  Descriptor* base;
};

// One operation, the same on all sides.
struct Step {
  int what = 0;
  std::string path, other;
  OpenFlags open;
  DescriptorFlags flags;
  Follow follow = Follow::kNo;
  uint64_t offset = 0;
  bool beneath = false;  // relative to the directory that was opened

  std::string Describe() const {
    return absl::StrCat(what, " \"", path, "\" \"", other, "\" c", open.create, " d",
                        open.directory, " x", open.exclusive, " t", open.truncate, " r", flags.read,
                        " w", flags.write, " f", static_cast<int>(follow), " o", offset, " b",
                        beneath);
  }
};

class Steps {
 public:
  explicit Steps(uint64_t seed) : random_(seed) {}

  Step Next() {
    return {.what = Below(20),
            .path = Path(),
            .other = Path(),
            .open = {.create = OneIn(2),
                     .directory = OneIn(5),
                     .exclusive = OneIn(4),
                     .truncate = OneIn(5)},
            .flags = {.read = OneIn(2), .write = OneIn(2)},
            .follow = OneIn(2) ? Follow::kYes : Follow::kNo,
            .offset = static_cast<uint64_t>(Below(4) * 7000),
            .beneath = OneIn(4)};
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  bool OneIn(int n) { return Below(n) == 0; }

  // Few names, so that paths meet.
  std::string Component() {
    static constexpr std::string_view kNames[] = {
        "a", "b",    "c",      "d",        "dir",       ".", "..", "a.txt",   "link", "dirlink",
        "e", "self", "parent", "dangling", "inner.txt", "a", "b",  "missing", "dir",  ".."};
    if (OneIn(300)) return std::string(255, 'l');
    if (OneIn(300)) return std::string(256, 'l');
    return std::string(kNames[Below(std::size(kNames))]);
  }
  std::string Path() {
    std::vector<std::string> components;
    const int length = 1 + std::min(Below(4), Below(4));
    for (int i = 0; i < length; ++i) components.push_back(Component());
    std::string path = absl::StrJoin(components, OneIn(8) ? "//" : "/");
    if (OneIn(6)) path += OneIn(3) ? "///" : "/";
    if (OneIn(200)) path = "/" + path;
    if (OneIn(200)) path.clear();
    return path;
  }

  std::mt19937_64 random_;
};

std::string Show(const Result<Stat>& stat) {
  if (!stat) return std::string(Code(stat));
  // Sizes and links of directories are as their file system likes.
  if (stat->type == DescriptorType::kDirectory) return "directory";
  return absl::StrCat(static_cast<int>(stat->type), " ", stat->size, " ", stat->link_count);
}

// Does it, and tells all that a guest could see of it.
std::string Do(const Step& step, Side& side) {
  Descriptor& base = step.beneath && side.directory ? *side.directory : *side.root;
  // Now and then from one to the other.
  Descriptor& to = step.offset == 0 ? *side.root : base;
  switch (step.what) {
    case 0:
    case 1:
      return std::string(Code(base.CreateDirectoryAt(step.path)));
    case 2:
      return std::string(Code(base.RemoveDirectoryAt(step.path)));
    case 3:
      return std::string(Code(base.UnlinkFileAt(step.path)));
    case 4:
    case 5:
      return std::string(Code(base.RenameAt(step.path, to, step.other)));
    case 6:
      return std::string(Code(base.LinkAt(step.follow, step.path, to, step.other)));
    case 7:
    case 8:
      return std::string(Code(base.SymlinkAt(step.other, step.path)));
    case 9: {
      const auto target = base.ReadLinkAt(step.path);
      return target ? *target : std::string(Code(target));
    }
    case 10:
    case 11:
      return Show(base.StatAt(step.follow, step.path));
    case 12:
    case 13:
    case 14: {
      auto opened = base.OpenAt(step.follow, step.path, step.open, step.flags);
      if (!opened) return std::string(Code(opened));
      const std::string shown = Show((*opened)->GetStat());
      const bool is_directory = (*opened)->GetType() == DescriptorType::kDirectory;
      (is_directory ? side.directory : side.file) = *std::move(opened);
      return shown;
    }
    case 15: {
      const auto opened = base.OpenAt(step.follow, step.path, {}, kRead);
      if (!opened) return std::string(Code(opened));
      return (*opened)->GetType() == DescriptorType::kDirectory
                 ? absl::StrJoin(Names(**opened), ",")
                 : Content(**opened);
    }
    case 16:
      return std::string(Code(base.SetTimesAt(step.follow, step.path, Now{}, NoChange{})));
    case 17: {
      if (!side.file) return "no file";
      const auto written = side.file->Write(std::as_bytes(std::span(step.other)), step.offset);
      return absl::StrCat(Code(written), " ", Show(side.file->GetStat()));
    }
    case 18:
      if (!side.file) return "no file";
      return absl::StrCat(Code(side.file->SetSize(step.offset)), " ", Show(side.file->GetStat()));
    default: {
      if (!side.file) return "no file";
      std::string text(10'000, '#');
      const auto read = side.file->Read(std::as_writable_bytes(std::span(text)), step.offset / 2);
      if (!read) return std::string(Code(read));
      return absl::StrCat(text.substr(0, read->size), read->end ? "$" : "");
    }
  }
}

// Everything that is in a directory.
void ShowTree(const Descriptor& directory, std::string_view prefix, std::string& shown) {
  for (const std::string& name : Names(directory)) {
    const auto stat = directory.StatAt(Follow::kNo, name);
    absl::StrAppend(&shown, prefix, name, " ", Show(stat));
    if (!stat) continue;
    if (stat->type == DescriptorType::kSymbolicLink) {
      absl::StrAppend(&shown, " -> ", directory.ReadLinkAt(name).value_or("?"));
    }
    const auto opened = directory.OpenAt(Follow::kNo, name, {}, kRead);
    if (stat->type == DescriptorType::kRegularFile) absl::StrAppend(&shown, " ", Content(**opened));
    absl::StrAppend(&shown, "\n");
    if (stat->type == DescriptorType::kDirectory) {
      ShowTree(**opened, absl::StrCat(prefix, name, "/"), shown);
    }
  }
}

class DifferentialTest : public ::testing::TestWithParam<uint64_t> {};

INSTANTIATE_TEST_SUITE_P(, DifferentialTest, ::testing::Range<uint64_t>(0, 12));

TEST_P(DifferentialTest, AllBackEndsAnswerAsTheKernelDoes) {
  Side kernel(Backend::kHost);
  Side others[] = {Side(Backend::kMemory), Side(Backend::kImage), Side(Backend::kHostWalk)};
  Steps steps(GetParam());
  absl::flat_hash_map<std::string, int> answers;
  for (int i = 0; i < 400; ++i) {
    const Step step = steps.Next();
    const std::string expected = Do(step, kernel);
    ++answers[expected];
    for (Side& side : others) {
      ASSERT_EQ(Do(step, side), expected)
          << BackendName(side.backend) << " step " << i << ": " << step.Describe();
    }
  }
  // It would be easy to agree if all that was ever said were the same.
  EXPECT_GE(answers.size(), 15);
  EXPECT_GE(answers["ok"], 20);
  std::string expected;
  ShowTree(*kernel.root, "", expected);
  for (Side& side : others) {
    std::string shown;
    ShowTree(*side.root, "", shown);
    EXPECT_EQ(shown, expected) << BackendName(side.backend);
  }
}

}  // namespace
}  // namespace davit::wasi::fs
