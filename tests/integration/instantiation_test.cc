// Instantiations that do not end by themselves, and those that would take too long in one go.

#include <memory>
#include <string>
#include <thread>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/call.h"
#include "davit/v1/instance_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "runtime/wasm/core_encoder.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;

// All SHARED instances lie in one cell, which an instantiation that goes on would hold for
// deadlines.max_ms.
class InstantiationTest : public DavitdTest {
 protected:
  static void SetUpTestSuite() {
    StartServer("tenant { shared_cells: 1 } deadlines { margin_ms: 10000 }");
  }
  void TearDown() override { ExpectServes(); }

  static void ExpectFreeSoon(const std::string& calc) {
    EXPECT_THAT(client::Call<uint32_t>(client(), calc, "bench:calc/api#add", 3u, 4u),
                IsOkAndHolds(7u));
  }
  std::shared_ptr<grpc::Channel> channel() const {
    return grpc::CreateChannel(davitd().address(), grpc::InsecureChannelCredentials());
  }
};

TEST_F(InstantiationTest, AClientThatCancelsEndsTheStartFunctionOfItsInstance) {
  const std::string calc = Instance("calc");
  const std::string component = Component("start_loops");
  const auto stub = v1::InstanceService::NewStub(channel());
  grpc::ClientContext context;
  std::thread caller([&] {
    v1::CreateInstanceRequest request;
    request.set_parent("tenants/default");
    request.set_component(absl::StrCat("tenants/default/components/", component));
    v1::Instance instance;
    EXPECT_EQ(stub->CreateInstance(&context, request, &instance).error_code(),
              grpc::StatusCode::CANCELLED);
  });
  AwaitBusyCell(davitd().address(), calc);
  context.TryCancel();
  caller.join();
  ExpectFreeSoon(calc);
}

TEST_F(InstantiationTest, AClientThatCancelsEndsTheStartFunctionOfAFreshInstance) {
  const std::string calc = Instance("calc");
  const std::string component = Component("start_loops");
  const auto stub = v1::CallService::NewStub(channel());
  grpc::ClientContext context;
  std::thread caller([&] {
    v1::CallRequest request;
    request.set_component(absl::StrCat("tenants/default/components/", component));
    request.set_function("ok");
    v1::CallResponse response;
    EXPECT_EQ(stub->Call(&context, request, &response).error_code(), grpc::StatusCode::CANCELLED);
  });
  AwaitBusyCell(davitd().address(), calc);
  context.TryCancel();
  caller.join();
  ExpectFreeSoon(calc);
}

TEST_F(InstantiationTest, ADeadlineEndsTheStartFunction) {
  const std::string component = Component("start_loops");
  v1::CreateInstanceRequest request;
  request.set_component(component);
  const auto ended =
      ToldAtDeadline([&](client::Client& impatient) { return impatient.Instantiate(request); });
  EXPECT_THAT(ended, Fails(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", ""));
  EXPECT_EQ(Detail<v1::TimeoutInfo>(ended).phase(), v1::TimeoutInfo::PHASE_GUEST);
}

TEST(InstantiationShutdownTest, SigtermEndsTheStartFunction) {
  auto davitd =
      Davitd::Start("tenant { shared_cells: 1 } deadlines { drain_ms: 300 margin_ms: 10000 }");
  ASSERT_THAT(davitd, IsOk());
  client::Client client((*davitd)->address(), {.timeout = absl::Minutes(5)});
  ASSERT_THAT(client.Deploy("loops", ReadBinary(GuestPath("start_loops"))), IsOk());
  ASSERT_THAT(client.Deploy("calc", ReadBinary(GuestPath("calc"))), IsOk());
  v1::CreateInstanceRequest calc;
  calc.set_component("calc");
  calc.set_instance_id("calc");
  ASSERT_THAT(client.Instantiate(calc), IsOk());
  absl::Status ended;
  std::thread caller([&] {
    v1::CreateInstanceRequest request;
    request.set_component("loops");
    ended = client.Instantiate(request).status();
  });
  AwaitBusyCell((*davitd)->address(), "calc");
  const absl::Time begin = absl::Now();
  EXPECT_THAT((*davitd)->Stop(), IsOkAndHolds(0));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(15));
  caller.join();
  EXPECT_FALSE(ended.ok());
}

// A component with a core module that is instantiated `times` times, with so many active element
// segments of 100,000 entries each.
std::string WithElements(uint32_t segments, uint32_t times) {
  constexpr uint32_t kEntries = 100'000;
  wasm::CoreEncoder types, funcs, tables, elements, code;
  types.U32(1).Bytes({0x60, 0, 0});
  funcs.U32(1).U32(0);
  tables.U32(1).Bytes({0x70, 0}).U32(kEntries);
  elements.U32(segments);
  for (uint32_t i = 0; i < segments; ++i) {
    elements.Bytes({0, 0x41, 0, 0x0b}).U32(kEntries).Bytes(std::string(kEntries, '\0'));
  }
  code.U32(1).Sized(wasm::CoreEncoder().Bytes({0, 0x0b}));
  const std::string module = wasm::CoreEncoder()
                                 .Preamble()
                                 .Section(wasm::CoreSectionId::kType, types)
                                 .Section(wasm::CoreSectionId::kFunction, funcs)
                                 .Section(wasm::CoreSectionId::kTable, tables)
                                 .Section(wasm::CoreSectionId::kElement, elements)
                                 .Section(wasm::CoreSectionId::kCode, code)
                                 .Take();
  constexpr uint8_t kCoreModule = 1, kCoreInstances = 2;
  wasm::CoreEncoder instances;
  instances.U32(times);
  for (uint32_t i = 0; i < times; ++i) instances.Bytes({0, 0, 0});
  return wasm::CoreEncoder()
      .Bytes({0, 'a', 's', 'm', 0x0d, 0, 1, 0})
      .Byte(kCoreModule)
      .Name(module)
      .Byte(kCoreInstances)
      .Sized(instances)
      .Take();
}

TEST_F(InstantiationTest, ElementSegmentsAreBoundedInOneModuleAndInAllOfATree) {
  EXPECT_THAT(client().Deploy("elements", WithElements(10, 1)), IsOk());
  EXPECT_THAT(client().Deploy("elements", WithElements(11, 1)),
              Fails(StatusCode::kResourceExhausted, "LIMIT_REACHED", "element"));
  EXPECT_THAT(client().Deploy("elements", WithElements(5, 21)),
              Fails(StatusCode::kResourceExhausted, "LIMIT_REACHED", "element"));
  // What is admitted ends soon.
  ASSERT_THAT(client().Deploy("elements", WithElements(5, 20)), IsOk());
  v1::CreateInstanceRequest request;
  request.set_component("elements");
  EXPECT_THAT(client().Instantiate(request), IsOk());
}

}  // namespace
}  // namespace davit::integration
