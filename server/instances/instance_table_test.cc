#include "server/instances/instance_table.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace davit::server {
namespace {

constexpr char kA[] = "tenants/one/instances/a";
constexpr char kB[] = "tenants/one/instances/b";

// A record that is only ever compared.
InstancePtr FakeRecord() {
  const auto owner = std::make_shared<int>();
  return InstancePtr(owner, reinterpret_cast<InstanceRecord*>(owner.get()));
}

class InstanceTableTest : public ::testing::Test {
 protected:
  InstancePtr Add(const Tenant& tenant, std::string_view name) {
    auto claim = table_.Reserve(tenant, name);
    EXPECT_TRUE(claim.ok());
    InstancePtr record = FakeRecord();
    claim->Publish(record);
    return record;
  }
  InstancePtr Add(std::string_view name) { return Add(tenant_, name); }
  InstancePtr Find(std::string_view name) { return table_.Find(tenant_, name); }
  std::vector<InstancePtr> List(std::string_view after = {}, size_t count = 9) {
    return table_.List(tenant_, after, count);
  }

  const Tenant tenant_{"one"};
  const Tenant other_{"one-more"};
  InstanceTable table_;
};

TEST_F(InstanceTableTest, FindsWhatIsPublished) {
  const InstancePtr record = Add(kA);
  EXPECT_EQ(Find(kA), record);
  EXPECT_EQ(Find(kB), nullptr);
}

TEST_F(InstanceTableTest, FindsNothingOfAnotherTenant) {
  Add(kA);
  EXPECT_EQ(table_.Find(other_, kA), nullptr);
  EXPECT_TRUE(table_.List(other_, "", 9).empty());
  EXPECT_TRUE(table_.List(other_, kA, 9).empty());
  const InstancePtr others = Add(other_, "tenants/one-more/instances/a");
  EXPECT_EQ(table_.List(other_, "", 9), std::vector{others});
  EXPECT_EQ(Find("tenants/one-more/instances/a"), nullptr);
  EXPECT_EQ(List().size(), 1u);
}

TEST_F(InstanceTableTest, AReservedNameIsTakenButNotFound) {
  {
    const auto claim = table_.Reserve(tenant_, kA);
    ASSERT_TRUE(claim.ok());
    EXPECT_EQ(claim->name(), kA);
    EXPECT_EQ(table_.Reserve(tenant_, kA).status().code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(Find(kA), nullptr);
    EXPECT_FALSE(table_.Remove(kA, nullptr));
    EXPECT_TRUE(List().empty());
  }
  EXPECT_TRUE(table_.Reserve(tenant_, kA).ok());
}

TEST_F(InstanceTableTest, AClaimThatIsMovedHoldsTheName) {
  InstanceTable::Claim held;
  {
    auto claim = table_.Reserve(tenant_, kA);
    ASSERT_TRUE(claim.ok());
    held = *std::move(claim);
  }
  EXPECT_FALSE(table_.Reserve(tenant_, kA).ok());
  held = {};
  EXPECT_TRUE(table_.Reserve(tenant_, kA).ok());
}

TEST_F(InstanceTableTest, RemovingFreesTheName) {
  const InstancePtr record = Add(kA);
  EXPECT_TRUE(table_.Remove(kA, record.get()));
  EXPECT_FALSE(table_.Remove(kA, record.get()));
  EXPECT_EQ(Find(kA), nullptr);
  EXPECT_TRUE(table_.Reserve(tenant_, kA).ok());
}

TEST_F(InstanceTableTest, RemovingSparesALaterOneOfTheSameName) {
  const InstancePtr earlier = Add(kA);
  ASSERT_TRUE(table_.Remove(kA, earlier.get()));
  const InstancePtr later = Add(kA);
  EXPECT_FALSE(table_.Remove(kA, earlier.get()));
  EXPECT_EQ(Find(kA), later);
}

TEST_F(InstanceTableTest, ListsInOrder) {
  const InstancePtr b = Add(kB);
  const InstancePtr a = Add(kA);
  EXPECT_EQ(List(), (std::vector{a, b}));
  EXPECT_EQ(List("", 1), (std::vector{a}));
  EXPECT_EQ(List(kA), (std::vector{b}));
  EXPECT_TRUE(List(kB).empty());
}

TEST_F(InstanceTableTest, RemoveAllLeavesNothing) {
  Add(kA);
  Add(other_, "tenants/one-more/instances/a");
  EXPECT_EQ(table_.RemoveAll().size(), 2u);
  EXPECT_EQ(Find(kA), nullptr);
  EXPECT_TRUE(table_.Reserve(tenant_, kB).ok());
}

}  // namespace
}  // namespace davit::server
