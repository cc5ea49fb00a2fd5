#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "runtime/base/limits.h"
#include "runtime/text/wave.h"

namespace davit::text {
namespace {

types::TypePtr P(types::Kind kind) { return types::Primitive(kind); }

const types::TypePtr kU8 = P(types::Kind::kU8);
const types::TypePtr kU32 = P(types::Kind::kU32);
const types::TypePtr kString = P(types::Kind::kString);

v1::Val Val(const std::string& text) {
  v1::Val val;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &val)) << text;
  return val;
}

std::string Printed(const v1::Val& val, const types::TypePtr& type) {
  const auto text = ToWave(val, *type);
  return text.ok() ? *text : "error: " + std::string(text.status().message());
}

std::string Printed(const std::string& val, const types::TypePtr& type) {
  return Printed(Val(val), type);
}

std::string PrintedFloat(double value) {
  v1::Val val;
  val.set_f64(value);
  return Printed(val, P(types::Kind::kF64));
}

// What `text` is printed as after it has been read, once typed and once untyped.
std::string RoundTrip(std::string_view text, const types::TypePtr& type) {
  const auto val = ParseWave(text, *type);
  if (!val.ok()) return "parse error: " + std::string(val.status().message());
  return Printed(*val, type);
}

TEST(ToWave, PrintsWhatParseWaveReads) {
  const types::TypePtr record =
      types::Record({{.name = "a", .type = kU8}, {.name = "b", .type = types::Option(kU8)}});
  const types::TypePtr variant =
      types::Variant({{.name = "empty", .type = nullptr}, {.name = "err", .type = kString}});
  struct Case {
    std::string text;
    types::TypePtr type;
  };
  const std::vector<Case> cases = {
      {"true", P(types::Kind::kBool)},
      {"-128", P(types::Kind::kS8)},
      {"65535", P(types::Kind::kU16)},
      {"-9223372036854775808", P(types::Kind::kS64)},
      {"18446744073709551615", P(types::Kind::kU64)},
      {"1.5", P(types::Kind::kF32)},
      {"nan", P(types::Kind::kF64)},
      {"-inf", P(types::Kind::kF64)},
      {"'\u2603'", P(types::Kind::kChar)},
      {"'\\''", P(types::Kind::kChar)},
      {"\"a\\tb\\\"\\\\ ' \u2603\"", kString},
      {"[1, 2, 3]", types::List(kU8)},
      {"[-1, 2]", types::List(P(types::Kind::kS16))},
      {"[0.1, inf]", types::List(P(types::Kind::kF32))},
      {"[]", types::List(kString)},
      {"[[1], []]", types::List(types::List(kU32))},
      {"[7, 8]", types::FixedList(kU32, 2)},
      {"(1, \"a\")", types::Tuple({kU8, kString})},
      {"{a: 1}", record},
      {"{a: 1, b: some(2)}", record},
      {"{:}", types::Record({{.name = "b", .type = types::Option(kU8)}})},
      {"empty", variant},
      {"%err(\"x\")", variant},
      {"%none", types::Enum({"none"})},
      {"run-2", types::Enum({"run-2"})},
      {"none", types::Option(kU8)},
      {"some(none)", types::Option(types::Option(kU8))},
      {"ok(1)", types::Result(kU8, nullptr)},
      {"err", types::Result(kU8, nullptr)},
      {"{read, exec}", types::Flags({"read", "write", "exec"})},
      {"{}", types::Flags({"read"})},
      {"[(\"k\", 1), (\"k\", 2)]", types::Map(kString, kU8)},
      {"\"tenants/t/instances/i/resources/h\"", types::Own(types::ResourceId(1))},
      {"\"tenants/t/instances/i/resources/h\"", types::Borrow(types::ResourceId(1))},
  };
  for (const Case& c : cases) EXPECT_EQ(RoundTrip(c.text, c.type), c.text);
}

TEST(ToWave, PrintsPlainListsOfNumbersAsPackedOnes) {
  EXPECT_EQ(Printed("list { items { u8: 1 } items { u8: 2 } }", types::List(kU8)), "[1, 2]");
}

TEST(ToWave, PrintsRecordFieldsInTypeOrder) {
  const types::TypePtr type =
      types::Record({{.name = "a", .type = kU8}, {.name = "b", .type = kU8}});
  EXPECT_EQ(Printed("record { fields { name: 'b' value { u8: 2 } } "
                    "fields { name: 'a' value { u8: 1 } } }",
                    type),
            "{a: 1, b: 2}");
}

TEST(ToWaveFloat, IsTheShortestTextThatReadsBack) {
  EXPECT_EQ(PrintedFloat(0), "0");
  EXPECT_EQ(PrintedFloat(-0.0), "-0");
  EXPECT_EQ(PrintedFloat(0.1), "0.1");
  EXPECT_EQ(PrintedFloat(100000), "100000");
  EXPECT_EQ(PrintedFloat(1e20), "100000000000000000000");
  EXPECT_EQ(PrintedFloat(1e21), "1e+21");
  EXPECT_EQ(PrintedFloat(-1.5e300), "-1.5e+300");
  EXPECT_EQ(PrintedFloat(1e-7), "0.0000001");
  EXPECT_EQ(PrintedFloat(1.5e-8), "1.5e-8");
  v1::Val single;
  single.set_f32(0.1f);
  EXPECT_EQ(Printed(single, P(types::Kind::kF32)), "0.1");
}

