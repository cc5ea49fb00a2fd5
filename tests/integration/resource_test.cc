// Resources that clients hold: listed, used, renewed, dropped, expired; of no use elsewhere.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
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

constexpr auto kDestroyed = "destroyed";

class ResourceTest : public DavitdTest {
 protected:
  void TearDown() override { ExpectServes(); }

  // A new resource of an instance of `handles`: its name.
  static std::string Make(const std::string& instance, uint32_t rep) {
    const auto made = client::Call<v1::Val>(client(), instance, "make", rep);
    EXPECT_THAT(made, IsOk());
    return made.ok() ? made->own() : "";
  }
  static absl::StatusOr<uint32_t> Rep(const std::string& instance, const std::string& resource) {
    v1::Val borrow;
    borrow.set_borrow(resource);
    return client::Call<uint32_t>(client(), instance, "rep", borrow);
  }
  static absl::StatusOr<uint32_t> Destroyed(const std::string& instance) {
    return client::Call<uint32_t>(client(), instance, kDestroyed);
  }
  static std::vector<std::string> Held(const std::string& instance) {
    const auto resources = client().ListResources(instance);
    EXPECT_THAT(resources, IsOk());
    std::vector<std::string> names;
    if (resources.ok()) {
      for (const v1::Resource& resource : *resources) names.push_back(resource.name());
    }
    return names;
  }
  // When the lease of each resource that is held runs out, in nanoseconds.
  static std::map<std::string, int64_t> Expiries(const std::string& instance) {
    const auto resources = client().ListResources(instance);
    EXPECT_THAT(resources, IsOk());
    std::map<std::string, int64_t> expiries;
    if (!resources.ok()) return expiries;
    for (const v1::Resource& resource : *resources) {
      const auto& time = resource.expire_time();
      expiries[resource.name()] = time.seconds() * 1'000'000'000 + time.nanos();
    }
    return expiries;
  }
  static std::string WithLease(absl::Duration lease) {
    v1::CreateInstanceRequest request;
    request.mutable_resource_lease()->set_seconds(absl::ToInt64Seconds(lease));
    request.mutable_resource_lease()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(lease % absl::Seconds(1))));
    return Instance("handles", request);
  }
  static auto NotFound() { return Fails(StatusCode::kNotFound, "RESOURCE_NOT_FOUND", "not held"); }
};

TEST_F(ResourceTest, AreListedOldestFirstWithTheirTypes) {
  const std::string instance = Instance("handles");
  EXPECT_THAT(Held(instance), testing::IsEmpty());
  const std::string first = Make(instance, 1), second = Make(instance, 2);
  EXPECT_THAT(Held(instance), testing::ElementsAre(first, second));
  EXPECT_TRUE(absl::StartsWith(first, absl::StrCat(instance, "/resources/"))) << first;
  const auto resources = client().ListResources(instance);
  ASSERT_THAT(resources, IsOk());
  EXPECT_EQ(resources->front().type(), "thing");
  EXPECT_FALSE(resources->front().has_expire_time()) << "they live as long as their instance";
}

TEST_F(ResourceTest, AreListedInPages) {
  const std::string instance = Instance("handles");
  std::vector<std::string> made;
  for (uint32_t i = 1; i <= 60; ++i) made.push_back(Make(instance, i));
  EXPECT_EQ(Held(instance), made) << "over the end of the first page of 50";
}

TEST_F(ResourceTest, AreDroppedWithTheirDestructorRun) {
  const std::string instance = Instance("handles");
  const std::string first = Make(instance, 7), second = Make(instance, 8);
  EXPECT_THAT(client().DropResource(first), IsOk());
  EXPECT_THAT(Destroyed(instance), IsOkAndHolds(1u));
  EXPECT_THAT(Held(instance), testing::ElementsAre(second));
  EXPECT_THAT(client().DropResource(first), NotFound());
  EXPECT_THAT(Rep(instance, first),
              Fails(StatusCode::kInvalidArgument, "ARGUMENT_MISMATCH", "args[0]"));
  EXPECT_THAT(Rep(instance, second), IsOkAndHolds(8u));
  EXPECT_THAT(Destroyed(instance), IsOkAndHolds(1u));
}

TEST_F(ResourceTest, ADestructorThatTrapsPoisonsTheInstance) {
  const std::string instance = Instance("handles");
  const std::string resource = Make(instance, 666);
  EXPECT_THAT(client().DropResource(resource), TrapsWith("UNREACHABLE", "unreachable"));
  EXPECT_THAT(client().DropResource(resource),
              Fails(StatusCode::kFailedPrecondition, "INSTANCE_POISONED", ""));
  EXPECT_THAT(client().ListResources(instance),
              Fails(StatusCode::kFailedPrecondition, "INSTANCE_POISONED", ""));
}

TEST_F(ResourceTest, AreOfNoUseToAnotherInstanceOrTenant) {
  const std::string instance = Instance("handles"), other = Instance("handles");
  const std::string resource = Make(instance, 7);
  Make(other, 8);
  EXPECT_THAT(Rep(other, resource),
              Fails(StatusCode::kInvalidArgument, "ARGUMENT_MISMATCH", "args[0]"));
  // Its own last part under the other's name: an instance's resources are not to be guessed.
  const std::string id = resource.substr(resource.rfind('/'));
  EXPECT_THAT(client().DropResource(absl::StrCat(other, "/resources", id)), NotFound());
  std::string foreign = resource;
  foreign.replace(0, std::string("tenants/default").size(), "tenants/other");
  EXPECT_THAT(client().DropResource(foreign), Fails(StatusCode::kNotFound, "TENANT_NOT_FOUND", ""));
  EXPECT_THAT(Rep(instance, resource), IsOkAndHolds(7u)) << "nothing has changed";
}

