#include "server/rpc/descriptions.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/component/test_host.h"

namespace davit::server {
namespace {

class DescriptionsTest : public ::testing::Test {
 protected:
  // Asks for the description; `told_` counts those that came.
  void Ask(Descriptions& descriptions, const ComponentPtr& component) {
    descriptions.WhenDescribed(component, [this](absl::StatusOr<grpc::Slice> world) {
      EXPECT_TRUE(world.ok());
      last_ = *std::move(world);
      ++told_;
    });
  }
  void RunPostponed() {
    while (!postponed_.empty()) {
      auto work = std::move(postponed_.back());
      postponed_.pop_back();
      ++described_;
      work();
    }
  }

  ComponentPtr calc_ = component::CompileGuest("examples/calc.wasm");
  ComponentPtr nested_ = component::CompileGuest("tests/guests/wat/nested.wasm");
  std::vector<absl::AnyInvocable<void()>> postponed_;
  const Background background_ = [this](absl::AnyInvocable<void()> work) {
    postponed_.push_back(std::move(work));
  };
  grpc::Slice last_;
  int told_ = 0;
  int described_ = 0;
};

v1::Component Parsed(grpc::ByteBuffer bytes) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(bytes.Dump(&slices).ok());
  std::string all;
  for (const grpc::Slice& slice : slices) all.append(slice.begin(), slice.end());
  v1::Component component;
  EXPECT_TRUE(component.ParseFromString(all));
  return component;
}

TEST_F(DescriptionsTest, SaysWhatTheWorldIs) {
  v1::Component head;
  head.set_name("tenants/t/components/calc");
  head.add_revisions("r");
  const auto world = DescribeWorld(*calc_);
  ASSERT_TRUE(world.ok());
  const v1::Component component = Parsed(WithWorld(head, *world));
  EXPECT_EQ(component.name(), head.name());
  EXPECT_EQ(component.revisions_size(), 1);
  EXPECT_NE(component.world().wit().find("add"), std::string::npos);
  EXPECT_GT(component.world().exports_size(), 0);
  EXPECT_FALSE(Parsed(WithWorld(head, grpc::Slice())).has_world());
}

TEST_F(DescriptionsTest, IsMadeOnceForAllWhoWaitAndKept) {
  Descriptions descriptions(background_, 1 << 20);
  Ask(descriptions, calc_);
  Ask(descriptions, calc_);
  EXPECT_EQ(told_, 0) << "not on the thread that asks";
  RunPostponed();
  EXPECT_EQ(told_, 2);
  Ask(descriptions, calc_);
  EXPECT_EQ(told_, 3);
  EXPECT_EQ(described_, 1);
  EXPECT_EQ(descriptions.bytes(), last_.size());
}

TEST_F(DescriptionsTest, TheOneUsedLastStaysWhereThereIsNoRoomForBoth) {
  const uint64_t bytes = DescribeWorld(*calc_)->size() + DescribeWorld(*nested_)->size() - 1;
  Descriptions descriptions(background_, bytes);
  for (const ComponentPtr& component : {calc_, nested_, nested_, calc_}) {
    Ask(descriptions, component);
    RunPostponed();
    EXPECT_LE(descriptions.bytes(), bytes);
  }
  EXPECT_EQ(told_, 4);
  EXPECT_EQ(described_, 3);
}

TEST_F(DescriptionsTest, OneThatIsTooLargeIsNotKept) {
  Descriptions descriptions(background_, 10);
  Ask(descriptions, calc_);
  RunPostponed();
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(descriptions.bytes(), 0u);
}

TEST_F(DescriptionsTest, IsForgottenWithItsComponent) {
  Descriptions descriptions(background_, 1 << 20);
  Ask(descriptions, calc_);
  RunPostponed();
  calc_ = nullptr;
  Ask(descriptions, nested_);
  RunPostponed();
  EXPECT_EQ(descriptions.bytes(), last_.size());
}

}  // namespace
}  // namespace davit::server
