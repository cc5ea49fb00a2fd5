#ifndef DAVIT_TESTS_INTEGRATION_FIXTURE_H_
#define DAVIT_TESTS_INTEGRATION_FIXTURE_H_

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "davit/v1/call_service.pb.h"
#include "gtest/gtest.h"
#include "tests/integration/davitd.h"

namespace davit::integration {

// The file of a guest of tests/guests, or of //examples:calc, by its name.
std::string GuestPath(std::string_view guest);
std::string ReadBinary(const std::string& path);

// Tests against one davitd for the whole suite. Stopping it at the end must exit with 0: a test
// that brought it down, or left it unable to come down, fails the suite.
class DavitdTest : public testing::Test {
 protected:
  // A suite with a configuration of its own hides this and calls StartServer with it.
  static void SetUpTestSuite() { StartServer(""); }
  static void TearDownTestSuite();
  static void StartServer(std::string config);

  static Davitd& davitd() { return *davitd_; }
  static client::Client& client() { return *client_; }
  // Another connection, with a deadline of its own for each RPC.
  static std::unique_ptr<client::Client> Connect(absl::Duration timeout = absl::Seconds(30));

  // Connects again, after a restart.
  static void Reconnect();

  // The id of the guest's component, which is deployed when it is not there yet.
  static std::string Component(std::string_view guest);
  // A new instance of the guest: its full name. The second form says what it is to be.
  static std::string Instance(std::string_view guest);
  static std::string Instance(std::string_view guest, v1::CreateInstanceRequest request);

  // "iface#func(args)" in WAVE, with the types of the target, an instance's full name or a
  // component.
  static absl::StatusOr<v1::CallRequest> Request(std::string_view target, std::string_view call);
  // The same, called; the result in WAVE, "" when there is none.
  static absl::StatusOr<std::string> Call(std::string_view target, std::string_view call);

  // The next good call is answered: what every test of something bad ends with.
  static void ExpectServes();

 private:
  static std::unique_ptr<Davitd> davitd_;
  static std::unique_ptr<client::Client> client_;
  static std::set<std::string, std::less<>> deployed_;
};

}  // namespace davit::integration

#endif  // DAVIT_TESTS_INTEGRATION_FIXTURE_H_