TEST(ToWaveFloat, ReadsBackExactly) {
  for (const double value :
       {std::numeric_limits<double>::min(), std::numeric_limits<double>::max(),
        std::numeric_limits<double>::denorm_min(), 1.0 / 3, 2e-7, 9.999999999999999e20,
        123456789012345680000.0, 5e-324, 1.2345678901234567e-7}) {
    EXPECT_EQ(ParseWave(PrintedFloat(value), *P(types::Kind::kF64))->f64(), value);
  }
}

TEST(ToWaveString, EscapesControlCharacters) {
  v1::Val val;
  val.set_string(std::string("\0\x1b\x7f\u0085\r\n\u2603", 10));
  EXPECT_EQ(Printed(val, kString), "\"\\u{0}\\u{1b}\\u{7f}\\u{85}\\r\\n\u2603\"");
}

TEST(ToWave, RejectsAnotherCase) {
  EXPECT_EQ(Printed("string: 'x'", kU32), "error: value: want u32, got string");
  EXPECT_EQ(Printed("", kU32), "error: value: want u32, got nothing");
  EXPECT_EQ(Printed("u8_list: 'x'", kU32), "error: value: want u32, got list<u8>");
  EXPECT_EQ(Printed("u8_list: 'x'", types::List(kU32)),
            "error: value: want a list of u32, got list<u8>");
  EXPECT_EQ(Printed("u8: 1", types::List(kU8)), "error: value: want list, got u8");
  EXPECT_EQ(Printed("u8: 1", types::Stream(kU8)), "error: value: stream values have no text");
  EXPECT_EQ(Printed("", types::Stream(kU8)), "error: value: stream values have no text");
}

TEST(ToWave, RejectsNumbersOutOfRange) {
  EXPECT_EQ(Printed("u8: 255", kU8), "255");
  EXPECT_EQ(Printed("u8: 256", kU8), "error: value: want u8, got 256");
  EXPECT_EQ(Printed("s8: -129", P(types::Kind::kS8)), "error: value: want s8, got -129");
  EXPECT_EQ(Printed("u16: 65536", P(types::Kind::kU16)), "error: value: want u16, got 65536");
  EXPECT_EQ(Printed("s16: 32768", P(types::Kind::kS16)), "error: value: want s16, got 32768");
  EXPECT_EQ(Printed("u16_list { values: 1 values: 65536 }", types::List(P(types::Kind::kU16))),
            "error: value[1]: want u16, got 65536");
  EXPECT_EQ(Printed("char: 0xd800", P(types::Kind::kChar)), "error: value: want char, got 0xd800");
  EXPECT_EQ(Printed("char: 0x110000", P(types::Kind::kChar)),
            "error: value: want char, got 0x110000");
}

TEST(ToWave, RejectsInvalidUtf8) {
  v1::Val val;
  val.set_string("\xff");
  EXPECT_EQ(Printed(val, kString), "error: value: invalid UTF-8");
  val.set_own("\xff");
  EXPECT_EQ(Printed(val, types::Own(types::ResourceId(1))), "error: value: invalid UTF-8");
}

TEST(ToWave, RejectsWrongNumbersOfParts) {
  EXPECT_EQ(Printed("tuple { items { u8: 1 } }", types::Tuple({kU8, kU8})),
            "error: value: want a tuple of 2, got one of 1");
  EXPECT_EQ(Printed("list { items { u8: 1 } }", types::FixedList(kU8, 2)),
            "error: value: want 2 items, got 1");
  EXPECT_EQ(Printed("u8_list: 'abc'", types::FixedList(kU8, 2)),
            "error: value: want 2 items, got 3");
  EXPECT_EQ(Printed("record { }", types::Record({{.name = "a", .type = kU8}})),
            "error: value: want a record of 1 fields, got one of 0");
}

TEST(ToWave, RejectsUnknownNames) {
  EXPECT_EQ(Printed("record { fields { name: 'b' value { u8: 1 } } }",
                    types::Record({{.name = "a", .type = kU8}})),
            "error: value: field 'a' is missing");
  EXPECT_EQ(Printed("variant { case: 'b' }", types::Variant({{.name = "a", .type = nullptr}})),
            "error: value: no such case");
  EXPECT_EQ(Printed("enum: 'b'", types::Enum({"a"})), "error: value: no such case");
  EXPECT_EQ(Printed("flags { labels: 'b' }", types::Flags({"a"})), "error: value: no such flag");
}

