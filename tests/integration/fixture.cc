#include "tests/integration/fixture.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/status/status_matchers.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/call.h"
#include "client/cli/call_text.h"
#include "runtime/base/status_macros.h"

namespace davit::integration {

std::unique_ptr<Davitd> DavitdTest::davitd_;
std::unique_ptr<client::Client> DavitdTest::client_;
std::set<std::string, std::less<>> DavitdTest::deployed_;

bool WaitUntil(absl::FunctionRef<bool()> condition) {
  const absl::Time end = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

void AwaitCall(client::Client& client, std::string_view instance) {
  EXPECT_TRUE(WaitUntil([&] {
    const auto described = client.GetInstance(instance);
    return described.ok() && described->calls() == 1;
  }));
}

void AwaitBusyCell(const std::string& address, std::string_view calc) {
  client::Client impatient(address, {.timeout = absl::Seconds(1)});
  EXPECT_TRUE(WaitUntil([&] {
    const auto sum = client::Call<uint32_t>(impatient, calc, "bench:calc/api#add", 3u, 4u);
    return Detail<v1::TimeoutInfo>(sum).phase() == v1::TimeoutInfo::PHASE_QUEUED;
  }));
}

std::string GuestPath(std::string_view guest) {
  if (guest == "calc") return DataPath("examples/calc.wasm");
  if (guest == "values") return DataPath("tests/guests/rust/values.wasm");
  if (guest == "blocks") return DataPath("tests/guests/c/blocks.wasm");
  return DataPath(absl::StrCat("tests/guests/wat/", guest, ".wasm"));
}

std::string ReadBinary(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

void DavitdTest::StartServer(std::string config) {
  auto davitd = Davitd::Start(std::move(config));
  ASSERT_THAT(davitd, absl_testing::IsOk());
  davitd_ = *std::move(davitd);
  deployed_.clear();
  Reconnect();
}

void DavitdTest::Reconnect() { client_ = Connect(); }

void DavitdTest::TearDownTestSuite() {
  client_.reset();
  EXPECT_THAT(davitd_->Stop(), absl_testing::IsOkAndHolds(0)) << davitd_->log();
  davitd_.reset();
}

std::unique_ptr<client::Client> DavitdTest::Connect(absl::Duration timeout) {
  return std::make_unique<client::Client>(davitd_->address(),
                                          client::ClientOptions{.timeout = timeout});
}

std::string DavitdTest::Component(std::string_view guest) {
  std::string id(guest);
  std::ranges::replace(id, '_', '-');
  if (deployed_.contains(id)) return id;
  EXPECT_THAT(client().Deploy(id, ReadBinary(GuestPath(guest))), absl_testing::IsOk());
  deployed_.insert(id);
  return id;
}

std::string DavitdTest::Instance(std::string_view guest) { return Instance(guest, {}); }

std::string DavitdTest::Instance(std::string_view guest, v1::CreateInstanceRequest request) {
  request.set_component(Component(guest));
  const auto instance = client().Instantiate(std::move(request));
  EXPECT_THAT(instance, absl_testing::IsOk());
  return instance.ok() ? instance->name() : "";
}

absl::StatusOr<v1::CallRequest> DavitdTest::Request(std::string_view target,
                                                    std::string_view call) {
  DAVIT_ASSIGN_OR_RETURN(const auto callee, client::cli::FindCallee(client(), target));
  DAVIT_ASSIGN_OR_RETURN(auto typed, client::cli::ParseCall(callee, call));
  return std::move(typed.request);
}

absl::StatusOr<std::string> DavitdTest::Call(std::string_view target, std::string_view call) {
  DAVIT_ASSIGN_OR_RETURN(const auto callee, client::cli::FindCallee(client(), target));
  DAVIT_ASSIGN_OR_RETURN(const auto typed, client::cli::ParseCall(callee, call));
  DAVIT_ASSIGN_OR_RETURN(const auto response, client().Call(typed.request));
  return client::cli::ResultText(typed, response);
}

void DavitdTest::ExpectServes() {
  EXPECT_THAT(Call(Component("calc"), "bench:calc/api#add(3, 4)"), absl_testing::IsOkAndHolds("7"));
}

}  // namespace davit::integration
