// Components from their upload to their deletion, and across restarts.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/call.h"
#include "client/status.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;
using client::Client;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string DigestOf(const v1::Component& component) {
  return std::vector<std::string>(absl::StrSplit(component.revision(), '/')).back();
}

// -- Components --

class ComponentTest : public DavitdTest {
 protected:
  static absl::StatusOr<v1::Component> Deploy(std::string_view id, std::string_view guest) {
    return client().Deploy(id, ReadBinary(GuestPath(guest)));
  }
};

TEST_F(ComponentTest, AnUploadAnswersTheComponentWithItsRevision) {
  const std::string binary = ReadBinary(GuestPath("calc"));
  const auto component = client().Deploy("answers", binary);
  ASSERT_THAT(component, IsOk());
  EXPECT_EQ(component->name(), "tenants/default/components/answers");
  EXPECT_THAT(component->revision(), StartsWith(component->name() + "/revisions/"));
  EXPECT_EQ(DigestOf(*component).size(), 64u);
  EXPECT_EQ(component->size_bytes(), binary.size());
  EXPECT_GT(component->create_time().seconds(), 0);
  EXPECT_FALSE(component->has_world());
}

TEST_F(ComponentTest, TheSameBytesAreTheSameRevisionUnderAnyName) {
  const auto first = Deploy("same", "calc");
  const auto again = Deploy("same", "calc");
  const auto elsewhere = Deploy("same-too", "calc");
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  ASSERT_THAT(elsewhere, IsOk());
  EXPECT_EQ(again->revision(), first->revision());
  EXPECT_EQ(again->create_time().nanos(), first->create_time().nanos());
  EXPECT_EQ(DigestOf(*elsewhere), DigestOf(*first));
}

TEST_F(ComponentTest, OtherBytesMakeTheNewestRevision) {
  const auto old_one = Deploy("revised", "calc");
  const auto new_one = Deploy("revised", "nested");
  ASSERT_THAT(old_one, IsOk());
  ASSERT_THAT(new_one, IsOk());
  const auto described = client().GetComponent("revised");
  ASSERT_THAT(described, IsOk());
  EXPECT_EQ(described->revision(), new_one->revision());
  EXPECT_THAT(described->revisions(), ElementsAre(new_one->revision(), old_one->revision()));
  EXPECT_THAT(Call("revised", "first-next(2)"), IsOkAndHolds("2"));
  EXPECT_THAT(
      client::CallFresh<uint32_t>(client(), old_one->revision(), "bench:calc/api#add", 3u, 4u),
      IsOkAndHolds(7u));
}

