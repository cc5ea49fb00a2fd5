#include "server/instances/instance_table.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace davit::server {
namespace {

// A record that is only ever compared.
InstancePtr FakeRecord() {
  const auto owner = std::make_shared<int>();
  return InstancePtr(owner, reinterpret_cast<InstanceRecord*>(owner.get()));
}

class InstanceTableTest : public ::testing::Test {
 protected:
  InstancePtr Add(std::string_view name) {
    EXPECT_TRUE(table_.Reserve(name).ok());
    InstancePtr record = FakeRecord();
    table_.Publish(name, record);
    return record;
  }

  InstanceTable table_;
};

TEST_F(InstanceTableTest, FindsWhatIsPublished) {
  const InstancePtr record = Add("a");
  EXPECT_EQ(table_.Find("a"), record);
  EXPECT_EQ(table_.Find("b"), nullptr);
}

TEST_F(InstanceTableTest, AReservedNameIsTakenButNotFound) {
  ASSERT_TRUE(table_.Reserve("a").ok());
  EXPECT_EQ(table_.Reserve("a").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(table_.Find("a"), nullptr);
  EXPECT_FALSE(table_.Remove("a", nullptr));
  EXPECT_TRUE(table_.List("", "", 9).empty());
  table_.Release("a");
  EXPECT_TRUE(table_.Reserve("a").ok());
}

TEST_F(InstanceTableTest, RemovingFreesTheName) {
  const InstancePtr record = Add("a");
  EXPECT_TRUE(table_.Remove("a", record.get()));
  EXPECT_FALSE(table_.Remove("a", record.get()));
  EXPECT_EQ(table_.Find("a"), nullptr);
  EXPECT_TRUE(table_.Reserve("a").ok());
}

TEST_F(InstanceTableTest, RemovingSparesALaterOneOfTheSameName) {
  const InstancePtr earlier = Add("a");
  ASSERT_TRUE(table_.Remove("a", earlier.get()));
  const InstancePtr later = Add("a");
  EXPECT_FALSE(table_.Remove("a", earlier.get()));
  EXPECT_EQ(table_.Find("a"), later);
}

TEST_F(InstanceTableTest, ListsInOrderWithinAPrefix) {
  const InstancePtr b = Add("x/b");
  const InstancePtr a = Add("x/a");
  Add("y/c");
  EXPECT_EQ(table_.List("x/", "", 9), (std::vector{a, b}));
  EXPECT_EQ(table_.List("x/", "", 1), (std::vector{a}));
  EXPECT_EQ(table_.List("x/", "x/a", 9), (std::vector{b}));
  EXPECT_TRUE(table_.List("x/", "x/b", 9).empty());
}

TEST_F(InstanceTableTest, RemoveAllLeavesNothing) {
  Add("a");
  Add("b");
  EXPECT_EQ(table_.RemoveAll().size(), 2u);
  EXPECT_EQ(table_.Find("a"), nullptr);
  EXPECT_TRUE(table_.Reserve("b").ok());
}

}  // namespace
}  // namespace davit::server
