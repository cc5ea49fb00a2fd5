// The core function that linking makes of a built-in has the type that validation gave it: a core
// module that imports it with this type is instantiated.

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status_matchers.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/binary/decode/decode_test_util.h"
#include "runtime/binary/validate/validate_test_util.h"
#include "runtime/component/component.h"
#include "runtime/component/test_host.h"
#include "runtime/wasm/binary_test_util.h"

namespace davit::component {
namespace {

using ::absl_testing::IsOk;
using binary::CoreModuleText;

absl::StatusOr<std::shared_ptr<const Component>> CompileText(std::string_view sections) {
  return Component::Compile(TestEngine(), wasm::ComponentFromText(sections), binary::kAllFeatures);
}

// Memory 0, table 0 and core type 0: [i32] -> [].
// Types: 0 local resource  1 stream<u8>  2 future  3 tuple of 17 times u32
std::string Prelude() {
  std::string u32s;
  for (int i = 0; i < 17; ++i) absl::StrAppend(&u32s, "79 ");
  return absl::StrCat(
      CoreModuleText("04 [01 70 00 01] 05 [01 00 01] 07 [02 ['m'] 02 00 ['t'] 01 00]"),
      "02 [01 00 00 00] 06 [02 00 02 01 00 ['m'] 00 01 01 00 ['t']] 03 [01 60 01 7f 00] ",
      "07 [04 3f 7f 00 66 01 7d 65 00 6f 11 ", u32s, "] ");
}

struct Builtin {
  std::string_view name;
  std::string_view canon;
  std::string_view type;  // What follows 0x60.
};

void PrintTo(const Builtin& builtin, std::ostream* out) { *out << builtin.name; }

class BuiltinType : public testing::TestWithParam<Builtin> {};

TEST_P(BuiltinType, IsThatOfValidation) {
  const auto component = CompileText(absl::StrCat(
      Prelude(), "08 [01 ", GetParam().canon, "] 02 [01 01 01 ['x'] 00 00] ",
      CoreModuleText(absl::StrCat("01 [01 60 ", GetParam().type, "] 02 [01 ['a'] ['x'] 00 00]")),
      "02 [01 00 01 01 ['a'] 12 01]"));
  ASSERT_THAT(component, IsOk());
  EXPECT_THAT(InstantiateStatus(*component), IsOk());
}

INSTANTIATE_TEST_SUITE_P(
    Linking, BuiltinType,
    testing::Values(Builtin{"ResourceNew", "02 00", "01 7f 01 7f"},
                    Builtin{"ResourceDrop", "03 00", "01 7f 00"},
                    Builtin{"TaskReturnOfNothing", "09 01 00 00", "00 00"},
                    Builtin{"TaskReturnOfAString", "09 00 73 01 03 00", "02 7f 7f 00"},
                    Builtin{"TaskReturnThroughMemory", "09 00 03 01 03 00", "01 7f 00"},
                    Builtin{"ContextGet", "0a 7f 00", "00 01 7f"},
                    Builtin{"ContextSetOf64Bits", "0b 7e 00", "01 7e 00"},
                    Builtin{"StreamNew", "0e 01", "00 01 7e"},
                    Builtin{"StreamRead", "0f 01 02 06 03 00", "03 7f 7f 7f 01 7f"},
                    Builtin{"FutureWrite", "17 02 01 06", "02 7f 7f 01 7f"},
                    Builtin{"WaitableJoin", "23", "02 7f 7f 00"},
                    Builtin{"ThreadNewIndirect", "27 00 00", "02 7f 7f 01 7f"},
                    Builtin{"ThreadSpawnIndirect", "41 00 00 00", "02 7f 7f 01 7f"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Compile, CannotLinkAThreadThatAReferenceStarts) {
  EXPECT_THAT(CompileText("03 [01 60 01 7f 00] 08 [01 40 00 00]"),
              wasm::NeedsFeature("shared_threads"));
}

TEST(Compile, CannotLinkAResourceWhoseRepresentationHas64Bits) {
  EXPECT_THAT(CompileText("07 [01 3f 7e 00]"), wasm::NeedsFeature("memory64"));
}

}  // namespace
}  // namespace davit::component
