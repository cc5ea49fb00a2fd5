// Instances from their creation to their deletion, and how many there may be.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "client/call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;
using ::testing::StartsWith;

class InstanceTest : public DavitdTest {};

TEST_F(InstanceTest, IsDescribedAsItWasAskedFor) {
  v1::CreateInstanceRequest request;
  request.set_instance_id("described");
  request.set_isolation(v1::ISOLATION_DEDICATED);
  request.mutable_limits()->set_memory_bytes(1 << 20);
  const std::string name = Instance("calc", request);
  EXPECT_EQ(name, "tenants/default/instances/described");
  EXPECT_THAT(Call(name, "bench:calc/api#add(1, 2)"), IsOkAndHolds("3"));
  const auto instance = client().GetInstance(name);
  ASSERT_THAT(instance, IsOk());
  EXPECT_THAT(instance->component(), StartsWith("tenants/default/components/calc/revisions/"));
  EXPECT_EQ(instance->state(), v1::Instance::STATE_ACTIVE);
  EXPECT_EQ(instance->isolation(), v1::ISOLATION_DEDICATED);
  EXPECT_EQ(instance->limits().memory_bytes(), 1u << 20);
  EXPECT_GT(instance->limits().handles(), 0u) << "defaults are filled in";
  EXPECT_EQ(instance->calls(), 1u);
  EXPECT_GT(instance->memory_bytes(), 0u);
}

TEST_F(InstanceTest, KeepsItsStateToItself) {
  const std::string first = Instance("values");
  const std::string second = Instance("values");
  const std::string calls = "test:values/faults#calls()";
  EXPECT_THAT(Call(first, calls), IsOkAndHolds("1"));
  EXPECT_THAT(Call(first, calls), IsOkAndHolds("2"));
  EXPECT_THAT(Call(second, calls), IsOkAndHolds("1"));
  EXPECT_THAT(Call("values", calls), IsOkAndHolds("1")) << "a fresh instance";
  EXPECT_THAT(Call("values", calls), IsOkAndHolds("1")) << "another fresh instance";
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(Call("values", calls), IsOkAndHolds("1")) << "also where one has served before";
  }
  ASSERT_THAT(Call("values", "test:values/faults#grow-memory()"), IsOk());
  ASSERT_FALSE(Call("values", "test:values/faults#panic(\"x\")").ok());
  EXPECT_THAT(Call("values", calls), IsOkAndHolds("1")) << "and whatever became of that one";
}

TEST_F(InstanceTest, IsListedUntilItIsDeleted) {
  const auto count = [] { return client().ListInstances()->size(); };
  const size_t before = count();
  const std::string name = Instance("calc");
  EXPECT_EQ(count(), before + 1);
  EXPECT_THAT(client().DeleteInstance(name), IsOk());
  EXPECT_EQ(count(), before);
  const auto gone = Fails(StatusCode::kNotFound, "INSTANCE_NOT_FOUND", name);
  EXPECT_THAT(client().GetInstance(name).status(), gone);
  EXPECT_THAT(client().DeleteInstance(name), gone);
}

TEST_F(InstanceTest, ANameIsTakenWhileItsInstanceLives) {
  v1::CreateInstanceRequest request;
  request.set_instance_id("taken");
  const std::string name = Instance("calc", request);
  request.set_component("calc");
  EXPECT_THAT(client().Instantiate(request),
              Fails(StatusCode::kAlreadyExists, "INSTANCE_EXISTS", "instances/taken"));
  EXPECT_THAT(client().DeleteInstance(name), IsOk());
  EXPECT_THAT(client().Instantiate(request), IsOk());
}

TEST_F(InstanceTest, ALimitOverTheMaximumIsRefusedWithItsField) {
  v1::CreateInstanceRequest request;
  request.set_component(Component("calc"));
  request.mutable_limits()->set_memory_bytes((uint64_t{4} << 30) + 1);
  EXPECT_THAT(client().Instantiate(request), BlamesField("limits.memory_bytes", "at most"));
}

TEST_F(InstanceTest, AThousandAreCreatedCalledAndDropped) {
  const std::string calc = Component("calc");
  v1::CreateInstanceRequest request;
  request.set_component(calc);
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) {
    const auto instance = client().Instantiate(request);
    ASSERT_THAT(instance, IsOk()) << i;
    names.push_back(instance->name());
  }
  EXPECT_GE(client().ListInstances()->size(), 1000u);
  for (const std::string& name : names) {
    ASSERT_THAT(client::Call<uint32_t>(client(), name, "bench:calc/api#add", 3u, 4u),
                IsOkAndHolds(7u));
    ASSERT_THAT(client().DeleteInstance(name), IsOk());
  }
  ExpectServes();
}

// -- Quotas --

class QuotaTest : public DavitdTest {
 protected:
  static void SetUpTestSuite() {
    StartServer(
        "tenant { components: 2 revisions_per_component: 1 instances: 2 "
        "dedicated_instances: 1 }");
  }
};

TEST_F(QuotaTest, OneTooManyOfAnythingIsRefusedUntilOneIsDeleted) {
  v1::CreateInstanceRequest request;
  request.set_isolation(v1::ISOLATION_DEDICATED);
  const std::string dedicated = Instance("calc", request);
  request.set_component("calc");
  const auto refused = client().Instantiate(request);
  EXPECT_THAT(refused, Fails(StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "limit of 1"));
  EXPECT_EQ(Detail<google::rpc::QuotaFailure>(refused).violations(0).subject(),
            "dedicated_instances");
  Instance("calc");
  request.set_isolation(v1::ISOLATION_SHARED);
  EXPECT_THAT(client().Instantiate(request),
              Fails(StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "instances limit of 2"));
  ASSERT_THAT(client().DeleteInstance(dedicated), IsOk());
  EXPECT_THAT(client().Instantiate(request), IsOk());
}

TEST_F(QuotaTest, ComponentsAndRevisionsAreCounted) {
  Component("calc");
  EXPECT_THAT(client().Deploy("calc", ReadBinary(GuestPath("nested"))),
              Fails(StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "revisions_per_component"));
  Component("nested");
  EXPECT_THAT(client().Deploy("third", ReadBinary(GuestPath("nested"))),
              Fails(StatusCode::kResourceExhausted, "QUOTA_EXCEEDED", "components limit of 2"));
}

}  // namespace
}  // namespace davit::integration
