#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/text/wave.h"

namespace davit::text {
namespace {

types::TypePtr P(types::Kind kind) { return types::Primitive(kind); }

const types::TypePtr kU8 = P(types::Kind::kU8);
const types::TypePtr kU32 = P(types::Kind::kU32);
const types::TypePtr kString = P(types::Kind::kString);

// The parsed value as protobuf text, or the error's message.
std::string Parsed(std::string_view text, const types::TypePtr& type) {
  const auto val = ParseWave(text, *type);
  return val.ok() ? val->ShortDebugString() : std::string(val.status().message());
}

void ExpectError(std::string_view text, const types::TypePtr& type, std::string_view message) {
  const auto val = ParseWave(text, *type);
  ASSERT_FALSE(val.ok()) << text << " -> " << val->ShortDebugString();
  EXPECT_EQ(val.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(val.status().message(), message) << text;
}

// Where the wording does not matter.
void ExpectRejected(std::string_view text, const types::TypePtr& type) {
  EXPECT_FALSE(ParseWave(text, *type).ok()) << text;
}

std::string ParsedString(std::string_view text) {
  const auto val = ParseWave(text, *kString);
  return val.ok() ? val->string() : std::string(val.status().message());
}

TEST(ParseWaveBool, TakesTheTwoKeywords) {
  EXPECT_EQ(Parsed("true", P(types::Kind::kBool)), "bool: true");
  EXPECT_EQ(Parsed("false", P(types::Kind::kBool)), "bool: false");
  ExpectError("yes", P(types::Kind::kBool), "value: want bool, got 'yes' (column 1)");
  ExpectError("1", P(types::Kind::kBool), "value: want bool, got '1' (column 1)");
  ExpectError("%true", P(types::Kind::kBool), "value: want bool, got '%true' (column 1)");
}

TEST(ParseWaveInteger, TakesTheExtremesOfEveryKind) {
  EXPECT_EQ(Parsed("-128", P(types::Kind::kS8)), "s8: -128");
  EXPECT_EQ(Parsed("127", P(types::Kind::kS8)), "s8: 127");
  EXPECT_EQ(Parsed("255", kU8), "u8: 255");
  EXPECT_EQ(Parsed("-32768", P(types::Kind::kS16)), "s16: -32768");
  EXPECT_EQ(Parsed("65535", P(types::Kind::kU16)), "u16: 65535");
  EXPECT_EQ(Parsed("-2147483648", P(types::Kind::kS32)), "s32: -2147483648");
  EXPECT_EQ(Parsed("4294967295", kU32), "u32: 4294967295");
  EXPECT_EQ(Parsed("-9223372036854775808", P(types::Kind::kS64)), "s64: -9223372036854775808");
  EXPECT_EQ(Parsed("18446744073709551615", P(types::Kind::kU64)), "u64: 18446744073709551615");
}

TEST(ParseWaveInteger, RejectsOneBeyondTheExtremes) {
  ExpectError("-129", P(types::Kind::kS8), "value: want s8 in its range, got '-129' (column 1)");
  ExpectRejected("128", P(types::Kind::kS8));
  ExpectRejected("256", kU8);
  ExpectRejected("-32769", P(types::Kind::kS16));
  ExpectRejected("65536", P(types::Kind::kU16));
  ExpectRejected("4294967296", kU32);
  ExpectRejected("9223372036854775808", P(types::Kind::kS64));
  ExpectRejected("18446744073709551616", P(types::Kind::kU64));
}

TEST(ParseWaveInteger, RejectsWhatIsNoInteger) {
  ExpectError("-1", kU8, "value: want u8, got '-1' (column 1)");
  ExpectError("1.0", kU8, "value: want u8, got '1.0' (column 1)");
  ExpectError("1e2", kU8, "value: want u8, got '1e2' (column 1)");
  ExpectError("007", kU8, "value: want u8, got a malformed number (column 1)");
  ExpectError("0x10", kU8, "value: want u8, got a malformed number (column 1)");
  ExpectError("+1", kU8, "value: want u8, got an unexpected character (column 1)");
  ExpectError("", kU8, "value: want u8, got the end (column 1)");
  ExpectError("\"1\"", kU8, "value: want u8, got a string (column 1)");
}

TEST(ParseWaveFloat, TakesJsonNumbersAndKeywords) {
  const auto parse = [](std::string_view text) {
    return ParseWave(text, *P(types::Kind::kF64))->f64();
  };
  EXPECT_EQ(parse("0"), 0.0);
  EXPECT_EQ(parse("-3.25e+2"), -325.0);
  EXPECT_EQ(parse("0.000e100"), 0.0);
  EXPECT_TRUE(std::signbit(parse("-0.0e-0")));
  EXPECT_EQ(parse("inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(parse("nan")));
}

TEST(ParseWaveFloat, RoundsToTheNearestOrInfinityOrZero) {
  const auto parse = [](std::string_view text) {
    return ParseWave(text, *P(types::Kind::kF32))->f32();
  };
  EXPECT_EQ(parse("3.4028234664123e38"), std::numeric_limits<float>::max());
  EXPECT_EQ(parse("3.4028234664e39"), std::numeric_limits<float>::infinity());
  EXPECT_EQ(parse("-1e99"), -std::numeric_limits<float>::infinity());
  EXPECT_EQ(parse("1.4012984643e-45"), std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(parse("1.4012984643e-46"), 0.0f);
  EXPECT_EQ(parse("0.1"), 0.1f);
}

TEST(ParseWaveFloat, RejectsOtherSpellings) {
  for (const std::string_view text : {"-nan", "NaN", "infinity", "-infinity", "INF", "Inf", ".5",
                                      "1.", "1e", "1e+", "--1", "1_000"}) {
    ExpectRejected(text, P(types::Kind::kF32));
    ExpectRejected(text, P(types::Kind::kF64));
  }
}

TEST(ParseWaveChar, TakesOneCharacterOrEscape) {
  const auto parse = [](std::string_view text) {
    return ParseWave(text, *P(types::Kind::kChar))->char_();
  };
  EXPECT_EQ(parse("'x'"), uint32_t{'x'});
  EXPECT_EQ(parse("'\"'"), uint32_t{'"'});
  EXPECT_EQ(parse("'\u2603'"), 0x2603u);
  EXPECT_EQ(parse("'\U0001f30a'"), 0x1f30au);
  EXPECT_EQ(parse("'\\''"), uint32_t{'\''});
  EXPECT_EQ(parse("'\\\\'"), uint32_t{'\\'});
  EXPECT_EQ(parse("'\\n'"), uint32_t{'\n'});
  EXPECT_EQ(parse("'\\u{0}'"), 0u);
  EXPECT_EQ(parse("'\\u{10fFff}'"), 0x10ffffu);
}

TEST(ParseWaveChar, RejectsNoneTwoAndSurrogates) {
  const types::TypePtr type = P(types::Kind::kChar);
  ExpectError("''", type, "value: an empty char (column 2)");
  ExpectError("'xy'", type, "value: a char holds one character only (column 3)");
  ExpectError("'\\u{d800}'", type, "value: not a Unicode scalar value (column 2)");
  ExpectError("'\\u{110000}'", type, "value: not a Unicode scalar value (column 2)");
  ExpectError("'x", type, "value: want char, got an unclosed char (column 1)");
  ExpectRejected("'\\u{}'", type);
  ExpectRejected("'\\u{0000000}'", type);
  ExpectRejected("'\\u{-1}'", type);
  ExpectRejected("'\\u{1'", type);
  ExpectRejected("'\\x'", type);
  ExpectRejected("x", type);
}

TEST(ParseWaveString, ReplacesEscapes) {
  EXPECT_EQ(ParsedString(R"("")"), "");
  EXPECT_EQ(ParsedString(R"("a\tb\n\r\"\'\\")"), "a\tb\n\r\"'\\");
  EXPECT_EQ(ParsedString(R"("☃\u{2603}\u{002603}\u{1f30A}")"), "☃☃☃\U0001f30a");
  EXPECT_EQ(ParsedString("\"// no comment\""), "// no comment");
}

TEST(ParseWaveString, RejectsBadEscapesWhereTheyAre) {
  ExpectError(R"("ab\j")", kString,
              "value: unknown escape; want one of \\' \\\" \\\\ \\t \\n \\r \\u{...} (column 4)");
  ExpectError(R"("☃\u{d800}")", kString, "value: not a Unicode scalar value (column 3)");
  ExpectError(R"("\u{110000}")", kString, "value: not a Unicode scalar value (column 2)");
  ExpectRejected(R"("\u{ffffffff}")", kString);
  ExpectRejected(R"("\u{+1}")", kString);
}

TEST(ParseWaveString, RejectsLineBreaksAndAMissingQuote) {
  ExpectError("\"a\nb\"", kString, "value: want string, got an unclosed string (column 1)");
  ExpectRejected("\"\\\"", kString);
  ExpectRejected("\"\"\"", kString);
}

TEST(ParseWaveMultilineString, DropsTheFirstAndLastLineBreakAndTheIndent) {
  EXPECT_EQ(ParsedString("\"\"\"\n\"\"\""), "");
  EXPECT_EQ(ParsedString("\"\"\"\nA single line\n\"\"\""), "A single line");
  EXPECT_EQ(ParsedString("\"\"\"\n    four\n  two\n  \"\"\""), "  four\ntwo");
  EXPECT_EQ(ParsedString("\"\"\"\n\nblank\n\n\"\"\""), "\nblank\n");
  EXPECT_EQ(ParsedString("\"\"\"\r\na\r\nb\\r\r\n\"\"\""), "a\nb\r");
  EXPECT_EQ(ParsedString("\"\"\"\n\"\"\\\"\" \\u{2603}\n\"\"\""), "\"\"\"\" ☃");
}

TEST(ParseWaveMultilineString, RejectsWhatIsNotInItsLines) {
  ExpectError("\"\"\"x\n\"\"\"", kString,
              "value: a line break must follow the opening \"\"\" (column 4)");
  ExpectError("\"\"\"\nx\"\"\"", kString,
              "value: only spaces may precede the closing \"\"\" in its line (line 2, column 2)");
  ExpectError("\"\"\"\n x\n  \"\"\"", kString,
              "value: a line must be indented at least as the closing \"\"\" (line 2, column 1)");
  ExpectError("\"\"\"\n\n  a\\j\n\"\"\"", kString,
              "value: unknown escape; want one of \\' \\\" \\\\ \\t \\n \\r \\u{...} "
              "(line 3, column 4)");
  for (const std::string_view text :
       {"\"\"\"\"\"\"", "\"\"\" \"\"\"", "\"\"\"\"\n\"\"\"", "\"\"\"\n\"\"", "\"\"\"\n\"\"\"\"",
        "\"\"\"\n  Between \"\"\" words\n  \"\"\"", "\"\"\"\n\\u{d800}\n\"\"\""}) {
    ExpectRejected(text, kString);
  }
}

TEST(ParseWaveList, PacksFixedWidthNumbers) {
  EXPECT_EQ(Parsed("[1, 2, 255]", types::List(kU8)), "u8_list: \"\\001\\002\\377\"");
  EXPECT_EQ(Parsed("[-1]", types::List(P(types::Kind::kS8))), "s8_list { values: -1 }");
  EXPECT_EQ(Parsed("[1]", types::List(P(types::Kind::kU16))), "u16_list { values: 1 }");
  EXPECT_EQ(Parsed("[1]", types::List(P(types::Kind::kS16))), "s16_list { values: 1 }");
  EXPECT_EQ(Parsed("[1, 2]", types::List(kU32)), "u32_list { values: 1 values: 2 }");
  EXPECT_EQ(Parsed("[1]", types::List(P(types::Kind::kS32))), "s32_list { values: 1 }");
  EXPECT_EQ(Parsed("[1]", types::List(P(types::Kind::kU64))), "u64_list { values: 1 }");
  EXPECT_EQ(Parsed("[1]", types::List(P(types::Kind::kS64))), "s64_list { values: 1 }");
  EXPECT_EQ(Parsed("[1.5]", types::List(P(types::Kind::kF32))), "f32_list { values: 1.5 }");
  EXPECT_EQ(Parsed("[1.5]", types::List(P(types::Kind::kF64))), "f64_list { values: 1.5 }");
}

TEST(ParseWaveList, IsEmptyOrPlainOtherwise) {
  EXPECT_EQ(Parsed("[]", types::List(kU8)), "u8_list: \"\"");
  EXPECT_EQ(Parsed("[]", types::List(kU32)), "u32_list { }");
  EXPECT_EQ(Parsed("[]", types::List(kString)), "list { }");
  EXPECT_EQ(Parsed("[true, false,]", types::List(P(types::Kind::kBool))),
            "list { items { bool: true } items { bool: false } }");
}

TEST(ParseWaveList, NamesTheItemInErrors) {
  ExpectError("[[1], [2, x]]", types::List(types::List(kU8)),
              "value[1][1]: want u8, got 'x' (column 11)");
  ExpectError("[1 2]", types::List(kU8), "value: want ',' or ']', got '2' (column 4)");
  ExpectError("[1, , 2]", types::List(kU8), "value[1]: want u8, got ',' (column 5)");
  ExpectError("[1", types::List(kU8), "value: want ',' or ']', got the end (column 3)");
  ExpectError("(1)", types::List(kU8), "value: want list, got '(' (column 1)");
}

TEST(ParseWaveFixedList, HasExactlyItsLength) {
  const types::TypePtr type = types::FixedList(kU32, 2);
  EXPECT_EQ(Parsed("[1, 2]", type), "u32_list { values: 1 values: 2 }");
  ExpectError("[1]", type, "value: want 2 items, got 1 (column 1)");
  ExpectError("[1, 2, 3]", type, "value: want 2 items, got 3 (column 1)");
}

TEST(ParseWaveTuple, HasExactlyItsMembers) {
  const types::TypePtr type = types::Tuple({kU8, kString});
  EXPECT_EQ(Parsed("(1, \"a\")", type), "tuple { items { u8: 1 } items { string: \"a\" } }");
  EXPECT_EQ(Parsed("(1, \"a\",)", type), "tuple { items { u8: 1 } items { string: \"a\" } }");
  ExpectError("(1)", type, "value.1: want ',', got ')' (column 3)");
  ExpectError("(1, \"a\", 2)", type, "value: want ')', got '2' (column 10)");
  ExpectError("(1, 2)", type, "value.1: want string, got '2' (column 5)");
}

TEST(ParseWaveRecord, PutsFieldsInTypeOrder) {
  const types::TypePtr type =
      types::Record({{.name = "a", .type = kU8}, {.name = "b-c", .type = kU8}});
  EXPECT_EQ(Parsed("{%b-c: 2, a: 1,}", type),
            "record { fields { name: \"a\" value { u8: 1 } } "
            "fields { name: \"b-c\" value { u8: 2 } } }");
}

TEST(ParseWaveRecord, FillsInOptionsThatAreLeftOut) {
  const types::TypePtr type =
      types::Record({{.name = "a", .type = kU8}, {.name = "b", .type = types::Option(kU8)}});
  EXPECT_EQ(Parsed("{a: 1}", type), Parsed("{b: none, a: 1}", type));
  const types::TypePtr all = types::Record({{.name = "b", .type = types::Option(kU8)}});
  EXPECT_EQ(Parsed("{:}", all), "record { fields { name: \"b\" value { option { } } } }");
  EXPECT_EQ(Parsed("{ : }", all), Parsed("{b: none}", all));
  ExpectError("{}", all, "value: want a field, or ':' in a record without any, got '}' (column 2)");
}

TEST(ParseWaveRecord, RejectsMissingUnknownAndRepeatedFields) {
  const types::TypePtr type =
      types::Record({{.name = "a", .type = kU8}, {.name = "b", .type = kU8}});
  ExpectError("{a: 1}", type, "value: field 'b' is missing (column 2)");
  ExpectError("{a: 1, c: 2}", type, "value: no field 'c' (column 8)");
  ExpectError("{a: 1, a: 2}", type, "value: field 'a' is there twice (column 8)");
  ExpectError("{a 1}", type, "value: want ':', got '1' (column 4)");
  ExpectError("{a: x}", type, "value.a: want u8, got 'x' (column 5)");
  ExpectError("{1: 1}", type, "value: want a field, got '1' (column 2)");
}

TEST(ParseWaveVariant, TakesCasesWithAndWithoutPayload) {
  const types::TypePtr type = types::Variant({{.name = "empty", .type = nullptr},
                                              {.name = "body", .type = types::List(kU8)},
                                              {.name = "err", .type = kString}});
  EXPECT_EQ(Parsed("empty", type), "variant { case: \"empty\" }");
  EXPECT_EQ(Parsed("body([1])", type), "variant { case: \"body\" payload { u8_list: \"\\001\" } }");
  EXPECT_EQ(Parsed("%err ( \"x\" )", type), "variant { case: \"err\" payload { string: \"x\" } }");
  ExpectError("err(\"x\")", type, "value: a case of this name is written %err (column 1)");
  ExpectError("full", type, "value: no case 'full' (column 1)");
  ExpectError("body", type, "value.body: want '(', got the end (column 5)");
  ExpectError("body([x])", type, "value.body[0]: want u8, got 'x' (column 7)");
  ExpectError("empty(1)", type, "value: want the end, got '(' (column 6)");
  ExpectError("1", type, "value: want a case, got '1' (column 1)");
}

TEST(ParseWaveEnum, TakesItsCases) {
  const types::TypePtr type = types::Enum({"ok", "not-found", "HTTP3", "run-2"});
  EXPECT_EQ(Parsed("not-found", type), "enum: \"not-found\"");
  EXPECT_EQ(Parsed("%ok", type), "enum: \"ok\"");
  EXPECT_EQ(Parsed("HTTP3", type), "enum: \"HTTP3\"");
  EXPECT_EQ(Parsed("run-2", type), "enum: \"run-2\"");
  ExpectError("ok", type, "value: a case of this name is written %ok (column 1)");
  ExpectError("nope", type, "value: no case 'nope' (column 1)");
  ExpectError("not--found", type, "value: want a case, got a malformed label (column 1)");
}

TEST(ParseWaveOption, TakesFlatAndExplicitForms) {
  const types::TypePtr type = types::Option(kU8);
  EXPECT_EQ(Parsed("1", type), "option { some { u8: 1 } }");
  EXPECT_EQ(Parsed("some(1)", type), "option { some { u8: 1 } }");
  EXPECT_EQ(Parsed("none", type), "option { }");
  ExpectError("some", type, "value.some: want '(', got the end (column 5)");
}

TEST(ParseWaveOption, IsNotFlatAroundOptionsAndResults) {
  EXPECT_EQ(Parsed("some(none)", types::Option(types::Option(kU8))),
            "option { some { option { } } }");
  EXPECT_EQ(Parsed("some(1)", types::Option(types::Option(kU8))),
            "option { some { option { some { u8: 1 } } } }");
  ExpectError("1", types::Option(types::Option(kU8)),
              "value: want some(...) or none, got '1' (column 1)");
  ExpectError("ok(1)", types::Option(types::Result(kU8, kU8)),
              "value: want some(...) or none, got 'ok' (column 1)");
}

TEST(ParseWaveOption, TellsItsKeywordsFromCases) {
  const types::TypePtr type = types::Option(types::Enum({"none", "some"}));
  EXPECT_EQ(Parsed("none", type), "option { }");
  EXPECT_EQ(Parsed("%none", type), "option { some { enum: \"none\" } }");
  EXPECT_EQ(Parsed("some(%some)", type), "option { some { enum: \"some\" } }");
}

TEST(ParseWaveResult, TakesFlatAndExplicitForms) {
  const types::TypePtr type = types::Result(kU8, kString);
  EXPECT_EQ(Parsed("1", type), "result { ok { value { u8: 1 } } }");
  EXPECT_EQ(Parsed("ok(1)", type), "result { ok { value { u8: 1 } } }");
  EXPECT_EQ(Parsed("err(\"x\")", type), "result { err { value { string: \"x\" } } }");
  ExpectError("ok", type, "value.ok: want '(', got the end (column 3)");
}

TEST(ParseWaveResult, HasNoPayloadWhereTheTypeHasNone) {
  EXPECT_EQ(Parsed("ok", types::Result(nullptr, nullptr)), "result { ok { } }");
  EXPECT_EQ(Parsed("err", types::Result(nullptr, nullptr)), "result { err { } }");
  ExpectError("1", types::Result(nullptr, kU8), "value: want ok or err, got '1' (column 1)");
  ExpectError("ok(1)", types::Result(nullptr, kU8), "value: want the end, got '(' (column 3)");
  ExpectError("1", types::Result(types::Option(kU8), kU8),
              "value: want ok or err, got '1' (column 1)");
}

TEST(ParseWaveFlags, TakesLabelsInAnyOrder) {
  const types::TypePtr type = types::Flags({"read", "write", "exec"});
  EXPECT_EQ(Parsed("{}", type), "flags { }");
  EXPECT_EQ(Parsed("{write, %read,}", type), "flags { labels: \"write\" labels: \"read\" }");
  ExpectError("{walk}", type, "value: no flag 'walk' (column 2)");
  ExpectError("{read, read}", type, "value: flag 'read' is there twice (column 8)");
  ExpectError("{read: true}", type, "value: want ',' or '}', got ':' (column 6)");
  ExpectError("{1}", type, "value: want a flag, got '1' (column 2)");
}

TEST(ParseWaveMap, TakesTuplesOrBraces) {
  const types::TypePtr type = types::Map(kString, kU8);
  EXPECT_EQ(Parsed("[(\"a\", 1)]", type),
            "map { entries { key { string: \"a\" } value { u8: 1 } } }");
  EXPECT_EQ(Parsed("{\"a\": 1, \"a\": 2,}", type), Parsed("[(\"a\", 1), (\"a\", 2,)]", type));
  EXPECT_EQ(Parsed("{:}", type), "map { }");
  EXPECT_EQ(Parsed("{}", type), "map { }");
  EXPECT_EQ(Parsed("[]", type), "map { }");
  ExpectError("{\"a\": 1, \"b\": x}", type, "value[1]: want u8, got 'x' (column 15)");
  ExpectError("[\"a\"]", type, "value: want a (key, value) tuple, got a string (column 2)");
}

TEST(ParseWaveHandles, AreResourceNames) {
  EXPECT_EQ(Parsed("\"tenants/t/instances/i/resources/1\"", types::Own(types::ResourceId(1))),
            "own: \"tenants/t/instances/i/resources/1\"");
  EXPECT_EQ(Parsed("\"r\"", types::Borrow(types::ResourceId(1))), "borrow: \"r\"");
  ExpectError("1", types::Own(types::ResourceId(1)),
              "value: want the name of a resource, got '1' (column 1)");
}

TEST(ParseWave, HasNoTextForAsyncValues) {
  ExpectError("1", types::Stream(kU8), "value: stream values have no text (column 1)");
  ExpectError("1", types::Future(nullptr), "value: future values have no text (column 1)");
  ExpectError("1", P(types::Kind::kErrorContext),
              "value: error-context values have no text (column 1)");
}

TEST(ParseWave, SkipsBlanksAndComments) {
  EXPECT_EQ(Parsed(" // first\r\n\t[ 1 // one\n, 2 ] // last", List(kU32)),
            "u32_list { values: 1 values: 2 }");
  ExpectError("1 // a\n 2", kU8, "value: want the end, got '2' (line 2, column 2)");
  ExpectError("/ 1", kU8, "value: want u8, got an unexpected character (column 1)");
}

TEST(ParseWave, CountsColumnsInCharacters) {
  ExpectError("(\"\u2603\", x)", types::Tuple({kString, kU8}),
              "value.1: want u8, got 'x' (column 7)");
}

TEST(ParseWave, CutsLongTokensInErrors) {
  ExpectError(std::string(1000, '1'), kU8,
              "value: want u8 in its range, got '" + std::string(40, '1') + "...' (column 1)");
}

TEST(ParseWave, RejectsInvalidUtf8) {
  ExpectError("\"\xff\"", kString, "value: invalid UTF-8 at byte 1");
}

TEST(ParseWave, CarriesThePathAsPayload) {
  const auto val = ParseWave("[x]", *types::List(kU8));
  EXPECT_EQ(base::ArgumentPathOf(val.status()), "value[0]");
}

types::TypePtr Nested(uint32_t depth) {
  types::TypePtr type = kU8;
  while (type->depth() < depth) type = types::Option(type);
  return type;
}

TEST(ParseWave, AcceptsTypesUpToTheDepthLimit) {
  constexpr uint32_t kOptions = base::kMaxTypeDepth - 2;
  std::string text;
  for (uint32_t i = 0; i < kOptions; ++i) text += "some(";
  text += "none" + std::string(kOptions, ')');
  EXPECT_TRUE(ParseWave(text, *Nested(base::kMaxTypeDepth)).ok());
  ExpectError(text, Nested(base::kMaxTypeDepth + 1), "value: its type is nested too deeply");
}

std::string ParsedArgs(std::string_view text, const std::vector<types::Param>& params,
                       size_t first_column = 1) {
  const auto args = ParseWaveArgs(text, params, first_column);
  if (!args.ok()) return std::string(args.status().message());
  std::string joined;
  for (const v1::Val& arg : *args) joined += "[" + arg.ShortDebugString() + "]";
  return joined;
}

TEST(ParseWaveArgs, TakesOneValueForEachParameter) {
  const std::vector<types::Param> params = {{.name = "a", .type = kU8},
                                            {.name = "b", .type = kString}};
  EXPECT_EQ(ParsedArgs("1, \"x\"", params), "[u8: 1][string: \"x\"]");
  EXPECT_EQ(ParsedArgs("1, \"x\",", params), "[u8: 1][string: \"x\"]");
  EXPECT_EQ(ParsedArgs("", {}), "");
}

TEST(ParseWaveArgs, NamesTheArgumentInErrors) {
  const std::vector<types::Param> params = {{.name = "a", .type = kU8},
                                            {.name = "b", .type = types::List(kU8)}};
  EXPECT_EQ(ParsedArgs("1, [2, x]", params), "args[1][1]: want u8, got 'x' (column 8)");
  EXPECT_EQ(ParsedArgs("1, [2, x]", params, /*first_column=*/11),
            "args[1][1]: want u8, got 'x' (column 18)");
  EXPECT_EQ(ParsedArgs("1", params), "args[1]: parameter 'b' is missing (column 2)");
  EXPECT_EQ(ParsedArgs("1, [], 3", params), "args[2]: there are only 2 parameters (column 8)");
  EXPECT_EQ(ParsedArgs("1 []", params), "args[0]: want ',' or the end, got '[' (column 3)");
}

TEST(ParseWaveArgs, FillsInOptionsLeftOutAtTheEnd) {
  const std::vector<types::Param> params = {{.name = "a", .type = types::Option(kU8)},
                                            {.name = "b", .type = types::Option(kU8)}};
  EXPECT_EQ(ParsedArgs("some(1)", params), "[option { some { u8: 1 } }][option { }]");
  EXPECT_EQ(ParsedArgs("", params), "[option { }][option { }]");
}

}  // namespace
}  // namespace davit::text
