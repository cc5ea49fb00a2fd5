#include <string>

#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/vals/test_vals.h"
#include "runtime/canon/vals/vals.h"

namespace davit::canon {
namespace {

// "ok", or the message with which `value` is refused as the only argument of func(p: `type`).
std::string Check(std::string_view type, std::string_view value) {
  const absl::Status status = CheckArgs(*PlanOf({TypeOf(type)}), ArgsOf({value}));
  if (status.ok()) return "ok";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(base::ArgumentPathOf(status).has_value());
  return std::string(status.message());
}

std::string Record(std::string_view a, std::string_view b) {
  return "record { fields { name: \"" + std::string(a) + "\" value { u8: 1 } } fields { name: \"" +
         std::string(b) + "\" value { u8: 2 } } }";
}

TEST(CheckArgs, CountsArguments) {
  const auto plan = PlanOf({TypeOf("u8"), TypeOf("u8")});
  const absl::Status status = CheckArgs(*plan, ArgsOf({"u8: 1", "u8: 1", "u8: 1"}));
  EXPECT_EQ(status.message(), "args: want 2, got 3");
  EXPECT_EQ(base::ArgumentPathOf(status), "args");
  EXPECT_TRUE(CheckArgs(*plan, ArgsOf({"u8: 1", "u8: 1"})).ok());
  EXPECT_FALSE(CheckArgs(*plan, {}).ok());
}

TEST(CheckArgs, NamesThePathOfADeepMismatch) {
  const auto plan = PlanOf({TypeOf("record{items:list<record{price:u32}>}")});
  v1::Val val;
  v1::FieldVal* items = val.mutable_record()->add_fields();
  items->set_name("items");
  for (int i = 0; i < 4; ++i) {
    v1::FieldVal* price =
        items->mutable_value()->mutable_list()->add_items()->mutable_record()->add_fields();
    price->set_name("price");
    if (i < 3) price->mutable_value()->set_u32(1);
  }
  items->mutable_value()
      ->mutable_list()
      ->mutable_items(3)
      ->mutable_record()
      ->mutable_fields(0)
      ->mutable_value()
      ->set_string("free");
  ValArgs args;
  *args.Add() = val;
  const absl::Status status = CheckArgs(*plan, args);
  EXPECT_EQ(status.message(), "args[0].items[3].price: want u32, got string");
  EXPECT_EQ(base::ArgumentPathOf(status), "args[0].items[3].price");
}

TEST(CheckArgs, NamesThePathsOfPayloads) {
  EXPECT_EQ(Check("option<u8>", "option { some { u16: 1 } }"), "args[0].some: want u8, got u16");
  EXPECT_EQ(Check("result<u8,u8>", "result { err { value { u16: 1 } } }"),
            "args[0].err: want u8, got u16");
  EXPECT_EQ(Check("variant{a,b(u8)}", "variant { case: \"b\" payload { u16: 1 } }"),
            "args[0].b: want u8, got u16");
  EXPECT_EQ(Check("tuple<u8,u8>", "tuple { items { u8: 1 } items { u16: 1 } }"),
            "args[0][1]: want u8, got u16");
  EXPECT_EQ(Check("map<u8,u8>", "map { entries { key { u8: 1 } value { u16: 1 } } }"),
            "args[0][0].value: want u8, got u16");
}

TEST(CheckArgs, RefusesAnotherKind) {
  EXPECT_EQ(Check("u32", "s32: 1"), "args[0]: want u32, got s32");
  EXPECT_EQ(Check("u32", ""), "args[0]: want u32, got nothing");
  EXPECT_EQ(Check("bool", "u8: 1"), "args[0]: want bool, got u8");
  EXPECT_EQ(Check("char", "u32: 65"), "args[0]: want char, got u32");
  EXPECT_EQ(Check("string", "enum: \"a\""), "args[0]: want string, got enum");
  EXPECT_EQ(Check("enum{a}", "string: \"a\""), "args[0]: want enum, got string");
  EXPECT_EQ(Check("record{a:u8}", "tuple { items { u8: 1 } }"), "args[0]: want record, got tuple");
  EXPECT_EQ(Check("tuple<u8>", "list { items { u8: 1 } }"), "args[0]: want tuple, got list");
  EXPECT_EQ(Check("own<0>", "borrow: \"x\""), "args[0]: want own, got borrow");
}

TEST(CheckArgs, KeepsNarrowIntegersInTheirRange) {
  EXPECT_EQ(Check("u8", "u8: 255"), "ok");
  EXPECT_EQ(Check("u8", "u8: 256"), "args[0]: 256 is out of the range of u8");
  EXPECT_EQ(Check("s8", "s8: -128"), "ok");
  EXPECT_EQ(Check("s8", "s8: -129"), "args[0]: -129 is out of the range of s8");
  EXPECT_EQ(Check("s8", "s8: 128"), "args[0]: 128 is out of the range of s8");
  EXPECT_EQ(Check("u16", "u16: 65535"), "ok");
  EXPECT_EQ(Check("u16", "u16: 65536"), "args[0]: 65536 is out of the range of u16");
  EXPECT_EQ(Check("s16", "s16: 32768"), "args[0]: 32768 is out of the range of s16");
}

TEST(CheckArgs, KeepsPackedNumbersInTheirRange) {
  EXPECT_EQ(Check("list<s8>", "s8_list { values: [127, -128] }"), "ok");
  EXPECT_EQ(Check("list<s8>", "s8_list { values: [0, 128] }"),
            "args[0][1]: 128 is out of the range of s8");
  EXPECT_EQ(Check("list<u16>", "u16_list { values: 65536 }"),
            "args[0][0]: 65536 is out of the range of u16");
}

TEST(CheckArgs, CharIsAScalarValue) {
  EXPECT_EQ(Check("char", "char: 55295"), "ok");
  EXPECT_EQ(Check("char", "char: 55296"), "args[0]: 0xd800 is not a Unicode scalar value");
  EXPECT_EQ(Check("char", "char: 57343"), "args[0]: 0xdfff is not a Unicode scalar value");
  EXPECT_EQ(Check("char", "char: 57344"), "ok");
  EXPECT_EQ(Check("char", "char: 1114111"), "ok");
  EXPECT_EQ(Check("char", "char: 1114112"), "args[0]: 0x110000 is not a Unicode scalar value");
}

TEST(CheckArgs, StringIsUtf8) {
  const auto plan = PlanOf({TypeOf("string")});
  ValArgs args;
  for (const char* good : {"", "plain", "plain and longer than a vector register, é", "😀"}) {
    args.Clear();
    args.Add()->set_string(good);
    EXPECT_TRUE(CheckArgs(*plan, args).ok()) << good;
  }
  for (const char* bad : {"\xff", "\x80", "\xc3", "plain and longer than that \xed\xa0\x80"}) {
    args.Clear();
    args.Add()->set_string(bad);
    EXPECT_EQ(CheckArgs(*plan, args).message(), "args[0]: the string is not valid UTF-8");
  }
}

TEST(CheckArgs, StringsAndListsHaveAGreatestLength) {
  const auto strings = PlanOf({TypeOf("string")});
  ValArgs args;
  args.Add()->mutable_string()->assign(base::kMaxStringByteLength, 'a');
  EXPECT_TRUE(CheckArgs(*strings, args).ok());
  args[0].mutable_string()->push_back('a');
  EXPECT_NE(CheckArgs(*strings, args).message().find("too long"), std::string::npos);

  const auto bytes = PlanOf({TypeOf("list<u8>")});
  args[0].mutable_u8_list()->assign(base::kMaxListByteLength, 'a');
  EXPECT_TRUE(CheckArgs(*bytes, args).ok());
  args[0].mutable_u8_list()->push_back('a');
  EXPECT_NE(CheckArgs(*bytes, args).message().find("too long"), std::string::npos);
}

TEST(CheckArgs, ALongListOfLargeItemsIsTooLong) {
  // Items of 1 MiB each in linear memory, and nearly nothing on the wire.
  const auto plan = PlanOf({TypeOf("list<variant{a,b(list<u64,131071>)}>")});
  ValArgs args;
  for (int i = 0; i < 256; ++i) {
    args.Add();
    args.RemoveLast();
  }
  v1::ListVal* list = args.Add()->mutable_list();
  for (int i = 0; i < 255; ++i) list->add_items()->mutable_variant()->set_case_("a");
  EXPECT_TRUE(CheckArgs(*plan, args).ok());
  for (int i = 0; i < 2; ++i) list->add_items()->mutable_variant()->set_case_("a");
  EXPECT_NE(CheckArgs(*plan, args).message().find("too long"), std::string::npos);
}

TEST(CheckArgs, RecordFieldsAreEachThereOnce) {
  EXPECT_EQ(Check("record{a:u8,b:u8}", Record("a", "b")), "ok");
  EXPECT_EQ(Check("record{a:u8,b:u8}", Record("b", "a")), "ok");
  EXPECT_EQ(Check("record{a:u8,b:u8}", Record("a", "c")), "args[0]: unknown field \"c\"");
  EXPECT_EQ(Check("record{a:u8,b:u8}", Record("a", "a")), "args[0]: duplicate field \"a\"");
  EXPECT_EQ(Check("record{a:u8,b:u8}", Record("b", "b")), "args[0]: duplicate field \"b\"");
  EXPECT_EQ(Check("record{a:u8,b:u8,c:u8}", Record("a", "b")), "args[0]: missing field \"c\"");
  EXPECT_EQ(Check("record{a:u8,b:u8,c:u8}", Record("c", "a")), "args[0]: missing field \"b\"");
  EXPECT_EQ(Check("record{a:u8}", "record {}"), "args[0]: missing field \"a\"");
}

TEST(CheckArgs, FieldsOfALargeRecordAreFoundByName) {
  std::string type = "record{", value = "record { ";
  for (int i = 0; i < 50; ++i) {
    type += (i == 0 ? "f" : ",f") + std::to_string(i) + ":u8";
    value += "fields { name: \"f" + std::to_string(49 - i) + "\" value { u8: 1 } } ";
  }
  EXPECT_EQ(Check(type + "}", value + "}"), "ok");
  EXPECT_EQ(Check(type + "}", value + "fields { name: \"g\" } }"), "args[0]: unknown field \"g\"");
}

TEST(CheckArgs, NamesOfTheClientAreQuotedAndCut) {
  const std::string message = Check("enum{a}", "enum: \"\\n" + std::string(500, 'x') + "\"");
  EXPECT_NE(message.find("\\n"), std::string::npos);
  EXPECT_LT(message.size(), 200u);
}

TEST(CheckArgs, EnumCaseIsKnown) {
  EXPECT_EQ(Check("enum{a,b}", "enum: \"b\""), "ok");
  EXPECT_EQ(Check("enum{a,b}", "enum: \"c\""), "args[0]: unknown enum case \"c\"");
}

TEST(CheckArgs, FlagsLabelsAreKnownAndUnique) {
  EXPECT_EQ(Check("flags{a,b}", "flags { labels: [\"b\", \"a\"] }"), "ok");
  EXPECT_EQ(Check("flags{a,b}", "flags { labels: \"c\" }"), "args[0]: unknown flags label \"c\"");
  EXPECT_EQ(Check("flags{a,b}", "flags { labels: [\"a\", \"a\"] }"),
            "args[0]: duplicate flags label \"a\"");
}

TEST(CheckArgs, PayloadIsThereWhenTheCaseHasOne) {
  const std::string_view type = "variant{a,b(u8)}";
  EXPECT_EQ(Check(type, "variant { case: \"a\" }"), "ok");
  EXPECT_EQ(Check(type, "variant { case: \"b\" payload { u8: 1 } }"), "ok");
  EXPECT_EQ(Check(type, "variant { case: \"a\" payload { u8: 1 } }"),
            "args[0]: case \"a\" has no payload");
  EXPECT_EQ(Check(type, "variant { case: \"b\" }"), "args[0]: case \"b\" needs a payload");
  EXPECT_EQ(Check(type, "variant { case: \"c\" }"), "args[0]: unknown variant case \"c\"");
}

TEST(CheckArgs, ResultHasAnOutcomeWithItsPayload) {
  EXPECT_EQ(Check("result<u8,_>", "result { ok { value { u8: 1 } } }"), "ok");
  EXPECT_EQ(Check("result<u8,_>", "result { err {} }"), "ok");
  EXPECT_EQ(Check("result<u8,_>", "result {}"), "args[0]: want result, got neither ok nor err");
  EXPECT_EQ(Check("result<u8,_>", "result { ok {} }"), "args[0]: case \"ok\" needs a payload");
  EXPECT_EQ(Check("result<u8,_>", "result { err { value { u8: 1 } } }"),
            "args[0]: case \"err\" has no payload");
}

TEST(CheckArgs, ListsTakeTheirOwnPackedFormOrThePlainOne) {
  EXPECT_EQ(Check("list<u32>", "u32_list { values: 1 }"), "ok");
  EXPECT_EQ(Check("list<u32>", "list { items { u32: 1 } }"), "ok");
  EXPECT_EQ(Check("list<u32>", "list {}"), "ok");
  EXPECT_EQ(Check("list<u32>", "s32_list { values: 1 }"), "args[0]: want list<u32>, got list<s32>");
  EXPECT_EQ(Check("list<u32>", "list { items { s32: 1 } }"), "args[0][0]: want u32, got s32");
  EXPECT_EQ(Check("list<bool>", "u8_list: \"a\""), "args[0]: want list<bool>, got list<u8>");
  EXPECT_EQ(Check("list<char>", "u32_list { values: 1 }"),
            "args[0]: want list<char>, got list<u32>");
}

TEST(CheckArgs, FixedListsHaveTheirLength) {
  EXPECT_EQ(Check("list<u8,2>", "u8_list: \"ab\""), "ok");
  EXPECT_EQ(Check("list<u8,2>", "u8_list: \"abc\""), "args[0]: want 2 items, got 3");
  EXPECT_EQ(Check("list<u8,2>", "list { items { u8: 1 } }"), "args[0]: want 2 items, got 1");
}

TEST(CheckArgs, MapsAreMapsOnly) {
  EXPECT_EQ(Check("map<string,u8>", "map { entries { key { string: \"a\" } value { u8: 1 } } }"),
            "ok");
  EXPECT_EQ(Check("map<string,u8>", "list {}"), "args[0]: want map, got list");
  EXPECT_EQ(Check("list<tuple<string,u8>>", "map {}"), "args[0]: want list<tuple>, got map");
}

TEST(CheckArgs, TuplesHaveTheirLength) {
  EXPECT_EQ(Check("tuple<u8,u8>", "tuple { items { u8: 1 } }"),
            "args[0]: want a tuple of 2, got 1");
}

TEST(CheckArgs, ResourcesHaveNames) {
  EXPECT_EQ(Check("own<0>", "own: \"r/1\""), "ok");
  EXPECT_EQ(Check("borrow<0>", "borrow: \"r/1\""), "ok");
  EXPECT_EQ(Check("own<0>", "own: \"\""), "args[0]: the name of the resource is empty");
}

// Knows "r1" of type 0, which it lets go once.
class OneResource final : public ArgHandles {
 public:
  absl::Status CheckOwn(types::ResourceId type, std::string_view name) override {
    DAVIT_RETURN_IF_ERROR(CheckBorrow(type, name));
    given_away_ = true;
    return absl::OkStatus();
  }
  absl::Status CheckBorrow(types::ResourceId type, std::string_view name) override {
    const bool known = type.value == 0 && name == "r1" && !given_away_;
    return known ? absl::OkStatus() : absl::NotFoundError("no such resource");
  }