TEST(ToWave, RejectsMissingAndSuperfluousPayloads) {
  const types::TypePtr type =
      types::Variant({{.name = "a", .type = nullptr}, {.name = "b", .type = kU8}});
  EXPECT_EQ(Printed("variant { case: 'a' payload { u8: 1 } }", type),
            "error: value.a: want no payload");
  EXPECT_EQ(Printed("variant { case: 'b' }", type), "error: value.b: its payload is missing");
  EXPECT_EQ(Printed("variant { case: 'b' payload { u32: 1 } }", type),
            "error: value.b: want u8, got u32");
  EXPECT_EQ(Printed("result { }", types::Result(kU8, kU8)), "error: value: want ok or err");
  EXPECT_EQ(Printed("result { ok { } }", types::Result(kU8, kU8)),
            "error: value.ok: its payload is missing");
  EXPECT_EQ(Printed("result { err { value { u8: 1 } } }", types::Result(kU8, nullptr)),
            "error: value.err: want no payload");
  EXPECT_EQ(Printed("option { some { } }", types::Option(kU8)),
            "error: value.some: want u8, got nothing");
}

TEST(ToWave, RejectsTypesBeyondTheDepthLimit) {
  types::TypePtr type = kU8;
  while (type->depth() < base::kMaxTypeDepth) type = types::Option(type);
  EXPECT_EQ(Printed("option { }", type), "none");
  EXPECT_EQ(Printed("option { }", types::Option(type)),
            "error: value: its type is nested too deeply");
}

std::string Untyped(const std::string& val) { return ToWaveUntyped(Val(val)); }

TEST(ToWaveUntyped, PrintsEveryCase) {
  EXPECT_EQ(Untyped("bool: true"), "true");
  EXPECT_EQ(Untyped("s8: -1"), "-1");
  EXPECT_EQ(Untyped("u64: 18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(Untyped("f32: 0.5"), "0.5");
  EXPECT_EQ(Untyped("char: 120"), "'x'");
  EXPECT_EQ(Untyped("string: 'x'"), "\"x\"");
  EXPECT_EQ(Untyped("u8_list: 'ab'"), "[97, 98]");
  EXPECT_EQ(Untyped("f64_list { values: 1 values: nan }"), "[1, nan]");
  EXPECT_EQ(Untyped("list { items { u8: 1 } items { string: 'x' } }"), "[1, \"x\"]");
  EXPECT_EQ(Untyped("tuple { items { u8: 1 } }"), "(1)");
  EXPECT_EQ(Untyped("record { fields { name: 'a' value { u8: 1 } } }"), "{a: 1}");
  EXPECT_EQ(Untyped("record { }"), "{:}");
  EXPECT_EQ(Untyped("variant { case: 'ok' payload { u8: 1 } }"), "%ok(1)");
  EXPECT_EQ(Untyped("enum: 'red'"), "red");
  EXPECT_EQ(Untyped("option { }"), "none");
  EXPECT_EQ(Untyped("option { some { u8: 1 } }"), "some(1)");
  EXPECT_EQ(Untyped("result { ok { } }"), "ok");
  EXPECT_EQ(Untyped("result { err { value { u8: 1 } } }"), "err(1)");
  EXPECT_EQ(Untyped("flags { labels: 'a' labels: 'b' }"), "{a, b}");
  EXPECT_EQ(Untyped("map { entries { key { u8: 1 } value { u8: 2 } } }"), "[(1, 2)]");
  EXPECT_EQ(Untyped("own: 'r'"), "\"r\"");
  EXPECT_EQ(Untyped("borrow: 'r'"), "\"r\"");
}

TEST(ToWaveUntyped, ShowsWhatIsNoValue) {
  EXPECT_EQ(Untyped(""), "?");
  EXPECT_EQ(Untyped("result { }"), "?");
  EXPECT_EQ(Untyped("option { some { } }"), "some(?)");
  EXPECT_EQ(Untyped("char: 0xd800"), "'\ufffd'");
  v1::Val val;
  val.set_string("a\xff\xed\xa0\x80\xe2\x82");
  EXPECT_EQ(ToWaveUntyped(val), "\"a\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\"");
}

TEST(ToWaveUntyped, QuotesNamesThatAreNoLabels) {
  EXPECT_EQ(Untyped("enum: 'red, 1'"), "\"red, 1\"");
  EXPECT_EQ(Untyped("flags { labels: '' }"), "{\"\"}");
}

TEST(ToWaveUntyped, StopsAtTheDepthLimit) {
  v1::Val val;
  v1::Val* innermost = &val;
  for (int i = 0; i < 100'000; ++i) innermost = innermost->mutable_option()->mutable_some();
  EXPECT_TRUE(ToWaveUntyped(val).starts_with("some(some("));
  EXPECT_EQ(ToWaveUntyped(val).size(), 6 * base::kMaxTypeDepth + 1);
  // Unlinked piece by piece, for protobuf destroys messages recursively.
  while (val.has_option()) {
    v1::Val inner;
    if (val.option().has_some()) inner.Swap(val.mutable_option()->mutable_some());
    val.Swap(&inner);
    inner.Clear();
  }
}

}  // namespace
}  // namespace davit::text
