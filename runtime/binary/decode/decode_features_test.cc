// Gated constructs: refused with the name of the feature, and accepted with only that one on.

#include <string_view>

#include "gtest/gtest.h"
#include "runtime/binary/decode/decode_test_util.h"

namespace davit::binary {
namespace {

constexpr Features kNone = {.async = false, .map = false, .implements = false};

struct Case {
  std::string_view construct;  // the name of the case
  std::string_view sections;
  std::string_view feature;
  bool Features::* feature_switch;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.construct; }

class Gate : public testing::TestWithParam<Case> {};

TEST_P(Gate, NamesTheFeatureThatIsOff) {
  EXPECT_THAT(DecodeText(GetParam().sections, kNone), wasm::NeedsFeature(GetParam().feature));
}

TEST_P(Gate, OpensWithThatFeatureAlone) {
  Features features = kNone;
  features.*GetParam().feature_switch = true;
  EXPECT_TRUE(DecodeText(GetParam().sections, features).ok());
}

INSTANTIATE_TEST_SUITE_P(
    AllConstructs, Gate,
    testing::Values(
        Case{"AsyncFunctionType", "07 [01 43 00 01 00]", "async", &Features::async},
        Case{"Stream", "07 [01 66 00]", "async", &Features::async},
        Case{"Future", "07 [01 65 00]", "async", &Features::async},
        Case{"AsyncOption", "08 [01 01 00 00 01 06]", "async", &Features::async},
        Case{"CallbackOption", "08 [01 01 00 00 01 07 00]", "async", &Features::async},
        Case{"TaskReturn", "08 [01 09 01 00 00]", "async", &Features::async},
        Case{"ThreadYield", "08 [01 0c 00]", "async", &Features::async},
        Case{"Backpressure", "08 [01 24]", "async", &Features::async},
        Case{"Map", "07 [01 63 73 79]", "map", &Features::map},
        Case{"NameWithAttributes", "0a [01 02 ['a'] 00 01 00]", "implements",
             &Features::implements},
        Case{"Implements", "0a [01 02 ['a'] 01 00 ['a:b/c'] 05 00]", "implements",
             &Features::implements},
        Case{"ExternalId", "0a [01 02 ['a'] 01 02 ['x'] 05 00]", "implements",
             &Features::implements},
        Case{"ValueSort", "06 [01 02 00 00 ['v']]", "values", &Features::values},
        Case{"ValueImport", "0a [01 00 ['v'] 02 01 73]", "values", &Features::values},
        Case{"ValueSection", "0c [00]", "values", &Features::values},
        Case{"StartSection", "09 [00 00 00]", "values", &Features::values},
        Case{"FixedLengthList", "07 [01 67 7d 03]", "fixed_length_lists",
             &Features::fixed_length_lists},
        Case{"ErrorContextType", "07 [01 64]", "error_context", &Features::error_context},
        Case{"ErrorContextInAList", "07 [01 70 64]", "error_context", &Features::error_context},
        Case{"ErrorContextNew", "08 [01 1c 00]", "error_context", &Features::error_context},
        Case{"ErrorContextDrop", "08 [01 1e]", "error_context", &Features::error_context},
        Case{"ThreadIndex", "08 [01 26]", "threading", &Features::threading},
        Case{"ThreadSuspend", "08 [01 29 00]", "threading", &Features::threading},
        Case{"ThreadSpawn", "08 [01 40 00 00]", "shared_threads", &Features::shared_threads},
        Case{"ResourceOfI64", "07 [01 3f 7e 00]", "memory64", &Features::memory64}),
    [](const testing::TestParamInfo<Case>& info) { return std::string(info.param.construct); });

TEST(Features, GateVersionSuffixesWithinNameAttributes) {
  const std::string_view import = "0a [01 02 ['a'] 01 01 ['.1'] 05 00]";
  EXPECT_THAT(DecodeText(import, Features()), wasm::NeedsFeature("canonical_names"));
  EXPECT_TRUE(DecodeText(import, Features{.implements = false, .canonical_names = true}).ok());
}

TEST(Features, GateContextSlotsOfI64) {
  EXPECT_THAT(DecodeText("08 [01 0a 7e 00]", Features()), wasm::NeedsFeature("memory64"));
}

TEST(Features, AdmitWhatIsReleasedByDefault) {
  EXPECT_TRUE(DecodeText("07 [03 43 00 01 00 66 00 63 73 79]", Features()).ok());
}

}  // namespace
}  // namespace davit::binary
