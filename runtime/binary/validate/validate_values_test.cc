// Value definitions, start definitions, and values that are consumed exactly once.

#include <ostream>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/binary/validate/validate_test_util.h"

namespace davit::binary {
namespace {

struct Literal {
  std::string_view name;
  std::string_view types;  // a type section, or nothing
  std::string_view value;  // type, then the sized bytes
};

void PrintTo(const Literal& literal, std::ostream* out) { *out << literal.name; }

// A value, exported so that it is consumed.
absl::Status ValidateLiteral(const Literal& literal) {
  return ValidateText(
      absl::StrCat(literal.types, " 0c [01 ", literal.value, "] 0b [01 00 ['v'] 02 00 00]"));
}

class ValidValue : public testing::TestWithParam<Literal> {};
TEST_P(ValidValue, IsTaken) {
  const absl::Status status = ValidateLiteral(GetParam());
  EXPECT_TRUE(status.ok()) << status;
}

class InvalidValue : public testing::TestWithParam<Literal> {};
TEST_P(InvalidValue, IsRefused) {
  EXPECT_EQ(ValidateLiteral(GetParam()).code(), absl::StatusCode::kInvalidArgument);
}

const auto kNameOf = [](const auto& info) { return std::string(info.param.name); };

INSTANTIATE_TEST_SUITE_P(
    Values, ValidValue,
    testing::Values(
        Literal{"Bool", "", "7f [01]"}, Literal{"S8", "", "7e [ff]"},
        Literal{"S16Least", "", "7c [80 80 7e]"}, Literal{"U16Most", "", "7b [ff ff 03]"},
        Literal{"U64", "", "77 [2a]"}, Literal{"F32", "", "76 [00 00 80 3f]"},
        Literal{"F32CanonicalNan", "", "76 [00 00 c0 7f]"},
        Literal{"F64CanonicalNan", "", "75 [00 00 00 00 00 00 f8 7f]"},
        Literal{"CharOfFourBytes", "", "74 [f4 8f bf bf]"}, Literal{"String", "", "73 [['hi']]"},
        Literal{"Record", "07 [01 72 02 ['a'] 7d ['b'] 7f] 0b [01 00 ['t'] 03 00 00]",
                "01 [05 01]"},
        Literal{"Variant", "07 [01 71 02 ['a'] 00 00 ['b'] 01 7d 00] 0b [01 00 ['t'] 03 00 00]",
                "01 [01 07]"},
        Literal{"Flags", "07 [01 6e 02 ['a'] ['b']] 0b [01 00 ['t'] 03 00 00]", "01 [03]"},
        Literal{"None", "07 [01 6b 7d]", "00 [00]"},
        Literal{"Error", "07 [01 6a 00 01 7d]", "00 [01 09]"},
        Literal{"List", "07 [01 70 7d]", "00 [02 01 02]"},
        Literal{"FixedList", "07 [01 67 7d 02]", "00 [01 02]"}),
    kNameOf);

INSTANTIATE_TEST_SUITE_P(
    Values, InvalidValue,
    testing::Values(Literal{"Bool", "", "7f [02]"}, Literal{"S16BelowLeast", "", "7c [ff ff 7d]"},
                    Literal{"U16AboveMost", "", "7b [80 80 04]"},
                    Literal{"F32OtherNan", "", "76 [01 00 c0 7f]"},
                    Literal{"F64OtherNan", "", "75 [00 00 00 00 00 00 f8 ff]"},
                    Literal{"CharSurrogate", "", "74 [ed a0 80]"},
                    Literal{"CharTooLarge", "", "74 [f4 90 80 80]"},
                    Literal{"CharOverlong", "", "74 [c1 81]"}, Literal{"CharStray", "", "74 [80]"},
                    Literal{"StringNotUtf8", "", "73 [01 ff]"},
                    Literal{"CaseOutOfRange", "07 [01 6d 01 ['a']]", "00 [01]"},
                    Literal{"FlagThatDoesNotExist", "07 [01 6e 02 ['a'] ['b']]", "00 [04]"},
                    Literal{"OptionTag", "07 [01 6b 7d]", "00 [02 00]"},
                    Literal{"ListLongerThanItsBytes", "07 [01 70 7d]", "00 [ff ff ff ff 0f 00]"},
                    Literal{"TrailingBytes", "", "7d [01 02]"},
                    Literal{"Own", "0a [01 00 ['r'] 03 01] 07 [01 69 00]", "01 [00]"}),
    kNameOf);

TEST(Values, AreConsumedExactlyOnce) {
  EXPECT_THAT(ValidateText("0c [01 7d [05]]"), wasm::IsInvalid(0, "value 0 is never used"));
  EXPECT_THAT(ValidateText("0c [01 7d [05]] 0b [02 00 ['a'] 02 00 00 00 ['b'] 02 00 00]"),
              wasm::IsInvalid(23, "value 0 is used more than once"));
}

// Type 0: (string) -> u8, imported as func 0; value 0 is a string import.
constexpr std::string_view kStartPrelude =
    "07 [01 40 01 ['x'] 73 00 7d] 0a [02 00 ['f'] 01 00 00 ['v'] 02 01 73] ";

TEST(Start, ConsumesItsArgumentsAndMakesItsResults) {
  const absl::Status status =
      ValidateText(absl::StrCat(kStartPrelude, "09 [00 01 00 01] 0b [01 00 ['r'] 02 01 00]"));
  EXPECT_TRUE(status.ok()) << status;
}

TEST(Start, RefusesAnotherNumberOfArgumentsOrResults) {
  EXPECT_THAT(ValidateText(absl::StrCat(kStartPrelude, "09 [00 00 01]")),
              wasm::IsInvalid(34, "takes 1 arguments, not 0"));
  EXPECT_THAT(ValidateText(absl::StrCat(kStartPrelude, "09 [00 01 00 00]")),
              wasm::IsInvalid(34, "number of results"));
}

TEST(Start, RefusesAnArgumentOfAnotherType) {
  EXPECT_THAT(ValidateText("07 [01 40 01 ['x'] 73 01 00] 0a [02 00 ['f'] 01 00 00 ['v'] 02 01 7d] "
                           "09 [00 01 00 00]"),
              wasm::IsInvalid(34, "argument 0 of the start function has the wrong type"));
}

}  // namespace
}  // namespace davit::binary