TEST_F(ResourceTest, NamesAreNotUsedAgainByALaterInstanceOfTheSameName) {
  v1::CreateInstanceRequest request;
  request.set_instance_id("again");
  const std::string instance = Instance("handles", request);
  const std::string before = Make(instance, 7);
  ASSERT_THAT(client().DeleteInstance(instance), IsOk());
  ASSERT_EQ(Instance("handles", request), instance);
  Make(instance, 8);
  EXPECT_THAT(client().DropResource(before), NotFound());
  EXPECT_THAT(Rep(instance, before),
              Fails(StatusCode::kInvalidArgument, "ARGUMENT_MISMATCH", "args[0]"));
  ASSERT_THAT(client().DeleteInstance(instance), IsOk());
}

TEST_F(ResourceTest, AreDroppedWhenTheirLeaseRunsOut) {
  const std::string instance = WithLease(absl::Milliseconds(300));
  const std::string forgotten = Make(instance, 7);
  EXPECT_TRUE(WaitUntil([&] { return Held(instance).empty(); }));
  EXPECT_THAT(Destroyed(instance), IsOkAndHolds(1u));
  EXPECT_THAT(client().RenewResource(forgotten), NotFound());
  Make(instance, 8);
  EXPECT_TRUE(WaitUntil([&] { return Held(instance).empty(); }));
  EXPECT_THAT(Destroyed(instance), IsOkAndHolds(2u)) << "and those made later as well";
}

TEST_F(ResourceTest, AreAllDroppedHoweverManyRunOutAtOnce) {
  constexpr uint32_t kMany = 600;  // more than one turn of the instance takes
  const std::string instance = WithLease(absl::Milliseconds(500));
  for (uint32_t i = 0; i < kMany; ++i) Make(instance, i);
  EXPECT_TRUE(WaitUntil([&] { return Held(instance).empty(); }));
  EXPECT_THAT(Destroyed(instance), IsOkAndHolds(kMany));
}

TEST_F(ResourceTest, ALeaseStartsAgainWithEachUseAndRenewal) {
  const std::string instance = WithLease(absl::Hours(1));
  const std::string used = Make(instance, 7), renewed = Make(instance, 8);
  const auto before = Expiries(instance);
  ASSERT_THAT(before, testing::SizeIs(2));
  ASSERT_THAT(Rep(instance, used), IsOkAndHolds(7u));
  const auto after_use = Expiries(instance);
  EXPECT_GT(after_use.at(used), before.at(used));
  EXPECT_EQ(after_use.at(renewed), before.at(renewed)) << "nothing was done with it";
  const auto resource = client().RenewResource(renewed);
  ASSERT_THAT(resource, IsOk());
  EXPECT_EQ(resource->name(), renewed);
  const auto after_renewal = Expiries(instance);
  EXPECT_EQ(after_renewal.at(used), after_use.at(used));
  EXPECT_GT(after_renewal.at(renewed), after_use.at(used));
}

TEST_F(ResourceTest, ALeaseIsBounded) {
  v1::CreateInstanceRequest request;
  request.set_component(Component("handles"));
  constexpr int64_t kMax = int64_t{7} * 24 * 3600;
  request.mutable_resource_lease()->set_seconds(kMax + 1);
  EXPECT_THAT(client().Instantiate(request), BlamesField("resource_lease", "want 0s to 168h"));
  request.mutable_resource_lease()->set_seconds(-1);
  EXPECT_THAT(client().Instantiate(request), BlamesField("resource_lease", "want 0s to 168h"));
  request.mutable_resource_lease()->set_seconds(kMax);
  const auto instance = client().Instantiate(request);
  ASSERT_THAT(instance, IsOk());
  EXPECT_EQ(instance->resource_lease().seconds(), kMax);
}

TEST_F(ResourceTest, WaitForADeferredPostReturn) {
  const std::string instance = Instance("handles");
  const std::string resource = Make(instance, 7);
  v1::CallRequest request;
  request.set_instance(instance);
  request.set_function(kDestroyed);
  request.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
  const auto response = client().Call(request);
  ASSERT_THAT(response, IsOk());
  EXPECT_THAT(client().DropResource(resource),
              Fails(StatusCode::kFailedPrecondition, "POST_RETURN_PENDING", ""));
  v1::PostReturnRequest done;
  done.set_instance(instance);
  done.set_function(kDestroyed);
  done.set_call_id(response->call_id());
  ASSERT_THAT(client().PostReturn(done), IsOk());
  EXPECT_THAT(client().DropResource(resource), IsOk());
}

TEST_F(ResourceTest, WrongNamesAreToldFromUnknownOnes) {
  for (const char* name : {"", "thing", "tenants/default/instances/x/resources/",
                           "tenants/default/instances/x/resources/R"}) {
    EXPECT_THAT(client().DropResource(name), BlamesField("name", "want tenants/")) << name;
  }
  EXPECT_THAT(client().DropResource("tenants/default/instances/none/resources/r1"),
              Fails(StatusCode::kNotFound, "INSTANCE_NOT_FOUND", ""));
  EXPECT_THAT(client().ListResources("none"),
              Fails(StatusCode::kNotFound, "INSTANCE_NOT_FOUND", ""));
  const std::string instance = Instance("handles");
  EXPECT_THAT(client().DropResource(absl::StrCat(instance, "/resources/r1")), NotFound());
}

}  // namespace
}  // namespace davit::integration