TEST_F(ComponentTest, DeletingTheNewestRevisionBringsBackTheOneBefore) {
  const auto old_one = Deploy("undone", "calc");
  const auto new_one = Deploy("undone", "nested");
  ASSERT_THAT(new_one, IsOk());
  ASSERT_THAT(client().DeleteComponent(new_one->revision()), IsOk());
  EXPECT_THAT(client().GetComponent(new_one->revision()),
              Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND", "revisions/"));
  const auto described = client().GetComponent("undone");
  ASSERT_THAT(described, IsOk());
  EXPECT_EQ(described->revision(), old_one->revision());
}

TEST_F(ComponentTest, ViewsSayAsMuchAsIsAskedFor) {
  const std::string calc = Component("calc");
  const auto basic = client().GetComponent(calc, v1::COMPONENT_VIEW_BASIC);
  ASSERT_THAT(basic, IsOk());
  EXPECT_FALSE(basic->has_world());
  EXPECT_EQ(basic->revisions_size(), 0);
  const auto full = client().GetComponent(calc, v1::COMPONENT_VIEW_FULL);
  ASSERT_THAT(full, IsOk());
  EXPECT_THAT(full->world().wit(), HasSubstr("add: func(a: u32, b: u32) -> u32;"));
  EXPECT_EQ(full->world().exports_size(), 1);
  EXPECT_EQ(full->world().exports(0).name(), "bench:calc/api");
}

TEST_F(ComponentTest, ADownloadHasTheBytesOfTheUpload) {
  const std::string values = Component("values");
  EXPECT_THAT(client().Download(values), IsOkAndHolds(ReadBinary(GuestPath("values"))));
}

TEST_F(ComponentTest, ValidatingOnlyDescribesAndStoresNothing) {
  const auto checked = client().Deploy("only-checked", ReadBinary(GuestPath("nested")),
                                       Client::DeployMode::kValidateOnly);
  ASSERT_THAT(checked, IsOk());
  EXPECT_THAT(checked->world().wit(), HasSubstr("first-next"));
  EXPECT_THAT(client().GetComponent("only-checked"),
              Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND", "only-checked"));
}

TEST_F(ComponentTest, AComponentWithUnsatisfiedImportsCanBeDeployedAndDescribed) {
  const std::string imports = Component("imports");
  const auto described = client().GetComponent(imports);
  ASSERT_THAT(described, IsOk());
  EXPECT_EQ(described->world().imports_size(), 4);
}

TEST_F(ComponentTest, DeletionLeavesRunningInstancesAlone) {
  ASSERT_THAT(Deploy("short-lived", "calc"), IsOk());
  v1::CreateInstanceRequest request;
  request.set_component("short-lived");
  const auto instance = client().Instantiate(request);
  ASSERT_THAT(instance, IsOk());
  ASSERT_THAT(client().DeleteComponent("short-lived"), IsOk());
  EXPECT_THAT(client::Call<uint32_t>(client(), instance->name(), "bench:calc/api#add", 3u, 4u),
              IsOkAndHolds(7u));
  EXPECT_THAT(client().Instantiate(request),
              Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND", "short-lived"));
  EXPECT_THAT(client().DeleteComponent("short-lived"),
              Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND", "short-lived"));
}

// -- Pages --

class PageTest : public DavitdTest {
 protected:
  static absl::StatusOr<v1::ListComponentsResponse> Page(int size, const std::string& token) {
    auto stub = v1::ComponentService::NewStub(
        grpc::CreateChannel(davitd().address(), grpc::InsecureChannelCredentials()));
    v1::ListComponentsRequest request;
    request.set_parent("tenants/default");
    request.set_page_size(size);
    request.set_page_token(token);
    grpc::ClientContext context;
    v1::ListComponentsResponse page;
    const grpc::Status status = stub->ListComponents(&context, request, &page);
    if (!status.ok()) return client::FromGrpc(status);
    return page;
  }
};

TEST_F(PageTest, EveryComponentIsOnOnePageOnceAndInOrder) {
  const std::string binary = ReadBinary(GuestPath("nested"));
  std::vector<std::string> names;
  for (int i = 10; i < 17; ++i) {
    const auto component = client().Deploy(absl::StrCat("p", i), binary);
    ASSERT_THAT(component, IsOk());
    names.push_back(component->name());
  }
  std::vector<std::string> listed;
  std::vector<int> sizes;
  std::string token;
  do {
    const auto page = Page(3, token);
    ASSERT_THAT(page, IsOk());
    for (const auto& component : page->components()) listed.push_back(component.name());
    sizes.push_back(page->components_size());
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_EQ(listed, names);
  EXPECT_THAT(sizes, ElementsAre(3, 3, 1));
}

TEST_F(PageTest, WhatIsNoSizeOrTokenIsRefusedWithItsField) {
  EXPECT_THAT(Page(-1, ""), BlamesField("page_size", ""));
  EXPECT_THAT(Page(3, "made up"), BlamesField("page_token", ""));
}

// -- Restarts --

class RestartTest : public DavitdTest {
 protected:
  static void Restart() {
    ASSERT_THAT(davitd().Restart(), IsOk());
    Reconnect();
  }
};

TEST_F(RestartTest, ComponentsSurviveAndInstancesDoNot) {
  const std::string calc = Component("calc");
  const std::string instance = Instance("calc");
  const auto before = client().GetComponent(calc);
  ASSERT_THAT(davitd().Stop(), IsOkAndHolds(0));
  Restart();
  const auto after = client().GetComponent(calc);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->ShortDebugString(), before->ShortDebugString());
  EXPECT_THAT(Call(calc, "bench:calc/api#add(3, 4)"), IsOkAndHolds("7"));
  EXPECT_THAT(client().GetInstance(instance),
              Fails(StatusCode::kNotFound, "INSTANCE_NOT_FOUND", ""));
}

TEST_F(RestartTest, WhatWasDeployedSurvivesAKill) {
  const std::string calc = Component("calc");
  davitd().Kill();
  Restart();
  EXPECT_THAT(Call(calc, "bench:calc/api#add(3, 4)"), IsOkAndHolds("7"));
}

TEST_F(RestartTest, ACorruptBinaryIsLeftOutAndTheRestServes) {
  const auto spoilt = client().Deploy("spoilt", ReadBinary(GuestPath("two_modules")));
  ASSERT_THAT(spoilt, IsOk());
  Component("calc");
  ASSERT_THAT(davitd().Stop(), IsOkAndHolds(0));
  const std::string blob = absl::StrCat(davitd().data_dir(), "/blobs/", DigestOf(*spoilt));
  ASSERT_TRUE(std::filesystem::exists(blob));
  std::filesystem::permissions(blob, std::filesystem::perms::owner_all);
  std::fstream(blob, std::ios::in | std::ios::out | std::ios::binary).seekp(20).put('\xff');
  Restart();
  EXPECT_THAT(client().GetComponent("spoilt"),
              Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND", "spoilt"));
  EXPECT_THAT(davitd().log(), HasSubstr("components/spoilt left out"));
  ExpectServes();
}

TEST_F(RestartTest, ADataDirectoryServesOneProcess) {
  const auto second = RunProgram({DataPath("server/app/davitd"), "--listen=127.0.0.1:0",
                                  absl::StrCat("--data_dir=", davitd().data_dir())});
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->status, 1);
  EXPECT_THAT(second->err, HasSubstr("lock"));
  ExpectServes();
}

}  // namespace
}  // namespace davit::integration
