#include "runtime/canon/plan.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/test_types.h"

namespace davit::canon {
namespace {

class PlanTest : public testing::Test {
 protected:
  const Node& NodeOf(std::string_view text) {
    types_.push_back(TypeOf(text));
    return *plan_.Add(types_.back());
  }

  std::vector<types::TypePtr> types_;
  Plan plan_;
};

TEST_F(PlanTest, OneNodeForOneType) {
  const types::TypePtr type = TypeOf("list<u8>");
  EXPECT_EQ(plan_.Add(type), plan_.Add(type));
  EXPECT_EQ(plan_.Add(nullptr), nullptr);
}

TEST_F(PlanTest, FunctionsShareTheNodesOfTheirTypes) {
  const types::TypePtr type = TypeOf("record{a:u8,b:string}");
  const auto nodes = std::make_shared<Plan>();
  const auto one = FuncPlan::Create({.params = {{"p", type}}}, nodes);
  const auto other = FuncPlan::Create({.params = {{"q", type}}, .result = type}, nodes);
  EXPECT_EQ(one->params().members[0].node, other->params().members[0].node);
  EXPECT_EQ(one->params().members[0].node, other->result());
}

TEST_F(PlanTest, PartsHaveTheirPlaces) {
  const Node& node = NodeOf("record{a:u8,b:string,c:u64}");
  EXPECT_EQ(node.size, 24u);
  EXPECT_EQ(node.alignment, 8u);
  EXPECT_EQ(node.members[1].offset, 4u);
  EXPECT_EQ(node.members[2].offset, 16u);
  EXPECT_EQ(node.members[2].flat_offset, 3u);
  EXPECT_EQ(node.flat_count, 4u);
}

TEST_F(PlanTest, FindsMembersByNameWhateverTheHint) {
  std::string text = "enum{c0";
  for (int i = 1; i < 300; ++i) text += ",c" + std::to_string(i);
  const Node& large = NodeOf(text + "}");
  const Node& small = NodeOf("enum{a,b,c}");
  EXPECT_EQ(FindMember(large, "c299", 0), 299u);
  EXPECT_EQ(FindMember(large, "c7", 7), 7u);
  EXPECT_EQ(FindMember(large, "c7", 1000), 7u);
  EXPECT_EQ(FindMember(large, "c300", 0), std::nullopt);
  EXPECT_EQ(FindMember(small, "c", 1), 2u);
  EXPECT_EQ(FindMember(small, "", 0), std::nullopt);
}

TEST_F(PlanTest, OnlyNumbersWithoutPaddingAreBitwise) {
  EXPECT_TRUE(NodeOf("u32").bitwise);
  EXPECT_TRUE(NodeOf("tuple<u8,u8,u16,f32>").bitwise);
  EXPECT_TRUE(NodeOf("list<record{a:u32,b:f32},4>").bitwise);
  EXPECT_FALSE(NodeOf("tuple<u8,u32>").bitwise);
  EXPECT_FALSE(NodeOf("tuple<u32,u8>").bitwise);
  EXPECT_FALSE(NodeOf("bool").bitwise);
  EXPECT_FALSE(NodeOf("char").bitwise);
  EXPECT_FALSE(NodeOf("flags{a}").bitwise);
  EXPECT_FALSE(NodeOf("option<u8>").bitwise);
  EXPECT_FALSE(NodeOf("tuple<u32,string>").bitwise);
  EXPECT_FALSE(NodeOf("own<0>").bitwise);
}

TEST_F(PlanTest, FlagsKnowTheirBits) {
  EXPECT_EQ(NodeOf("flags{a}").label_mask, 1u);
  EXPECT_EQ(NodeOf("flags{a,b,c}").label_mask, 7u);
  std::string text = "flags{f0";
  for (int i = 1; i < 32; ++i) text += ",f" + std::to_string(i);
  EXPECT_EQ(NodeOf(text + "}").label_mask, 0xffffffffu);
}

TEST_F(PlanTest, EveryNodeCostsTheHost) {
  EXPECT_GE(NodeOf("bool").host_cost, 16u);
  EXPECT_GE(NodeOf("tuple<bool,bool>").host_cost, 3 * 16u);
  EXPECT_GE(NodeOf("list<bool,1000>").host_cost, 1001 * 16u);
  EXPECT_GE(NodeOf("variant{a,b(list<bool,1000>)}").host_cost, 1001 * 16u);
}

}  // namespace
}  // namespace davit::canon
