#include "tests/conformance/val_json.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <string>

namespace davit::conformance {
namespace {

absl::StatusOr<v1::Val> Read(const std::string& json) {
  google::protobuf::Value value;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &value).ok()) << json;
  return ValFromJson(value);
}

std::string Text(const std::string& json) {
  const absl::StatusOr<v1::Val> val = Read(json);
  return val.ok() ? ValText(*val) : val.status().ToString();
}

TEST(ValFromJson, Scalars) {
  EXPECT_EQ(Text(R"({"type":"bool","value":true})"), "bool: true");
  EXPECT_EQ(Text(R"({"type":"u8","value":"255"})"), "u8: 255");
  EXPECT_EQ(Text(R"({"type":"s64","value":"-9223372036854775808"})"), "s64: -9223372036854775808");
  EXPECT_EQ(Text(R"({"type":"char","value":"\ud83d\ude00"})"), "char: 128512");
  EXPECT_EQ(Text(R"({"type":"string","value":"a b"})"), R"(string: "a b")");
}

TEST(ValFromJson, FloatsAreWrittenAsBits) {
  EXPECT_EQ(Read(R"({"type":"f32","value":"1065353216"})")->f32(), 1.0f);
  EXPECT_EQ(std::bit_cast<uint64_t>(Read(R"({"type":"f64","value":"9221120237041090561"})")->f64()),
            9221120237041090561u);
}

TEST(ValFromJson, Compounds) {
  EXPECT_EQ(Text(R"({"type":"record","value":[["x",{"type":"u8","value":"1"}]]})"),
            R"(record { fields { name: "x" value { u8: 1 } } })");
  EXPECT_EQ(Text(R"({"type":"variant","case":"c"})"), R"(variant { case: "c" })");
  EXPECT_EQ(Text(R"({"type":"variant","case":"c","payload":{"type":"u8","value":"1"}})"),
            R"(variant { case: "c" payload { u8: 1 } })");
  EXPECT_EQ(Text(R"({"type":"option","value":null})"), "option { }");
  EXPECT_EQ(Text(R"({"type":"result","value":{"Ok":null}})"), "result { ok { } }");
  EXPECT_EQ(Text(R"({"type":"result","value":{"Err":{"type":"u8","value":"1"}}})"),
            "result { err { value { u8: 1 } } }");
  EXPECT_EQ(Text(R"({"type":"flags","value":["a","b"]})"), R"(flags { labels: "a" labels: "b" })");
}

TEST(ValFromJson, RefusesWhatIsNoComponentValue) {
  EXPECT_FALSE(Read(R"({"type":"i32","value":"1"})").ok());
  EXPECT_FALSE(Read(R"({"type":"u8","value":"x"})").ok());
  EXPECT_FALSE(Read(R"({"type":"char","value":"ab"})").ok());
}

TEST(SameVal, PackedAndPlainListsAreTheSame) {
  v1::Val packed, plain;
  packed.set_u8_list("\x01\xff");
  plain.mutable_list()->add_items()->set_u8(1);
  EXPECT_FALSE(SameVal(packed, plain));
  plain.mutable_list()->add_items()->set_u8(255);
  EXPECT_TRUE(SameVal(packed, plain));
}

TEST(SameVal, EmptyPackedListIsAnEmptyList) {
  v1::Val packed, plain;
  packed.mutable_f64_list();
  plain.mutable_list();
  EXPECT_TRUE(SameVal(packed, plain));
}

TEST(SameVal, LooksIntoLists) {
  v1::Val packed, plain;
  packed.mutable_option()->mutable_some()->mutable_u32_list()->add_values(7);
  plain.mutable_option()->mutable_some()->mutable_list()->add_items()->set_u32(7);
  EXPECT_TRUE(SameVal(packed, plain));
}

TEST(SameVal, FloatsByTheirBits) {
  v1::Val positive, negative, nan, other_nan;
  positive.set_f64(0.0);
  negative.set_f64(-0.0);
  EXPECT_FALSE(SameVal(positive, negative));
  nan.set_f64(std::bit_cast<double>(0x7ff8000000000000));
  EXPECT_TRUE(SameVal(nan, nan));
  other_nan.set_f64(std::bit_cast<double>(0x7ff8000000000001));
  EXPECT_FALSE(SameVal(nan, other_nan));
}

TEST(SameVal, FlagsInAnyOrder) {
  v1::Val a, b;
  a.mutable_flags()->add_labels("x");
  a.mutable_flags()->add_labels("y");
  b.mutable_flags()->add_labels("y");
  b.mutable_flags()->add_labels("x");
  EXPECT_TRUE(SameVal(a, b));
}

}  // namespace
}  // namespace davit::conformance
