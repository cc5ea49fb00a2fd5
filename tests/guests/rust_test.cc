// rust:values under the runtime: every value type there and back, resources, faults.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/guests/hosted.h"

namespace davit::guests {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RustTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(guest_.ok()) << guest_.status(); }

  std::string Call(std::string_view interface, std::string_view call) {
    return guest_->Call(absl::StrCat("test:values/", interface, "#", call));
  }
  // A function that returns its argument must answer what it was given.
  void ExpectEcho(std::string_view interface, std::string_view function, std::string_view value) {
    EXPECT_EQ(Call(interface, absl::StrCat(function, "(", value, ")")), value);
  }

  absl::StatusOr<Hosted> guest_ = Hosted::Create("tests/guests/rust/values.wasm");
};

TEST_F(RustTest, PrimitivesAtTheirLimits) {
  ExpectEcho("primitives", "echo-bool", "true");
  ExpectEcho("primitives", "echo-bool", "false");
  ExpectEcho("primitives", "echo-u8", "255");
  ExpectEcho("primitives", "echo-s8", "-128");
  ExpectEcho("primitives", "echo-u16", "65535");
  ExpectEcho("primitives", "echo-s16", "-32768");
  ExpectEcho("primitives", "echo-u32", "4294967295");
  ExpectEcho("primitives", "echo-s32", "-2147483648");
  ExpectEcho("primitives", "echo-u64", "18446744073709551615");
  ExpectEcho("primitives", "echo-s64", "-9223372036854775808");
  ExpectEcho("primitives", "echo-f32", "1.5");
  ExpectEcho("primitives", "echo-f32", "-inf");
  ExpectEcho("primitives", "echo-f64", "nan");
  ExpectEcho("primitives", "echo-f64", "5e-324");
  ExpectEcho("primitives", "echo-char", "'x'");
  ExpectEcho("primitives", "echo-string", "\"\"");
  ExpectEcho("primitives", "echo-string", "\"lowered, lifted\"");
}

TEST_F(RustTest, CharAtTheTopOfUnicode) {
  EXPECT_EQ(Call("primitives", "echo-char('\\u{10ffff}')"),
            Call("primitives", "echo-char('\\u{10FFFF}')"));
}

constexpr char kPerson[] =
    "{name: \"Ada\", age: 36, email: some(\"ada@example.org\"), tags: [\"first\", \"\"], "
    "suit: hearts, access: {read, execute}}";

TEST_F(RustTest, Shapes) {
  ExpectEcho("shapes", "echo-enum", "spades");
  ExpectEcho("shapes", "echo-flags", "{read, write, execute}");
  ExpectEcho("shapes", "echo-flags", "{}");
  ExpectEcho("shapes", "echo-record", kPerson);
  ExpectEcho("shapes", "echo-padded",
             "{a: 1, b: 2, c: true, d: 3.5, e: -4, f: 5.25, g: 'g', h: -6, i: 7, j: -8, k: 9, "
             "l: -10}");
  ExpectEcho("shapes", "echo-tuple", "(1, \"two\", 3.5, '4')");
}

TEST_F(RustTest, EveryCaseOfAVariant) {
  ExpectEcho("shapes", "echo-variant", "nothing");
  ExpectEcho("shapes", "echo-variant", "circle(2.5)");
  ExpectEcho("shapes", "echo-variant", "rectangle(({x: 0, y: -1}, {x: 2, y: 3}))");
  ExpectEcho("shapes", "echo-variant", "polygon([{x: 1, y: 2}, {x: 3, y: 4}])");
  ExpectEcho("shapes", "echo-variant", absl::StrCat("portrait(", kPerson, ")"));
  ExpectEcho("shapes", "echo-variant", "letter('z')");
}

TEST_F(RustTest, OptionsAndResults) {
  ExpectEcho("shapes", "echo-option", "none");
  ExpectEcho("shapes", "echo-option", "some(\"\")");
  ExpectEcho("shapes", "echo-nested-option", "none");
  ExpectEcho("shapes", "echo-nested-option", "some(none)");
  ExpectEcho("shapes", "echo-nested-option", "some(some(7))");
  ExpectEcho("shapes", "echo-result", "ok(7)");
  ExpectEcho("shapes", "echo-result", "err(\"no\")");
  ExpectEcho("shapes", "echo-bare-result", "ok");
  ExpectEcho("shapes", "echo-bare-result", "err");
}

TEST_F(RustTest, NestedDeeply) {
  ExpectEcho(
      "shapes", "echo-tree",
      absl::StrCat("{label: \"root\", rows: [[some((\"a\", ok(1))), none, "
                   "some((\"b\", err(at(2))))], [], [some((\"\", err(because(\"why\"))))]], "
                   "best: some(",
                   kPerson, "), history: [ok([circle(1.5), nothing]), err(\"lost\"), ok([])]}"));
}

