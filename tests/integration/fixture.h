#ifndef DAVIT_TESTS_INTEGRATION_FIXTURE_H_
#define DAVIT_TESTS_INTEGRATION_FIXTURE_H_

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "davit/v1/call_service.pb.h"
#include "gtest/gtest.h"
#include "tests/integration/davitd.h"
#include "tests/integration/failures.h"

namespace davit::integration {

// What ends a test that waits in vain; a machine under load needs far less.
inline constexpr absl::Duration kPatience = absl::Minutes(1);

// Whether `condition` comes to hold: it decides, and not the time that it takes.
bool WaitUntil(absl::FunctionRef<bool()> condition);
// Waits until the first call of an instance runs.
void AwaitCall(client::Client& client, std::string_view instance);
// Waits until something runs in the cell of an instance of `calc`, which has no short end. The
// server needs a deadlines.margin_ms of more than a tenth of a second.
void AwaitBusyCell(const std::string& address, std::string_view calc);

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
  static std::unique_ptr<client::Client> Connect(absl::Duration timeout = kPatience);

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

  // What `attempt`, given a client, learns from the server about an RPC that its deadline ends.
  // Where the machine is so slow that the client gives up first and knows nothing, its clients have
  // later ones. The server needs a deadlines.margin_ms of more than a tenth of them.
  template <typename Attempt>
  static auto ToldAtDeadline(Attempt attempt) {
    for (auto timeout = absl::Seconds(1);; timeout *= 2) {
      auto answer = attempt(*Connect(timeout));
      const bool told = !Detail<google::rpc::ErrorInfo>(answer).reason().empty();
      if (told || timeout >= kPatience) return answer;
    }
  }

  // The next good call is answered: what every test of something bad ends with.
  static void ExpectServes();

 private:
  static std::unique_ptr<Davitd> davitd_;
  static std::unique_ptr<client::Client> client_;
  static std::set<std::string, std::less<>> deployed_;
};

}  // namespace davit::integration

#endif  // DAVIT_TESTS_INTEGRATION_FIXTURE_H_