 private:
  bool given_away_ = false;
};

TEST(CheckArgs, AsksForEachResourceInTurn) {
  const auto plan = PlanOf({TypeOf("borrow<0>"), TypeOf("list<own<0>>")});
  OneResource good, twice, unknown;
  EXPECT_TRUE(
      CheckArgs(*plan, ArgsOf({"borrow: \"r1\"", "list { items { own: \"r1\" } }"}), &good).ok());
  EXPECT_EQ(
      CheckArgs(*plan,
                ArgsOf({"borrow: \"r1\"", "list { items { own: \"r1\" } items { own: \"r1\" } }"}),
                &twice)
          .message(),
      "args[1][1]: no such resource");
  EXPECT_EQ(CheckArgs(*plan, ArgsOf({"borrow: \"r2\"", "list {}"}), &unknown).message(),
            "args[0]: no such resource");
}

TEST(CheckArgs, AsyncTypesAreRefused) {
  const auto plan = PlanOf({types::Stream(nullptr)});
  EXPECT_EQ(CheckArgs(*plan, ArgsOf({"u32: 1"})).message(),
            "args[0]: values of type stream cannot be passed");
}

TEST(CheckResults, BeginsItsPathsWithResults) {
  const auto plan = PlanOf({}, TypeOf("list<u8>"));
  EXPECT_TRUE(CheckResults(*plan, ArgsOf({"u8_list: \"a\""})).ok());
  EXPECT_EQ(CheckResults(*plan, ArgsOf({"list { items { u16: 1 } }"})).message(),
            "results[0][0]: want u8, got u16");
  EXPECT_EQ(CheckResults(*plan, {}).message(), "results: want 1, got 0");
}

}  // namespace
}  // namespace davit::canon
