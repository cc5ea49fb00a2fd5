#include "server/transport/listen_address.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

using absl_testing::IsOkAndHolds;
using absl_testing::StatusIs;

TEST(IsLocal, UnixSocketsAndLoopbackAre) {
  for (const char* address :
       {"unix:/run/davit/davitd.sock", "unix:relative", "127.0.0.1:7447", "127.255.0.9:0",
        "[::1]:7447", "[::ffff:127.0.0.1]:7447", "localhost:7447", "2130706433:7447"}) {
    EXPECT_THAT(IsLocal(address), IsOkAndHolds(true)) << address;
  }
}

TEST(IsLocal, AnythingElseIsNot) {
  for (const char* address :
       {"0.0.0.0:7447", "0:7447", "[::]:7447", "[::ffff:0.0.0.0]:7447", "[::ffff:10.0.0.1]:7447",
        "128.0.0.1:7447", "126.255.255.255:7447", "10.1.2.3:7447", "[2001:db8::1]:7447",
        "[::2]:7447", "[::127.0.0.1]:7447"}) {
    EXPECT_THAT(IsLocal(address), IsOkAndHolds(false)) << address;
  }
}

TEST(IsLocal, RefusesWhatItCannotJudge) {
  for (const char* address :
       {"", "7447", "127.0.0.1", ":7447", "[::1]", "[::1:7447", "::1:7447", "127.0.0.1:65536",
        "127.0.0.1:-1", "127.0.0.1:http", "unix:", "unix-abstract:name:1", "vsock:1:2",
        "dns:///localhost:7447", "ipv4:127.0.0.1:7447", "no-such-host.invalid:7447"}) {
    EXPECT_THAT(IsLocal(address), StatusIs(absl::StatusCode::kInvalidArgument)) << address;
  }
}

TEST(UnixPath, IsWhatFollowsTheScheme) {
  EXPECT_EQ(UnixPath("unix:/run/davitd.sock"), "/run/davitd.sock");
  EXPECT_EQ(UnixPath("127.0.0.1:7447"), "");
}

mode_t ModeOfANewSocket(const std::string& path) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name = {.sun_family = AF_UNIX};
  strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
  EXPECT_EQ(bind(descriptor, reinterpret_cast<sockaddr*>(&name), sizeof name), 0) << path;
  struct stat status = {};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  close(descriptor);
  unlink(path.c_str());
  return status.st_mode & 0777;
}

TEST(CreationMode, HoldsForSocketsAsLongAsItLives) {
  std::string directory = "/tmp/listen-address-XXXXXX";  // Paths of sockets are short.
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/s";
  const mode_t before = ModeOfANewSocket(path);
  for (const mode_t mode : {0600u, 0660u, 0666u}) {
    const CreationMode held(mode);
    EXPECT_EQ(ModeOfANewSocket(path), mode);
  }
  EXPECT_EQ(ModeOfANewSocket(path), before);
  rmdir(directory.c_str());
}

}  // namespace
}  // namespace davit::server
