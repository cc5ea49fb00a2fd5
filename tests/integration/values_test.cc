// Every value type of WIT goes in as a parameter and comes out as a result, through real guests.

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/call.h"
#include "client/cli/call_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/text/wave.h"
#include "runtime/types/world.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"
#include "tests/integration/random_val.h"

namespace davit::integration {
namespace {

using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;

// -- Given values: those where mistakes are made --

struct Echo {
  std::string name;
  std::string function;
  std::string value;  // in WAVE, as it is printed
};
void PrintTo(const Echo& echo, std::ostream* out) {
  *out << echo.function << "(" << echo.value << ")";
}

class EchoTest : public DavitdTest, public testing::WithParamInterface<Echo> {};

TEST_P(EchoTest, ReturnsItsArgument) {
  const Echo& echo = GetParam();
  EXPECT_THAT(
      Call(Component("values"), absl::StrCat("test:values/", echo.function, "(", echo.value, ")")),
      IsOkAndHolds(echo.value));
}

std::string NameOf(const testing::TestParamInfo<Echo>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Primitives, EchoTest,
    testing::Values(
        Echo{"False", "primitives#echo-bool", "false"},
        Echo{"True", "primitives#echo-bool", "true"}, Echo{"MaxU8", "primitives#echo-u8", "255"},
        Echo{"MinS8", "primitives#echo-s8", "-128"}, Echo{"MaxS8", "primitives#echo-s8", "127"},
        Echo{"MaxU16", "primitives#echo-u16", "65535"},
        Echo{"MinS16", "primitives#echo-s16", "-32768"},
        Echo{"MaxU32", "primitives#echo-u32", "4294967295"},
        Echo{"MinS32", "primitives#echo-s32", "-2147483648"},
        Echo{"MaxU64", "primitives#echo-u64", "18446744073709551615"},
        Echo{"MinS64", "primitives#echo-s64", "-9223372036854775808"},
        Echo{"F32", "primitives#echo-f32", "1.5"},
        Echo{"InfiniteF32", "primitives#echo-f32", "-inf"},
        Echo{"NanF32", "primitives#echo-f32", "nan"}, Echo{"F64", "primitives#echo-f64", "-0.1"},
        Echo{"NanF64", "primitives#echo-f64", "nan"}, Echo{"Char", "primitives#echo-char", "'x'"},
        Echo{"CharBeyondTheFirstPlane", "primitives#echo-char", "'\U0001f6a2'"},
        Echo{"EmptyString", "primitives#echo-string", R"("")"},
        Echo{"StringOfAllLengthsOfUtf8", "primitives#echo-string", "\"a\u00e9\u20ac\U0001f6a2\""}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Shapes, EchoTest,
    testing::Values(
        Echo{"FirstCaseOfEnum", "shapes#echo-enum", "clubs"},
        Echo{"LastCaseOfEnum", "shapes#echo-enum", "spades"},
        Echo{"NoFlags", "shapes#echo-flags", "{}"},
        Echo{"AllFlags", "shapes#echo-flags", "{read, write, execute}"},
        Echo{
            "Record", "shapes#echo-record",
            R"({name: "Ada", age: 36, email: some("a@b"), tags: ["x", ""], suit: hearts, access: {write}})"},
        Echo{"RecordWithoutItsOption", "shapes#echo-record",
             R"({name: "", age: 0, tags: [], suit: clubs, access: {}})"},
        Echo{"RecordThatNeedsPadding", "shapes#echo-padded",
             "{a: 255, b: 18446744073709551615, c: true, d: 0.5, e: -32768, f: 1.25, g: '\u20ac', "
             "h: -128, i: 65535, j: -9223372036854775808, k: 4294967295, l: -2147483648}"},
        Echo{"VariantWithoutPayload", "shapes#echo-variant", "nothing"},
        Echo{"VariantOfFloat", "shapes#echo-variant", "circle(2.5)"},
        Echo{"VariantOfTuple", "shapes#echo-variant", "rectangle(({x: 1, y: -1}, {x: 0, y: 9}))"},
        Echo{"VariantOfList", "shapes#echo-variant", "polygon([{x: 1, y: 2}, {x: 3, y: 4}])"},
        Echo{"VariantOfRecord", "shapes#echo-variant",
             R"(portrait({name: "P", age: 1, tags: ["t"], suit: spades, access: {read}}))"},
        Echo{"VariantOfChar", "shapes#echo-variant", "letter('z')"},
        Echo{"None", "shapes#echo-option", "none"},
        Echo{"Some", "shapes#echo-option", R"(some(""))"},
        Echo{"OuterNone", "shapes#echo-nested-option", "none"},
        Echo{"InnerNone", "shapes#echo-nested-option", "some(none)"},
        Echo{"InnerSome", "shapes#echo-nested-option", "some(some(7))"},
        Echo{"Ok", "shapes#echo-result", "ok(7)"},
        Echo{"Err", "shapes#echo-result", R"(err("no"))"},
        Echo{"OkWithoutPayload", "shapes#echo-bare-result", "ok"},
        Echo{"ErrWithoutPayload", "shapes#echo-bare-result", "err"},
        Echo{"Tuple", "shapes#echo-tuple", R"((8, "s", 0.5, 'c'))"},
        Echo{"TreeFourLevelsDeep", "shapes#echo-tree",
             R"({label: "t", rows: [[], [none, some(("k", ok(9)))], [some(("", err(at(3))))]], )"
             R"(best: some({name: "B", age: 2, tags: [], suit: clubs, access: {read, execute}}), )"
             R"(history: [ok([nothing, circle(1)]), err("gone"), ok([])]})"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Lists, EchoTest,
    testing::Values(
        Echo{"Bools", "lists#echo-bools", "[true, false]"},
        Echo{"U8s", "lists#echo-u8s", "[0, 255]"}, Echo{"NoU8s", "lists#echo-u8s", "[]"},
        Echo{"S8s", "lists#echo-s8s", "[-128, 127]"}, Echo{"U16s", "lists#echo-u16s", "[0, 65535]"},
        Echo{"S16s", "lists#echo-s16s", "[-32768, 32767]"},
        Echo{"U32s", "lists#echo-u32s", "[0, 4294967295]"},
        Echo{"S32s", "lists#echo-s32s", "[-2147483648, 2147483647]"},
        Echo{"U64s", "lists#echo-u64s", "[18446744073709551615]"},
        Echo{"S64s", "lists#echo-s64s", "[-9223372036854775808]"},
        Echo{"F32s", "lists#echo-f32s", "[0.5, inf]"},
        Echo{"F64s", "lists#echo-f64s", "[0.1, -inf]"},
        Echo{"Chars", "lists#echo-chars", "['a', '\u20ac']"},
        Echo{"Strings", "lists#echo-strings", R"(["", "a", "bc"])"},
        Echo{"Records", "lists#echo-persons",
             R"([{name: "A", age: 1, email: some("e"), tags: ["t"], suit: clubs, access: {}}])"},
        Echo{"RecordsOfNumbers", "lists#echo-points", "[{x: 1, y: 2}, {x: -3, y: 4}]"},
        Echo{"Enums", "lists#echo-suits", "[spades, clubs]"},
        Echo{"Flags", "lists#echo-accesses", "[{}, {read, execute}]"}),
    NameOf);

// -- Any values --

class ValuesTest : public DavitdTest {};

TEST_F(ValuesTest, EveryEchoReturnsRandomValuesOfItsType) {
  constexpr int kRounds = 12;
  const std::string instance = Instance("values");
  const auto callee = client::cli::FindCallee(client(), instance);
  ASSERT_THAT(callee, IsOk());
  std::mt19937_64 random(20261123);
  int functions = 0;
  for (const types::ExportedFunc& func : types::ExportedFuncs(callee->world)) {
    if (!absl::StrContains(func.name, "#echo-")) continue;
    ++functions;
    const types::Type& type = *func.type->result;
    for (int round = 0; round < kRounds; ++round) {
      v1::CallRequest request = callee->target;
      request.set_function(func.name);
      *request.add_args() = RandomVal(type, random);
      const auto sent = text::ToWave(request.args(0), type);
      const auto response = client().Call(request);
      ASSERT_THAT(response, IsOk()) << func.name << " " << request.ShortDebugString();
      ASSERT_EQ(response->results_size(), 1);
      ASSERT_THAT(text::ToWave(response->results(0), type), IsOkAndHolds(*sent)) << func.name;
    }
  }
  EXPECT_EQ(functions, 13 + 11 + 17);
}

TEST_F(ValuesTest, PackedAndPlainListsAreTheSame) {
  v1::Val packed;
  packed.mutable_u32_list()->mutable_values()->Add(7);
  packed.mutable_u32_list()->mutable_values()->Add(8);
  constexpr auto kEcho = "test:values/lists#echo-u32s";
  const std::string values = Component("values");
  const std::vector<uint32_t> plain = {7, 8};
  EXPECT_THAT(client::CallFresh<std::vector<uint32_t>>(client(), values, kEcho, packed),
              IsOkAndHolds(plain));
  const auto answer = client::CallFresh<v1::Val>(client(), values, kEcho, plain);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->ShortDebugString(), packed.ShortDebugString());
}

TEST_F(ValuesTest, AListOfAMebibyteComesBackWhole) {
  std::vector<uint8_t> bytes(1 << 20);
  std::mt19937_64 random(1);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  EXPECT_THAT(client::CallFresh<std::vector<uint8_t>>(client(), Component("values"),
                                                      "test:values/lists#echo-u8s", bytes),
              IsOkAndHolds(bytes));
}

// -- Ways through the ABI --

TEST_F(ValuesTest, SixteenFlatParametersGoInCoreValues) {
  EXPECT_THAT(Call(Component("values"),
                   "test:values/wide#sum16(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)"),
              IsOkAndHolds("136"));
}

TEST_F(ValuesTest, SeventeenFlatParametersGoThroughMemory) {
  EXPECT_THAT(
      Call(Component("values"),
           "test:values/wide#sum17(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)"),
      IsOkAndHolds("153"));
  EXPECT_THAT(Call(Component("values"),
                   R"(test:values/wide#join9("a", "", "c", "d", "e", "f", "g", "h", "i"))"),
              IsOkAndHolds(R"("a//c/d/e/f/g/h/i")"));
}

TEST_F(ValuesTest, AFunctionWithoutResultAnswersNone) {
  const auto request = Request(Component("values"), "test:values/wide#nothing()");
  ASSERT_THAT(request, IsOk());
  const auto response = client().Call(*request);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->results_size(), 0);
}

TEST_F(ValuesTest, ValuesCrossBetweenTheComponentsOfAComposition) {
  EXPECT_THAT(Call(Component("composed"), "loop-add(100)"), IsOkAndHolds("5050"));
  EXPECT_THAT(Call(Component("composed"), "loop-string(3)"), IsOkAndHolds("1024"));
  EXPECT_THAT(Call(Component("composed"), "loop-records(3)"), IsOkAndHolds("100"));
  EXPECT_THAT(Call(Component("strings_between"), "shout(\"ahoy \u20ac\")"),
              IsOkAndHolds("\"AHOY \u20ac\""));
}

// -- The guest in C frees in post-return what it has returned --

class CGuestTest : public DavitdTest {};

TEST_F(CGuestTest, PostReturnFreesEveryBlockOfAResult) {
  const std::string blocks = Instance("blocks");
  const std::string api = "test:blocks/api@1.0.0#";
  EXPECT_THAT(Call(blocks, api + "live()"), IsOkAndHolds("0"));
  EXPECT_THAT(Call(blocks, api + R"(split("a,b,,c", ','))"),
              IsOkAndHolds(R"(["a", "b", "", "c"])"));
  EXPECT_THAT(Call(blocks, api + R"(repeat("ab", 3))"), IsOkAndHolds(R"("ababab")"));
  EXPECT_THAT(
      Call(blocks, api + R"(reverse-entries([{key: "a", values: [1]}, {key: "b", values: []}]))"),
      IsOkAndHolds(R"([{key: "b", values: []}, {key: "a", values: [1]}])"));
  EXPECT_THAT(Call(blocks, api + "live()"), IsOkAndHolds("0"));
  const auto freed = client::Call<uint32_t>(client(), blocks, api + "freed");
  ASSERT_THAT(freed, IsOk());
  EXPECT_GE(*freed, 4u + 1 + 4);
}

TEST_F(CGuestTest, ResultsOfOptionsAndVariantsComeBack) {
  const std::string blocks = Component("blocks");
  const std::string classify = "test:blocks/api#classify";
  EXPECT_THAT(Call(blocks, classify + R"((""))"), IsOkAndHolds("err(empty)"));
  EXPECT_THAT(Call(blocks, classify + R"(("?ab"))"), IsOkAndHolds("err(at(3))"));
  EXPECT_THAT(Call(blocks, classify + R"(("!why"))"), IsOkAndHolds(R"(err(because("why")))"));
  EXPECT_THAT(Call(blocks, classify + R"(("-"))"), IsOkAndHolds("ok(none)"));
  EXPECT_THAT(Call(blocks, classify + R"(("x"))"), IsOkAndHolds(R"(ok(some("x")))"));
}

// -- String encodings --

struct EncodedString {
  std::string name;
  std::string text;
  uint32_t utf8, utf16, latin1_utf16;  // code units; the last with its tag bit
};

class EncodingTest : public DavitdTest, public testing::WithParamInterface<EncodedString> {};

TEST_P(EncodingTest, TheGuestSeesItsOwnEncoding) {
  const std::string encodings = Instance("encodings");
  const EncodedString& string = GetParam();
  const auto units = [&](std::string_view function) {
    return client::Call<uint32_t>(client(), encodings, function, string.text);
  };
  EXPECT_THAT(units("units-utf8"), IsOkAndHolds(string.utf8));
  EXPECT_THAT(units("units-utf16"), IsOkAndHolds(string.utf16));
  EXPECT_THAT(units("units-latin1-utf16"), IsOkAndHolds(string.latin1_utf16));
  for (const char* echo : {"echo-utf8", "echo-utf16", "echo-latin1-utf16"}) {
    EXPECT_THAT(client::Call<std::string>(client(), encodings, echo, string.text),
                IsOkAndHolds(string.text))
        << echo;
  }
}

constexpr uint32_t kUtf16Tag = 1u << 31;
INSTANTIATE_TEST_SUITE_P(
    Strings, EncodingTest,
    testing::Values(EncodedString{"Empty", "", 0, 0, 0}, EncodedString{"Ascii", "abc", 3, 3, 3},
                    EncodedString{"Latin1", "\u00e9\u00ff", 4, 2, 2},
                    EncodedString{"WiderThanLatin1", "\u00e9\u20ac", 5, 2, 2 | kUtf16Tag},
                    EncodedString{"SurrogatePairs", "\U0001f6a2", 4, 2, 2 | kUtf16Tag},
                    EncodedString{"WideAtItsEnd", std::string(300, 'a') + "\u20ac", 303, 301,
                                  301 | kUtf16Tag}),
    [](const auto& info) { return info.param.name; });

// -- Resources --

class ResourceTest : public DavitdTest {};

TEST_F(ResourceTest, HandlesComeAsNamesThatCanBePassedBack) {
  const std::string values = Instance("values");
  const auto counter =
      client::Call<v1::Val>(client(), values, "test:values/counters#[constructor]counter", 40u);
  ASSERT_THAT(counter, IsOk());
  ASSERT_TRUE(absl::StartsWith(counter->own(), values + "/resources/")) << counter->own();
  v1::Val borrowed;
  borrowed.set_borrow(counter->own());
  EXPECT_THAT(client::Call<uint32_t>(
                  client(), values, "test:values/counters#[method]counter.increment", borrowed, 2u),
              IsOkAndHolds(42u));
  EXPECT_THAT(client::Call<uint32_t>(client(), values, "test:values/counters#take", *counter),
              IsOkAndHolds(42u));
  EXPECT_THAT(client::Call<uint32_t>(client(), values, "test:values/counters#dropped"),
              IsOkAndHolds(1u));
}

TEST_F(ResourceTest, AnOwnThatWasGivenAwayIsNotUsableAgain) {
  const std::string values = Instance("values");
  const auto counter =
      client::Call<v1::Val>(client(), values, "test:values/counters#[constructor]counter", 1u);
  ASSERT_THAT(counter, IsOk());
  constexpr auto kTake = "test:values/counters#take";
  EXPECT_THAT(client::Call<uint32_t>(client(), values, kTake, *counter), IsOkAndHolds(1u));
  const auto again = client::Call<uint32_t>(client(), values, kTake, *counter);
  EXPECT_THAT(again, Fails(absl::StatusCode::kInvalidArgument, "ARGUMENT_MISMATCH", "args[0]"));
  EXPECT_THAT(client::Call<uint32_t>(client(), values, "test:values/counters#live"),
              IsOkAndHolds(0u))
      << "a refused argument leaves the instance as it was";
}

TEST_F(ResourceTest, ListsOfOwnsGoOutAndBackIn) {
  const std::string values = Instance("values");
  const auto made =
      client::Call<std::vector<v1::Val>>(client(), values, "test:values/counters#make", 5u);
  ASSERT_THAT(made, IsOk());
  EXPECT_THAT(client::Call<uint64_t>(client(), values, "test:values/counters#take-all", *made),
              IsOkAndHolds(uint64_t{10}));
  EXPECT_THAT(client::Call<uint32_t>(client(), values, "test:values/counters#dropped"),
              IsOkAndHolds(5u));
}

}  // namespace
}  // namespace davit::integration
