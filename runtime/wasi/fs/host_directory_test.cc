#include "runtime/wasi/fs/host_directory.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/test_files.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

using ::absl_testing::StatusIs;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;

class HostDirectoryTest : public ::testing::TestWithParam<HostDirectory::Resolve> {
 protected:
  // What a guest gets that is given `directory`.
  std::unique_ptr<Descriptor> Open(const std::string& path) const {
    return OpenTree(*HostDirectory::Open(path, GetParam()));
  }
  std::string_view OpenFile(const Descriptor& in, std::string_view path, DescriptorFlags flags,
                            OpenFlags open = {}) const {
    return Code(in.OpenAt(Follow::kYes, path, open, flags));
  }

  TestDirectory outside_;
  std::string inside_ = outside_ / "inside";
  const bool made_ = mkdir(inside_.c_str(), 0755) == 0;
  std::unique_ptr<Descriptor> root_ = Open(inside_);
};

INSTANTIATE_TEST_SUITE_P(, HostDirectoryTest,
                         ::testing::Values(HostDirectory::Resolve::kBest,
                                           HostDirectory::Resolve::kWalk),
                         [](const auto& info) {
                           return std::string(info.param == HostDirectory::Resolve::kBest ? "Best"
                                                                                          : "Walk");
                         });

TEST_P(HostDirectoryTest, IsNeverTheWholeHost) {
  EXPECT_THAT(HostDirectory::Open("/", GetParam()), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(HostDirectory::Open("/tmp/..", GetParam()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(HostDirectoryTest, HasToBeADirectory) {
  EXPECT_THAT(HostDirectory::Open(outside_ / "missing", GetParam()),
              StatusIs(absl::StatusCode::kNotFound));
  std::ofstream(outside_ / "file") << "x";
  EXPECT_THAT(HostDirectory::Open(outside_ / "file", GetParam()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_P(HostDirectoryTest, NeverOpensFifos) {
  ASSERT_EQ(mkfifo((inside_ + "/fifo").c_str(), 0666), 0);
  EXPECT_EQ(OpenFile(*root_, "fifo", kRead), "not-permitted");
  EXPECT_EQ(OpenFile(*root_, "fifo", kWrite), "not-permitted");
  EXPECT_EQ(OpenFile(*root_, "fifo", kReadWrite), "not-permitted");
  EXPECT_EQ(OpenFile(*root_, "fifo", kRead, {.create = true}), "not-permitted");
  EXPECT_EQ(OpenFile(*root_, "fifo", kWrite, {.truncate = true}), "not-permitted");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "fifo")->type, DescriptorType::kFifo);
  EXPECT_EQ((*root_->ReadDirectory()->Next())->type, DescriptorType::kFifo);
  EXPECT_EQ(Code(root_->UnlinkFileAt("fifo")), "ok");
}

TEST_P(HostDirectoryTest, NeverOpensSockets) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  // By a short path: there is little room for one.
  const int directory = open(inside_.c_str(), O_PATH | O_CLOEXEC);
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/socket", directory);
  ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(OpenFile(*root_, "socket", kRead), "not-permitted");
  EXPECT_EQ(OpenFile(*root_, "socket", kWrite), "not-permitted");
  EXPECT_EQ(root_->StatAt(Follow::kNo, "socket")->type, DescriptorType::kSocket);
  close(directory);
  close(socket);
}

TEST_P(HostDirectoryTest, NeverOpensDevices) {
  if (mknod((inside_ + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) {
    GTEST_SKIP() << "this user may not make devices";
  }
  EXPECT_THAT(OpenFile(*root_, "null", kRead), AnyOf("not-permitted", "access"));
  EXPECT_EQ(root_->StatAt(Follow::kNo, "null")->type, DescriptorType::kCharacterDevice);
}

TEST_P(HostDirectoryTest, StaysOnItsMount) {
  int seen = 0;
  for (const auto& [top, below] : std::vector<std::pair<std::string, std::string>>{
           {"/dev", "pts"}, {"/dev", "shm"}, {"/dev", "mqueue"}, {"/sys", "fs/cgroup"}}) {
    struct stat outer, inner;
    if (stat(top.c_str(), &outer) != 0 || stat((top + "/" + below).c_str(), &inner) != 0) continue;
    if (outer.st_dev == inner.st_dev) continue;
    ++seen;
    const auto root = Open(top);
    EXPECT_EQ(Code(root->StatAt(Follow::kNo, below)), "not-permitted");
    EXPECT_EQ(Code(root->StatAt(Follow::kNo, below + "/x")), "not-permitted");
    EXPECT_EQ(OpenFile(*root, below, kRead), "not-permitted");
  }
  if (seen == 0) GTEST_SKIP() << "nothing is mounted at any of these";
}

TEST_P(HostDirectoryTest, FollowsNoMagicLinks) {
  const std::string self = "/proc/" + std::to_string(getpid());
  const auto process = OpenTree(*HostDirectory::Open(self, GetParam()));
  // Such a link leads to an object and only seems to be an absolute path.
  EXPECT_THAT(Code(process->StatAt(Follow::kYes, "cwd/x")), AnyOf("loop", "not-permitted"));
  EXPECT_THAT(Code(process->OpenAt(Follow::kYes, "fd/0", {}, kRead)),
              AnyOf("loop", "not-permitted", "no-entry"));
}

TEST_P(HostDirectoryTest, TellsNamesThatAreNotUtf8FromTheOthers) {
  std::ofstream(inside_ + "/\xff\xfe") << "x";
  std::ofstream(inside_ + "/good") << "x";
  EXPECT_THAT(Names(*root_), ElementsAre("?", "good"));
  ASSERT_EQ(symlink("\xff\xfe", (inside_ + "/link").c_str()), 0);
  EXPECT_EQ(Code(root_->ReadLinkAt("link")), "illegal-byte-sequence");
  EXPECT_EQ(Code(root_->StatAt(Follow::kYes, "link")), "ok") << "it leads somewhere all the same";
}

TEST_P(HostDirectoryTest, ListsMoreThanItReadsAtATime) {
  std::vector<std::string> names;
  for (int i = 1000; i < 1200; ++i) {
    names.push_back(std::string(60, 'n') + std::to_string(i));
    std::ofstream(inside_ + "/" + names.back()) << "x";
  }
  EXPECT_EQ(Names(*root_), names);
}

TEST_P(HostDirectoryTest, SharesWhatOthersDoToTheFiles) {
  const auto other = Open(inside_);
  MakeFile(*root_, "file", "one");
  EXPECT_EQ(ContentAt(*other, "file"), "one");
  EXPECT_TRUE(
      MustOpen(*root_, "file", {}, kRead)->IsSameObject(*MustOpen(*other, "file", {}, kRead)));
}

TEST_P(HostDirectoryTest, GoesDeeperThanAnyQuota) {
  std::string path = "d";
  for (int i = 0; i < 70; ++i) {
    ASSERT_EQ(Code(root_->CreateDirectoryAt(path)), "ok") << i;
    path += "/d";
  }
  MakeFile(*root_, path, "deep");
  EXPECT_EQ(ContentAt(*root_, path), "deep");
}

TEST_P(HostDirectoryTest, ClosesItsFiles) {
  const auto open_files = [] {
    int n = 0;
    for (int fd = 0; fd < 1024; ++fd) n += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return n;
  };
  MakeFile(*root_, "file", "x");
  ASSERT_EQ(Code(root_->CreateDirectoryAt("dir")), "ok");
  const int before = open_files();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ContentAt(*root_, "dir/../file"), "x");
    EXPECT_EQ(Code(root_->StatAt(Follow::kNo, "dir/../missing")), "no-entry");
    EXPECT_EQ(Names(*root_).size(), 2);
  }
  EXPECT_EQ(open_files(), before);
}

// While another thread exchanges a directory for a link out of the sandbox, and back, what is read
// through it is never what lies outside.
TEST_P(HostDirectoryTest, IsNotLedOutByALinkThatIsSwappedIn) {
  std::ofstream(outside_ / "secret") << "outside";
  MakeFile(*root_, "plain", "x");
  ASSERT_EQ(mkdir((inside_ + "/dir").c_str(), 0755), 0);
  std::ofstream(inside_ + "/dir/secret") << "inside";
  ASSERT_EQ(symlink("..", (inside_ + "/out").c_str()), 0);
  std::atomic<bool> done = false;
  std::atomic<int> swaps = 0;
  std::thread swapper([&] {
    while (!done) {
      swaps += renameat2(AT_FDCWD, (inside_ + "/dir").c_str(), AT_FDCWD, (inside_ + "/out").c_str(),
                         RENAME_EXCHANGE) == 0;
    }
  });
  int read = 0;
  int refused = 0;
  // Until both have been seen often enough, which the swapping alone decides.
  while (read < 300 || refused < 300) {
    const auto file = root_->OpenAt(Follow::kYes, "dir/secret", {}, kRead);
    if (file) {
      ASSERT_EQ(Content(**file), "inside");
      ++read;
    } else {
      ASSERT_THAT(ErrorName(file.error()), AnyOf("not-permitted", "busy", "loop", "not-directory"));
      ++refused;
    }
    ASSERT_THAT(Code(root_->CreateDirectoryAt("dir/made")),
                AnyOf("ok", "exist", "not-permitted", "busy", "loop", "not-directory"));
  }
  done = true;
  swapper.join();
  EXPECT_GT(swaps, 0);
  EXPECT_NE(access((outside_ / "made").c_str(), F_OK), 0);
}

}  // namespace
}  // namespace davit::wasi::fs
