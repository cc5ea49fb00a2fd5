// Instantiations that take for ever: of segments, of start functions, of trees of core instances.
// Their deadline ends them, and so does a client that goes.

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <thread>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "davit/v1/instance_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

class InstantiationTest : public HostileTest {
 protected:
  // SHARED instances all lie in one cell.
  InstantiationTest() : HostileTest("tenant { shared_cells: 1 }") {}
  void SetUp() override {
    HostileTest::SetUp();
    neighbour_ = InstanceOf("calc");
  }

  // How long after its deadline, or after its client has gone, an instantiation holds the cell:
  // until a call of a neighbour is answered.
  absl::Duration HoldsCellAfterDeadline(const std::string& component, absl::Duration deadline) {
    return HoldsCell(component, deadline, absl::InfiniteDuration());
  }
  absl::Duration HoldsCellAfterCancel(const std::string& component, absl::Duration after) {
    return HoldsCell(component, absl::Seconds(60), after);
  }

 private:
  absl::Duration HoldsCell(const std::string& component, absl::Duration deadline,
                           absl::Duration cancel) {
    grpc::ClientContext context;
    const absl::Time begin = absl::Now();
    const absl::Time end = begin + std::min(deadline, cancel);
    context.set_deadline(absl::ToChronoTime(begin + deadline));
    std::thread creator([&] {
      const auto stub = v1::InstanceService::NewStub(
          grpc::CreateChannel(davitd().address(), grpc::InsecureChannelCredentials()));
      v1::CreateInstanceRequest request;
      request.set_parent("tenants/default");
      request.set_component(client().ComponentName(component));
      v1::Instance instance;
      const grpc::Status status = stub->CreateInstance(&context, request, &instance);
      std::cerr << "created: " << status.error_code() << " " << status.error_message() << "\n";
    });
    absl::SleepFor(end - absl::Now());
    if (cancel < deadline) context.TryCancel();
    v1::CallRequest call;
    call.set_instance(neighbour_);
    call.set_function("bench:calc/api#add");
    call.add_args()->set_u32(3);
    call.add_args()->set_u32(4);
    EXPECT_THAT(Connect(absl::Seconds(60))->Call(call), absl_testing::IsOk());
    const absl::Duration held = absl::Now() - end;
    creator.join();
    std::cerr << "the instantiation held its cell for another " << held << "\n";
    return held;
  }

  std::string neighbour_;
};

// A component of `count` core instances of one module, one after the other.
std::string ManyInstances(const ModuleBuilder& module, uint32_t count) {
  ComponentBuilder inner;
  const uint32_t core = inner.CoreModule(module.Build());
  // At most 1,000 in one component.
  constexpr uint32_t kInOne = 500;
  for (uint32_t i = 0; i < kInOne; ++i) inner.CoreInstance(core);
  ComponentBuilder outer;
  const uint32_t component = outer.Component(inner.Take());
  for (uint32_t i = 0; i < count / kInOne; ++i) outer.Instance(component);
  return outer.Take();
}

std::string StartLoops() {
  ModuleBuilder module;
  module.Start(module.Func(module.FuncType(), Code().Forever({})));
  return ComponentOf(module.Build());
}

TEST_F(InstantiationTest, ActiveElementSegments) {
  ModuleBuilder module;
  const uint32_t func = module.Func(module.FuncType(), {});
  const uint32_t table = module.Table(kFuncRef, {.min = 990'000});
  for (int i = 0; i < 100; ++i) module.ActiveElements(table, Code().I32(0), func, 990'000);
  const std::string binary = ComponentOf(module.Build());
  EXPECT_THAT(Attack([&] {
                const auto patient = Connect(absl::Minutes(2));
                // It may be refused.
                if (!patient->Deploy("segments", binary).ok()) return;
                EXPECT_LE(HoldsCellAfterDeadline("segments", absl::Milliseconds(500)), kEnded);
              }),
              StaysWithin(Bounds{.peak_bytes = 2 * kGiB, .bystander = absl::Seconds(2)}));
}

TEST_F(InstantiationTest, AStartFunctionEndsAtItsDeadline) {
  const std::string component = Deploy(StartLoops());
  EXPECT_THAT(
      Attack([&] { EXPECT_LE(HoldsCellAfterDeadline(component, absl::Seconds(1)), kEnded); }),
      StaysWithin(Bounds{}));
}

TEST_F(InstantiationTest, AStartFunctionEndsWhenItsClientGoes) {
  const std::string component = Deploy(StartLoops());
  EXPECT_THAT(
      Attack([&] { EXPECT_LE(HoldsCellAfterCancel(component, absl::Milliseconds(500)), kEnded); }),
      StaysWithin(Bounds{}));
}

TEST_F(InstantiationTest, AStraightStartFunctionEndsAtItsDeadline) {
  ModuleBuilder module;
  module.Memory({.min = 4096});
  Code fills;
  fills.Times(3000, Code().I32(0).I32(7).I32(4096 << 16).Op(kMemoryFill, 0));
  module.Start(module.Func(module.FuncType(), fills));
  const std::string component = Deploy(ComponentOf(module.Build()));
  EXPECT_THAT(
      Attack([&] { EXPECT_LE(HoldsCellAfterDeadline(component, absl::Seconds(1)), kEnded); }),
      StaysWithin(Bounds{}));
}

TEST_F(InstantiationTest, ATreeOfInstancesEndsAtItsDeadline) {
  ModuleBuilder module;
  module.Table(kFuncRef, {.min = 100});
  for (int i = 0; i < 1000; ++i) {
    module.Export(absl::StrCat("f", i), Kind::kFunc, module.Func(module.FuncType(), {}));
  }
  const std::string component = Deploy(ManyInstances(module, 9'500));
  EXPECT_THAT(Attack([&] {
                EXPECT_LE(HoldsCellAfterDeadline(component, absl::Milliseconds(300)), kEnded);
                EXPECT_LE(HoldsCellAfterCancel(component, absl::Milliseconds(300)), kEnded);
              }),
              StaysWithin(Bounds{}));
}

// As many exports, globals and tags as a module may have: V8 makes an object of each.
TEST_F(InstantiationTest, ObjectsByTheHundredThousand) {
  ModuleBuilder module;
  const uint32_t type = module.FuncType();
  for (uint32_t i = 0; i < 300'000; ++i) {
    module.Global(kI64, ModuleBuilder::Mutability::kMutable, Code().I64(i));
    module.Tag(type);
  }
  for (uint32_t i = 0; i < 49'000; ++i) {
    module.Export(absl::StrCat("g", i), Kind::kGlobal, i);
  }
  const std::string binary = ComponentOf(module.Build());
  EXPECT_THAT(Attack([&] {
                if (!client().Deploy("objects", binary).ok()) return;
                EXPECT_LE(HoldsCellAfterDeadline("objects", absl::Milliseconds(50)), kEnded);
              }),
              StaysWithin(Bounds{}));
}

}  // namespace
}  // namespace davit::hostile
