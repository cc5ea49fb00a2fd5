// The guests written as text under the runtime: each rule that they break, and what they may do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/guests/hosted.h"

namespace davit::guests {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

absl::StatusOr<Hosted> Host(std::string_view name, absl::Duration time_limit = absl::Seconds(20)) {
  return Hosted::Create(absl::StrCat("tests/guests/wat/", name, ".wasm"), time_limit);
}

// The answer of one call on an instance of its own.
std::string CallOn(std::string_view name, std::string_view call,
                   absl::Duration time_limit = absl::Seconds(20)) {
  absl::StatusOr<Hosted> guest = Host(name);
  return guest.ok() ? guest->Call(call, time_limit) : StatusText(guest.status());
}

constexpr absl::Duration kShort = absl::Milliseconds(200);  // for what never ends

struct Fault {
  const char* function;
  const char* code;
  absl::Duration time_limit = absl::Seconds(20);
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.function; }

class TrapsTest : public testing::TestWithParam<Fault> {};

TEST_P(TrapsTest, HasItsCode) {
  EXPECT_THAT(CallOn("traps", absl::StrCat(GetParam().function, "()"), GetParam().time_limit),
              StartsWith(absl::StrCat("trap ", GetParam().code, ":")));
}

INSTANTIATE_TEST_SUITE_P(Wat, TrapsTest,
                         testing::Values(Fault{"unreachable", "UNREACHABLE"},
                                         Fault{"memory-out-of-bounds", "MEMORY_OUT_OF_BOUNDS"},
                                         Fault{"table-out-of-bounds", "TABLE_OUT_OF_BOUNDS"},
                                         Fault{"indirect-call-type-mismatch",
                                               "INDIRECT_CALL_TYPE_MISMATCH"},
                                         Fault{"null-function", "INDIRECT_CALL_TYPE_MISMATCH"},
                                         Fault{"divide-by-zero", "INTEGER_DIVIDE_BY_ZERO"},
                                         Fault{"integer-overflow", "INTEGER_OVERFLOW"},
                                         Fault{"float-unrepresentable", "FLOAT_UNREPRESENTABLE"},
                                         Fault{"stack-overflow", "STACK_OVERFLOW"},
                                         Fault{"uncaught-exception", "UNCAUGHT_EXCEPTION"},
                                         Fault{"loop-forever", "TERMINATED", kShort}));

TEST(Traps, PoisonTheInstance) {
  auto guest = Host("traps");
  ASSERT_TRUE(guest.ok()) << guest.status();
  EXPECT_EQ(guest->Call("ok()"), "7");
  guest->Call("unreachable()");
  EXPECT_THAT(guest->Call("ok()"), StartsWith("FAILED_PRECONDITION"));
}

TEST(Traps, HaveAllFrames) {
  auto guest = Host("traps");
  ASSERT_TRUE(guest.ok()) << guest.status();
  guest->Call("deep-unreachable()");
  const auto trap = guest->last_trap();
  ASSERT_TRUE(trap.has_value());
  ASSERT_THAT(trap->frames, SizeIs(12));
  EXPECT_EQ(trap->frames[0].function, "descend");
  EXPECT_EQ(trap->frames[0].module, "traps");
}

TEST(Growth, StopsAtTheLimits) {
  auto guest = Host("traps");
  ASSERT_TRUE(guest.ok()) << guest.status();
  EXPECT_EQ(guest->Call("grow-memory(0)"), "1");
  EXPECT_EQ(guest->Call("grow-memory(4095)"), "1");  // To 256 MiB.
  EXPECT_EQ(guest->Call("grow-memory(1)"), "-1");
  EXPECT_EQ(guest->Call("grow-table(0)"), "4");
  EXPECT_EQ(guest->Call("grow-table(4294967295)"), "-1");
  EXPECT_EQ(guest->Call("grow-extern-table(9999999)"), "-1");
  EXPECT_EQ(guest->Call("grow-extern-table(1000)"), "1");
  EXPECT_EQ(guest->Call("ok()"), "7");
}

class BadResultsTest : public testing::TestWithParam<Fault> {};

TEST_P(BadResultsTest, IsRefused) {
  EXPECT_THAT(CallOn("bad_results", absl::StrCat(GetParam().function, "()")),
              StartsWith(absl::StrCat("trap ", GetParam().code, ":")));
}

INSTANTIATE_TEST_SUITE_P(
    Wat, BadResultsTest,
    testing::Values(
        Fault{"area-misaligned", "POINTER_MISALIGNED"},
        Fault{"area-out-of-bounds", "POINTER_OUT_OF_BOUNDS"},
        Fault{"area-past-the-end-by-one", "POINTER_OUT_OF_BOUNDS"},
        Fault{"string-out-of-bounds", "POINTER_OUT_OF_BOUNDS"},
        Fault{"string-wraps-around", "STRING_TOO_LONG"},
        Fault{"string-too-long", "STRING_TOO_LONG"}, Fault{"string-not-utf8", "INVALID_STRING"},
        Fault{"string-overlong", "INVALID_STRING"}, Fault{"string-surrogate", "INVALID_STRING"},
        Fault{"string-cut-short", "INVALID_STRING"},
        Fault{"list-out-of-bounds", "POINTER_OUT_OF_BOUNDS"},
        Fault{"list-misaligned", "POINTER_MISALIGNED"}, Fault{"list-wraps-around", "LIST_TOO_LONG"},
        Fault{"list-too-long", "LIST_TOO_LONG"},
        Fault{"list-inner-out-of-bounds", "POINTER_OUT_OF_BOUNDS"},
        Fault{"enum-discriminant", "INVALID_DISCRIMINANT"},
        Fault{"variant-discriminant", "INVALID_DISCRIMINANT"},
        Fault{"option-discriminant", "INVALID_DISCRIMINANT"},
        Fault{"result-discriminant", "INVALID_DISCRIMINANT"},
        Fault{"list-of-options-discriminant", "INVALID_DISCRIMINANT"},
        Fault{"char-surrogate", "INVALID_CHAR"}, Fault{"char-too-large", "INVALID_CHAR"},
        Fault{"empty-string-out-of-bounds", "POINTER_OUT_OF_BOUNDS"}));

TEST(BadResults, OddOnesAreWithinTheRules) {
  EXPECT_EQ(CallOn("bad_results", "odd-bool()"), "true");
  EXPECT_EQ(CallOn("bad_results", "odd-u8()"), "255");
  EXPECT_EQ(CallOn("bad_results", "odd-s8()"), "-128");
  EXPECT_EQ(CallOn("bad_results", "odd-u16()"), "9029");
  EXPECT_EQ(CallOn("bad_results", "odd-flags()"), "{y}");
  EXPECT_EQ(CallOn("bad_results", "odd-f32()"), "nan");
  EXPECT_EQ(CallOn("bad_results", "odd-f64()"), "nan");
  EXPECT_EQ(CallOn("bad_results", "odd-empty-string()"), "\"\"");
  EXPECT_THAT(CallOn("bad_results", "odd-string()"), StartsWith("\""));
}

class BadReallocTest : public testing::TestWithParam<Fault> {};

TEST_P(BadReallocTest, IsRefused) {
  for (const char* call : {"take-u64s([1, 2])", "take-strings([\"a\"])"}) {
    auto guest = Host("bad_realloc");
    ASSERT_TRUE(guest.ok()) << guest.status();
    EXPECT_EQ(guest->Call(absl::StrCat("behave(", GetParam().function, ")")), "");
    EXPECT_THAT(guest->Call(call, GetParam().time_limit),
                StartsWith(absl::StrCat("trap ", GetParam().code, ":")))
        << call;
    EXPECT_THAT(guest->Call("calls()"), StartsWith("FAILED_PRECONDITION"));
  }
}

INSTANTIATE_TEST_SUITE_P(Wat, BadReallocTest,
                         testing::Values(Fault{"misaligned", "POINTER_MISALIGNED"},
                                         Fault{"out-of-bounds", "POINTER_OUT_OF_BOUNDS"},
                                         Fault{"over-the-end", "POINTER_OUT_OF_BOUNDS"},
                                         Fault{"wraps-around", "POINTER_OUT_OF_BOUNDS"},
                                         Fault{"traps", "UNREACHABLE"},
                                         Fault{"loops", "TERMINATED", kShort}));

TEST(BadRealloc, OnlyStringsMayLieAnywhere) {
  auto guest = Host("bad_realloc");
  ASSERT_TRUE(guest.ok()) << guest.status();
  guest->Call("behave(misaligned)");
  EXPECT_EQ(guest->Call("take-string(\"abc\")"), "3");
}

TEST(BadRealloc, MemoryMayGrowBetweenTheItemsOfAList) {
  auto guest = Host("bad_realloc");
  ASSERT_TRUE(guest.ok()) << guest.status();
  guest->Call("behave(grows)");
  EXPECT_EQ(guest->Call("take-strings([\"a\", \"b\", \"c\"])"), "3");
  EXPECT_EQ(guest->Call("calls()"), "4");
}

TEST(PostReturn, GetsTheCoreResults) {
  auto guest = Host("post_return");
  ASSERT_TRUE(guest.ok()) << guest.status();
  EXPECT_EQ(guest->Call("text()"), "\"hello\"");
  EXPECT_EQ(guest->Call("last()"), "16");
  EXPECT_EQ(guest->Call("number(42)"), "42");
  EXPECT_EQ(guest->Call("last()"), "42");
  EXPECT_EQ(guest->Call("nothing()"), "");
  EXPECT_EQ(guest->Call("count()"), "3");
}

TEST(PostReturn, ThatFailsPoisons) {
  EXPECT_THAT(CallOn("post_return", "trap-after()"), StartsWith("trap UNREACHABLE"));
  EXPECT_THAT(CallOn("post_return", "loop-after()", kShort), StartsWith("trap TERMINATED"));
  EXPECT_THAT(CallOn("post_return", "bad-text()"), StartsWith("trap POINTER_OUT_OF_BOUNDS"));
}

TEST(Encodings, EchoWhatTheyAreGiven) {
  auto guest = Host("encodings");
  ASSERT_TRUE(guest.ok()) << guest.status();
  for (const char* encoding : {"utf8", "utf16", "latin1-utf16"}) {
    for (const char* text : {"\"\"", "\"plain\"", "\"h\u00e9llo\"", "\"\u4f60\u597d\"",
                             "\"\U0001f600 and more\"", "\"latin \u00ff then \u0100\""}) {
      EXPECT_EQ(guest->Call(absl::StrCat("echo-", encoding, "(", text, ")")), text) << encoding;
    }
  }
}

TEST(Encodings, CountCodeUnits) {
  auto guest = Host("encodings");
  ASSERT_TRUE(guest.ok()) << guest.status();
  EXPECT_EQ(guest->Call("units-utf8(\"h\u00e9\U0001f600\")"), "7");
  EXPECT_EQ(guest->Call("units-utf16(\"h\u00e9\U0001f600\")"), "4");
  EXPECT_EQ(guest->Call("units-latin1-utf16(\"h\u00e9\")"), "2");
  EXPECT_EQ(guest->Call("units-latin1-utf16(\"h\u00e9\U0001f600\")"), "2147483652");  // Tagged.
}

TEST(Linking, ModulesComponentsAndCompositions) {
  EXPECT_EQ(CallOn("two_modules", "answer(8)"), "50");
  EXPECT_EQ(CallOn("strings_between", "shout(\"ahoy \u00e9\")"), "\"AHOY \u00e9\"");
  EXPECT_EQ(CallOn("composed", "loop-add(100)"), "5050");
  EXPECT_EQ(CallOn("composed", "loop-string(3)"), "1024");
  EXPECT_EQ(CallOn("composed", "loop-records(3)"), "100");
}

TEST(Linking, InstancesOfOneComponentHaveStatesOfTheirOwn) {
  auto guest = Host("nested");
  ASSERT_TRUE(guest.ok()) << guest.status();
  EXPECT_EQ(guest->Call("first-next(1)"), "1");
  EXPECT_EQ(guest->Call("first-next-twice(2)"), "5");
  EXPECT_EQ(guest->Call("second-next(10)"), "10");
  EXPECT_EQ(guest->Call("first-next(1)"), "6");
}

TEST(Instantiation, RunsStartFunctionsOnce) {
  auto guest = Host("start_counts");
  ASSERT_TRUE(guest.ok()) << guest.status();
  EXPECT_EQ(guest->Call("count()"), "1");
  EXPECT_EQ(guest->Call("next()"), "2");
}

TEST(Instantiation, FailsForAReason) {
  EXPECT_THAT(StatusText(Host("start_traps").status()), StartsWith("trap UNREACHABLE"));
  EXPECT_THAT(StatusText(Host("start_loops", absl::Milliseconds(50)).status()),
              StartsWith("trap TERMINATED"));
  EXPECT_THAT(StatusText(Host("out_of_bounds_data").status()),
              StartsWith("trap MEMORY_OUT_OF_BOUNDS"));
  EXPECT_THAT(StatusText(Host("big_memory").status()), StartsWith("RESOURCE_EXHAUSTED"));
}

TEST(Instantiation, NamesEveryMissingImport) {
  const std::string error = StatusText(Host("imports").status());
  EXPECT_THAT(error, StartsWith("FAILED_PRECONDITION"));
  for (const char* import : {"now", "random", "test:imports/log@1.2.3", "enabled",
                             "test:imports/store@1.2.3", "bucket"}) {
    EXPECT_THAT(error, HasSubstr(import));
  }
}

TEST(Deployment, RefusesWhatIsNoValidComponent) {
  EXPECT_THAT(StatusText(Host("core_module").status()), HasSubstr("core module"));
  EXPECT_THAT(StatusText(Host("mismatched_modules").status()), StartsWith("INVALID_ARGUMENT"));
}

TEST(Handles, GoOutAndComeBack) {
  auto guest = Host("handles");
  ASSERT_TRUE(guest.ok()) << guest.status();
  const std::string thing = guest->Call("make(41)");
  EXPECT_EQ(guest->Call(absl::StrCat("rep(", thing, ")")), "41");
  EXPECT_EQ(guest->Call(absl::StrCat("take(", thing, ")")), "41");
  EXPECT_EQ(guest->Call("destroyed()"), "1");
  EXPECT_EQ(guest->Call("last-destroyed()"), "41");
  EXPECT_THAT(guest->Call(absl::StrCat("rep(", thing, ")")), StartsWith("INVALID_ARGUMENT"));
}

TEST(Handles, MayBeKeptAcrossCalls) {
  auto guest = Host("handles");
  ASSERT_TRUE(guest.ok()) << guest.status();
  EXPECT_EQ(guest->Call(absl::StrCat("keep(", guest->Call("make(5)"), ")")), "");
  const std::string back = guest->Call("give-back()");
  EXPECT_EQ(guest->Call(absl::StrCat("rep(", back, ")")), "5");
  EXPECT_THAT(guest->Call("give-back()"), StartsWith("trap UNKNOWN_HANDLE"));
}

TEST(Handles, CannotBeForgedOrDroppedTwice) {
  EXPECT_THAT(CallOn("handles", "forge(0)"), StartsWith("trap UNKNOWN_HANDLE"));
  EXPECT_THAT(CallOn("handles", "forge(1)"), StartsWith("trap UNKNOWN_HANDLE"));
  EXPECT_THAT(CallOn("handles", "forge(4294967295)"), StartsWith("trap UNKNOWN_HANDLE"));
  EXPECT_THAT(CallOn("handles", "rep-of(7)"), StartsWith("trap UNKNOWN_HANDLE"));
  EXPECT_THAT(CallOn("handles", "drop-twice()"), StartsWith("trap UNKNOWN_HANDLE"));
}

TEST(Handles, AreUsedAgainAndLimited) {
  auto guest = Host("handles");
  ASSERT_TRUE(guest.ok()) << guest.status();
  EXPECT_EQ(guest->Call("make-and-drop(100000)"), "");
  EXPECT_EQ(guest->Call("destroyed()"), "100000");
  EXPECT_EQ(guest->Call("hoard(999999)"), "");
  EXPECT_THAT(guest->Call("hoard(2)"), StartsWith("trap HANDLE_TABLE_FULL"));
}

TEST(Handles, ADestructorMayTrap) {
  auto guest = Host("handles");
  ASSERT_TRUE(guest.ok()) << guest.status();
  EXPECT_THAT(guest->Call(absl::StrCat("take(", guest->Call("make(666)"), ")")),
              StartsWith("trap UNREACHABLE"));
}

}  // namespace
}  // namespace davit::guests