TEST_F(RustTest, ListsOfEveryElement) {
  ExpectEcho("lists", "echo-bools", "[true, false]");
  ExpectEcho("lists", "echo-u8s", "[0, 255]");
  ExpectEcho("lists", "echo-s8s", "[-128, 127]");
  ExpectEcho("lists", "echo-u16s", "[0, 65535]");
  ExpectEcho("lists", "echo-s16s", "[-32768, 32767]");
  ExpectEcho("lists", "echo-u32s", "[0, 4294967295]");
  ExpectEcho("lists", "echo-s32s", "[-2147483648, 2147483647]");
  ExpectEcho("lists", "echo-u64s", "[18446744073709551615]");
  ExpectEcho("lists", "echo-s64s", "[-9223372036854775808]");
  ExpectEcho("lists", "echo-f32s", "[0.5, -0.25]");
  ExpectEcho("lists", "echo-f64s", "[]");
  ExpectEcho("lists", "echo-chars", "['a', 'b']");
  ExpectEcho("lists", "echo-strings", "[\"a\", \"\", \"ccc\"]");
  ExpectEcho("lists", "echo-persons", absl::StrCat("[", kPerson, ", ", kPerson, "]"));
  ExpectEcho("lists", "echo-points", "[{x: 1, y: 2}]");
  ExpectEcho("lists", "echo-suits", "[clubs, spades, hearts]");
  ExpectEcho("lists", "echo-accesses", "[{}, {write}]");
}

TEST_F(RustTest, ManyFlatParameters) {
  EXPECT_EQ(Call("wide", "sum16(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)"), "136");
  EXPECT_EQ(Call("wide", "sum17(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)"),
            "153");
  EXPECT_EQ(Call("wide", "join9(\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\")"),
            "\"a/b/c/d/e/f/g/h/i\"");
  EXPECT_EQ(Call("wide", "nothing()"), "");
}

TEST_F(RustTest, ResourcesLiveUntilTheyAreTaken) {
  const std::string counter = Call("counters", "[constructor]counter(40)");
  EXPECT_EQ(Call("counters", absl::StrCat("[method]counter.increment(", counter, ", 2)")), "42");
  EXPECT_EQ(Call("counters", absl::StrCat("peek(", counter, ")")), "42");
  EXPECT_EQ(Call("counters", "live()"), "1");
  EXPECT_EQ(Call("counters", absl::StrCat("take(", counter, ")")), "42");
  EXPECT_EQ(Call("counters", "live()"), "0");
  EXPECT_EQ(Call("counters", "dropped()"), "1");
}

TEST_F(RustTest, ATakenResourceCannotBeUsedAgain) {
  const std::string counter = Call("counters", "[constructor]counter(1)");
  EXPECT_EQ(Call("counters", absl::StrCat("take(", counter, ")")), "1");
  EXPECT_THAT(Call("counters", absl::StrCat("peek(", counter, ")")),
              StartsWith("INVALID_ARGUMENT"));
  EXPECT_EQ(Call("counters", "live()"), "0");
}

TEST_F(RustTest, StaticFunctionTakesBothAndMakesOne) {
  const std::string a = Call("counters", "[constructor]counter(30)");
  const std::string b = Call("counters", "[constructor]counter(12)");
  const std::string sum = Call("counters", absl::StrCat("[static]counter.merge(", a, ", ", b, ")"));
  EXPECT_EQ(Call("counters", absl::StrCat("[method]counter.value(", sum, ")")), "42");
  EXPECT_EQ(Call("counters", "live()"), "1");
}

TEST_F(RustTest, ListsOfResources) {
  const std::string made = Call("counters", "make(5)");
  EXPECT_EQ(Call("counters", "live()"), "5");
  EXPECT_EQ(Call("counters", absl::StrCat("take-all(", made, ")")), "10");
  EXPECT_EQ(Call("counters", "live()"), "0");
  EXPECT_EQ(Call("counters", "find(none)"), "none");
  EXPECT_THAT(Call("counters", "find(some(3))"), StartsWith("some("));
}

TEST_F(RustTest, PanicTraps) {
  EXPECT_THAT(Call("faults", "panic(\"oh\")"), StartsWith("trap UNREACHABLE"));
  EXPECT_THAT(Call("faults", "calls()"), StartsWith("FAILED_PRECONDITION"));
}

TEST_F(RustTest, EndlessLoopEndsAtTheDeadline) {
  EXPECT_THAT(guest_->Call("test:values/faults#loop-forever()", absl::Milliseconds(50)),
              StartsWith("trap TERMINATED"));
}

TEST_F(RustTest, EndlessRecursionOverflowsTheStack) {
  EXPECT_THAT(Call("faults", "overflow-stack()"), StartsWith("trap STACK_OVERFLOW"));
}

TEST_F(RustTest, MemoryGrowsToItsLimitOnly) {
  EXPECT_EQ(Call("faults", "grow-memory()"), "4096");  // 256 MiB
}

TEST_F(RustTest, AllocationBeyondMemoryTraps) {
  EXPECT_EQ(Call("faults", "allocate(1048576)"), "1048576");
  EXPECT_THAT(Call("faults", "allocate(1073741824)"), StartsWith("trap UNREACHABLE"));
}

TEST_F(RustTest, BoundsAndDivisionAreTheGuestsOwnChecks) {
  EXPECT_EQ(Call("faults", "divide(7, -2)"), "-3");
  EXPECT_EQ(Call("faults", "index(2)"), "30");
  EXPECT_THAT(Call("faults", "index(3)"), StartsWith("trap UNREACHABLE"));
}

TEST_F(RustTest, StateStaysFromCallToCall) {
  EXPECT_EQ(Call("faults", "calls()"), "1");
  EXPECT_EQ(Call("faults", "calls()"), "2");
}

TEST_F(RustTest, BacktraceNamesTheGuestsFunctions) {
  Call("faults", "panic(\"oh\")");
  const auto trap = guest_->last_trap();
  ASSERT_TRUE(trap.has_value());
  std::string functions = absl::StrJoin(
      trap->frames, "\n",
      [](std::string* out, const auto& frame) { absl::StrAppend(out, frame.function); });
  EXPECT_THAT(functions, HasSubstr("panic"));
}

}  // namespace
}  // namespace davit::guests
