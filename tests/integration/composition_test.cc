// Instances whose imports other components satisfy.

#include <string>

#include "absl/status/status_matchers.h"
#include "absl/strings/match.h"
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

constexpr auto kApi = "bench:calc/api";

class CompositionTest : public DavitdTest {
 protected:
  void TearDown() override { ExpectServes(); }

  // relay, with its import satisfied.
  static v1::CreateInstanceRequest Relay(const std::string& import, const std::string& component) {
    v1::CreateInstanceRequest request;
    request.set_component(Component("relay"));
    v1::Composition* const with = request.add_with();
    with->set_import(import);
    with->set_component(component);
    return request;
  }
};

TEST_F(CompositionTest, ImportsAreSatisfiedByAnotherComponent) {
  const auto instance = client().Instantiate(Relay(kApi, Component("calc")));
  ASSERT_THAT(instance, IsOk());
  ASSERT_EQ(instance->with_size(), 1);
  EXPECT_EQ(instance->with(0).import(), kApi);
  EXPECT_TRUE(absl::StrContains(instance->with(0).component(), "/components/calc/revisions/"))
      << "the revision that runs: " << instance->with(0).component();
  EXPECT_THAT(client::Call<uint32_t>(client(), instance->name(), "loop-add", 10u), IsOk());
  EXPECT_THAT(client::Call<uint32_t>(client(), instance->name(), "loop-records", 10u), IsOk());
}

TEST_F(CompositionTest, EachInstanceHasItsOwnCopyOfAll) {
  const auto first = client().Instantiate(Relay(kApi, Component("calc")));
  const auto second = client().Instantiate(Relay(kApi, Component("calc")));
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(client().DeleteInstance(first->name()), IsOk());
  EXPECT_THAT(client::Call<uint32_t>(client(), second->name(), "loop-add", 10u), IsOk());
}

TEST_F(CompositionTest, OutlivesTheComponentsItWasMadeOf) {
  const std::string id = "calc-to-delete";
  ASSERT_THAT(client().Deploy(id, ReadBinary(GuestPath("calc"))), IsOk());
  const auto instance = client().Instantiate(Relay(kApi, id));
  ASSERT_THAT(instance, IsOk());
  ASSERT_THAT(client().DeleteComponent(id), IsOk());
  EXPECT_THAT(client::Call<uint32_t>(client(), instance->name(), "loop-add", 10u), IsOk());
}

TEST_F(CompositionTest, WithoutItTheImportsAreListed) {
  v1::CreateInstanceRequest request;
  request.set_component(Component("relay"));
  EXPECT_THAT(client().Instantiate(request),
              Fails(StatusCode::kFailedPrecondition, "IMPORTS_UNSATISFIED", kApi));
}

TEST_F(CompositionTest, AnImportThatThereIsNotIsNamed) {
  EXPECT_THAT(client().Instantiate(Relay("bench:calc/other", Component("calc"))),
              Fails(StatusCode::kFailedPrecondition, "PRECONDITION_FAILED", "bench:calc/other"));
}

TEST_F(CompositionTest, AComponentThatDoesNotFitIsNamed) {
  EXPECT_THAT(client().Instantiate(Relay(kApi, Component("handles"))),
              Fails(StatusCode::kFailedPrecondition, "PRECONDITION_FAILED", kApi));
}

TEST_F(CompositionTest, AnUnknownComponentIsNamed) {
  EXPECT_THAT(client().Instantiate(Relay(kApi, "no-such")),
              Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND",
                    "with[0].component: component tenants/default/components/no-such"));
  EXPECT_THAT(client().Instantiate(Relay(kApi, "tenants/other/components/calc")),
              BlamesField("with[0].component", "another tenant"));
  EXPECT_THAT(client().Instantiate(Relay(kApi, "Not A Name")),
              BlamesField("with[0].component", "want tenants/"));
}

TEST_F(CompositionTest, AnImportIsSatisfiedOnce) {
  v1::CreateInstanceRequest request = Relay(kApi, Component("calc"));
  *request.add_with() = request.with(0);
  EXPECT_THAT(client().Instantiate(request), BlamesField("with[1].import", "once"));
  EXPECT_THAT(client().Instantiate(Relay("", Component("calc"))),
              BlamesField("with[0].import", "want the name"));
  EXPECT_THAT(client().Instantiate(Relay(std::string(1000, 'a'), Component("calc"))),
              Fails(StatusCode::kFailedPrecondition, "PRECONDITION_FAILED", "aaa"));
  EXPECT_THAT(client().Instantiate(Relay(std::string(1001, 'a'), Component("calc"))),
              BlamesField("with[0].import", "at most 1000"));
}

TEST_F(CompositionTest, TakesSoManyComponentsAndNoMore) {
  v1::CreateInstanceRequest request = Relay("a:b/i0", Component("calc"));
  for (int i = 1; i < 32; ++i) {
    *request.add_with() = request.with(0);
    request.mutable_with(i)->set_import(absl::StrCat("a:b/i", i));
  }
  EXPECT_THAT(client().Instantiate(request),
              Fails(StatusCode::kFailedPrecondition, "PRECONDITION_FAILED", "a:b/i0"));
  *request.add_with() = request.with(0);
  request.mutable_with(32)->set_import("a:b/i32");
  EXPECT_THAT(client().Instantiate(request), BlamesField("with", "at most 32"));
}

}  // namespace
}  // namespace davit::integration
