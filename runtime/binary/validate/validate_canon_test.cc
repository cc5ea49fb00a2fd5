// Canonical definitions: the core signature that each makes, the options it needs and refuses.

#include <ostream>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/binary/validate/validate_test_util.h"

namespace davit::binary {
namespace {

using testing::HasSubstr;

// Core funcs, memory 0 and table 0 of an instance:
//   0 [i32 i32 i32 i32] -> [i32]   1 [] -> []   2 [i32] -> []   3 [i32 i32] -> [i32]
//   4 [i32 i32 i32] -> [i32]       5 [] -> [i32]
// Core type 0: [i32] -> [].
// Types: 0 local resource  1 stream<u8>  2 future  3 func()  4 stream<string>  5 future<string>
//   6 func(s: string) -> string  7 async func(five times u64) -> u32  8 func(17 times u32)
//   9 async func()  10 imported resource  11 borrow<10>  12 func(s: string)
// Funcs: 0 of type 3, 1 of type 6, 2 of type 7, 3 of type 8, 4 of type 9, 5 of type 12.
std::string Prelude() {
  std::string params17;
  for (int i = 0; i < 17; ++i) {
    absl::StrAppend(&params17, "['p", std::string(1, static_cast<char>('a' + i)), "'] 79 ");
  }
  return absl::StrCat(
      CoreModuleText("01 [06 60 04 7f 7f 7f 7f 01 7f 60 00 00 60 01 7f 00 60 02 7f 7f 01 7f "
                     "60 03 7f 7f 7f 01 7f 60 00 01 7f] 03 [06 00 01 02 03 04 05] "
                     "04 [01 70 00 01] 05 [01 00 01] "
                     "07 [08 ['a'] 00 00 ['b'] 00 01 ['c'] 00 02 ['d'] 00 03 ['e'] 00 04 "
                     "['f'] 00 05 ['m'] 02 00 ['t'] 01 00]"),
      "02 [01 00 00 00] 06 [08 00 00 01 00 ['a'] 00 00 01 00 ['b'] 00 00 01 00 ['c'] "
      "00 00 01 00 ['d'] 00 00 01 00 ['e'] 00 00 01 00 ['f'] 00 02 01 00 ['m'] "
      "00 01 01 00 ['t']] 03 [01 60 01 7f 00] ",
      "07 [0a 3f 7f 00 66 01 7d 65 00 40 00 01 00 66 01 73 65 01 73 40 01 ['s'] 73 00 73 "
      "43 05 ['a'] 77 ['b'] 77 ['c'] 77 ['d'] 77 ['e'] 77 00 79 40 11 ",
      params17, "01 00 43 00 01 00] 0a [01 00 ['r'] 03 01] 07 [02 68 0a 40 01 ['s'] 73 01 00] ",
      "0a [06 00 ['fa'] 01 03 00 ['fb'] 01 06 00 ['fc'] 01 07 00 ['fd'] 01 08 00 ['fe'] 01 09 "
      "00 ['ff'] 01 0c] ");
}

absl::Status ValidateCanon(std::string_view canon, const Features& features = kAllFeatures) {
  return ValidateText(absl::StrCat(Prelude(), "08 [01 ", canon, "]"), features);
}

// ---- signatures ------------------------------------------------------------------------------

struct Signature {
  std::string_view name;
  std::string_view canon;
  std::string_view type;
};

void PrintTo(const Signature& s, std::ostream* out) { *out << s.name; }

class CanonSignature : public testing::TestWithParam<Signature> {};

// The error of supplying the core func (6) where [v128] -> [] is wanted names its type.
TEST_P(CanonSignature, IsThatOfTheSpecification) {
  const std::string sections =
      absl::StrCat(Prelude(), "08 [01 ", GetParam().canon, "] 02 [01 01 01 ['x'] 00 06] ",
                   CoreModuleText("01 [01 60 01 7b 00] 02 [01 ['a'] ['x'] 00 00]"),
                   "02 [01 00 01 01 ['a'] 12 01]");
  const std::string message(ValidateText(sections).message());
  EXPECT_THAT(message, HasSubstr(absl::StrCat("found func ", GetParam().type, " (at")));
}

INSTANTIATE_TEST_SUITE_P(
    Lower, CanonSignature,
    testing::Values(Signature{"Nothing", "01 00 00 00", "[] -> []"},
                    Signature{"ResultsThroughMemory", "01 00 01 02 03 00 04 00",
                              "[i32 i32 i32] -> []"},
                    Signature{"SeventeenParams", "01 00 03 01 03 00", "[i32] -> []"},
                    Signature{"AsyncParamsAndResult", "01 00 02 02 06 03 00", "[i32 i32] -> [i32]"},
                    Signature{"SyncOfAnAsyncType", "01 00 02 00", "[i64 i64 i64 i64 i64] -> [i32]"},
                    Signature{"AsyncNothing", "01 00 04 01 06", "[] -> [i32]"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Builtins, CanonSignature,
    testing::Values(Signature{"ResourceNew", "02 00", "[i32] -> [i32]"},
                    Signature{"ResourceDrop", "03 0a", "[i32] -> []"},
                    Signature{"ResourceRep", "04 00", "[i32] -> [i32]"},
                    Signature{"BackpressureInc", "24", "[] -> []"},
                    Signature{"BackpressureDec", "25", "[] -> []"},
                    Signature{"TaskReturnNothing", "09 01 00 00", "[] -> []"},
                    Signature{"TaskReturnString", "09 00 73 01 03 00", "[i32 i32] -> []"},
                    Signature{"TaskCancel", "05", "[] -> []"},
                    Signature{"ContextGet", "0a 7f 00", "[] -> [i32]"},
                    Signature{"ContextSet64", "0b 7e 01", "[i64] -> []"},
                    Signature{"SubtaskCancel", "06 01", "[i32] -> [i32]"},
                    Signature{"SubtaskDrop", "0d", "[i32] -> []"},
                    Signature{"StreamNew", "0e 01", "[] -> [i64]"},
                    Signature{"StreamRead", "0f 01 02 06 03 00", "[i32 i32 i32] -> [i32]"},
                    Signature{"StreamWrite", "10 01 02 06 03 00", "[i32 i32 i32] -> [i32]"},
                    Signature{"StreamCancelRead", "11 01 01", "[i32] -> [i32]"},
                    Signature{"StreamCancelWrite", "12 01 00", "[i32] -> [i32]"},
                    Signature{"StreamDropReadable", "13 01", "[i32] -> []"},
                    Signature{"StreamDropWritable", "14 01", "[i32] -> []"},
                    Signature{"FutureNew", "15 02", "[] -> [i64]"},
                    Signature{"FutureRead", "16 02 01 06", "[i32 i32] -> [i32]"},
                    Signature{"FutureWrite", "17 02 00", "[i32 i32] -> [i32]"},
                    Signature{"FutureCancelRead", "18 02 00", "[i32] -> [i32]"},
                    Signature{"FutureCancelWrite", "19 02 00", "[i32] -> [i32]"},
                    Signature{"FutureDropReadable", "1a 02", "[i32] -> []"},
                    Signature{"FutureDropWritable", "1b 02", "[i32] -> []"},
                    Signature{"ErrorContextNew", "1c 01 03 00", "[i32 i32] -> [i32]"},
                    Signature{"ErrorContextDebugMessage", "1d 02 03 00 04 00", "[i32 i32] -> []"},
                    Signature{"ErrorContextDrop", "1e", "[i32] -> []"},
                    Signature{"WaitableSetNew", "1f", "[] -> [i32]"},
                    Signature{"WaitableSetWait", "20 00 00", "[i32 i32] -> [i32]"},
                    Signature{"WaitableSetPoll", "21 01 00", "[i32 i32] -> [i32]"},
                    Signature{"WaitableSetDrop", "22", "[i32] -> []"},
                    Signature{"WaitableJoin", "23", "[i32 i32] -> []"},
                    Signature{"ThreadIndex", "26", "[] -> [i32]"},
                    Signature{"ThreadNewIndirect", "27 00 00", "[i32 i32] -> [i32]"},
                    Signature{"ThreadResumeLater", "28", "[i32] -> []"},
                    Signature{"ThreadSuspend", "29 00", "[] -> [i32]"},
                    Signature{"ThreadYield", "0c 01", "[] -> [i32]"},
                    Signature{"ThreadSuspendThenResume", "2a 00", "[i32] -> [i32]"},
                    Signature{"ThreadYieldThenResume", "2b 00", "[i32] -> [i32]"},
                    Signature{"ThreadSuspendThenPromote", "2c 00", "[i32] -> [i32]"},
                    Signature{"ThreadYieldThenPromote", "2d 00", "[i32] -> [i32]"},
                    Signature{"ThreadSpawnRef", "40 00 00", "[(ref null type) i32] -> [i32]"},
                    Signature{"ThreadSpawnIndirect", "41 00 00 00", "[i32 i32] -> [i32]"},
                    Signature{"ThreadAvailableParallelism", "42 00", "[] -> [i32]"}),
    [](const auto& info) { return std::string(info.param.name); });

// ---- lift ------------------------------------------------------------------------------------

TEST(CanonLift, TakesTheFlattenedSignature) {
  EXPECT_TRUE(ValidateCanon("00 00 01 00 03").ok());
  // (string) -> string: [i32 i32] -> [i32], realloc for the parameter, post-return [i32] -> [].
  EXPECT_TRUE(ValidateCanon("00 00 03 03 03 00 04 00 05 02 06").ok());
  // An async lift with a callback: [] -> [i32].
  EXPECT_TRUE(ValidateCanon("00 00 05 02 06 07 04 09").ok());
  // Seventeen parameters are passed through memory.
  EXPECT_TRUE(ValidateCanon("00 00 02 02 03 00 04 00 08").ok());
}

struct Refused {
  std::string_view name;
  std::string_view canon;
  std::string_view message;
};

void PrintTo(const Refused& r, std::ostream* out) { *out << r.name; }

class CanonRefused : public testing::TestWithParam<Refused> {};

TEST_P(CanonRefused, WithTheRule) {
  const absl::Status status = ValidateCanon(GetParam().canon);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Lift, CanonRefused,
    testing::Values(
        Refused{"WrongSignature", "00 00 02 00 03", "expected [] -> [], found [i32] -> []"},
        Refused{"CoreFuncOutOfBounds", "00 00 09 00 03", "core func index 9"},
        Refused{"NotAFunctionType", "00 00 01 00 01", "type index 1 is not a function type"},
        Refused{"ParamsWithoutMemory", "00 00 03 00 0c", "`memory` is required"},
        Refused{"ParamsWithoutRealloc", "00 00 03 01 03 00 0c", "`realloc` is required"},
        Refused{"ManyParamsWithoutRealloc", "00 00 02 01 03 00 08", "`realloc` is required"},
        Refused{"PostReturnSignature", "00 00 03 03 03 00 04 00 05 01 06",
                "`post-return` uses a core function with an incorrect signature"},
        Refused{"AsyncOfASyncType", "00 00 05 02 06 07 04 03", "requires an async function type"},
        Refused{"AsyncWithPostReturn", "00 00 05 03 06 07 04 05 01 09",
                "cannot be combined with `async`"},
        Refused{"CallbackWithoutAsync", "00 00 01 01 07 04 09", "`callback` requires `async`"},
        Refused{"CallbackSignature", "00 00 05 02 06 07 03 09",
                "`callback` uses a core function with an incorrect signature"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Lower, CanonRefused,
    testing::Values(
        Refused{"FuncOutOfBounds", "01 00 09 00", "func index 9"},
        Refused{"ParamsWithoutMemory", "01 00 05 00", "`memory` is required"},
        Refused{"ResultWithoutRealloc", "01 00 01 01 03 00", "`realloc` is required"},
        Refused{"ManyParamsWithoutMemory", "01 00 03 00", "`memory` is required"},
        Refused{"AsyncResultWithoutMemory", "01 00 02 01 06", "`memory` is required"},
        Refused{"MemoryOutOfBounds", "01 00 00 01 03 05", "core memory index 5"},
        Refused{"ReallocWithoutMemory", "01 00 00 01 04 00", "`memory` is required"},
        Refused{"ReallocSignature", "01 00 00 02 03 00 04 01",
                "`realloc` uses a core function with an incorrect signature"},
        Refused{"PostReturn", "01 00 00 01 05 01", "`post-return` cannot be specified here"},
        Refused{"Callback", "01 00 04 02 06 07 04", "`callback` cannot be specified here"},
        Refused{"AsyncOfASyncType", "01 00 00 01 06", "requires an async function type"}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Builtins, CanonRefused,
    testing::Values(
        Refused{"ResourceNewOfImported", "02 0a", "type index 10 is not a local resource"},
        Refused{"ResourceRepOfImported", "04 0a", "type index 10 is not a local resource"},
        Refused{"ResourceDropOfNoResource", "03 01", "type index 1 is not a resource type"},
        Refused{"TaskReturnWithRealloc", "09 00 73 02 03 00 04 00", "`realloc` cannot"},
        Refused{"TaskReturnWithoutMemory", "09 00 73 00", "`memory` is required"},
        Refused{"TaskReturnOfBorrow", "09 00 0b 00", "cannot return a `borrow`"},
        Refused{"ContextSlot", "0a 7f 02", "context slot 2 is out of bounds"},
        Refused{"StreamNewOfAFuture", "0e 02", "type index 2 is not a stream type"},
        Refused{"FutureNewOfAStream", "15 01", "type index 1 is not a future type"},
        Refused{"StreamReadWithoutMemory", "0f 01 01 06", "`memory` is required"},
        Refused{"StreamReadWithoutRealloc", "0f 04 02 06 03 00", "`realloc` is required"},
        Refused{"FutureReadWithoutRealloc", "16 05 02 06 03 00", "`realloc` is required"},
        Refused{"FutureReadWithCallback", "16 02 02 06 07 04", "`callback` cannot"},
        Refused{"ErrorContextWithoutMemory", "1c 00", "`memory` is required"},
        Refused{"ErrorContextAsync", "1c 02 03 00 06", "`async` cannot"},
        Refused{"DebugMessageWithoutRealloc", "1d 01 03 00", "`realloc` is required"},
        Refused{"WaitableSetMemory", "20 00 07", "core memory index 7"},
        Refused{"ThreadStartType", "27 01 00", "core type index 1"},
        Refused{"ThreadTable", "27 00 01", "core table index 1"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Canon, ContextBuiltinsAgreeOnTheirType) {
  EXPECT_TRUE(ValidateText("08 [02 0a 7f 00 0b 7f 00]").ok());
  EXPECT_THAT(ValidateText("08 [02 0a 7f 00 0b 7e 00]"), wasm::IsInvalid(14, "the same type"));
}

// ---- features --------------------------------------------------------------------------------

TEST(Canon, NamesTheFeatureThatIsOff) {
  EXPECT_THAT(ValidateCanon("06 01", Features()), wasm::NeedsFeature("more_async_builtins"));
  EXPECT_THAT(ValidateCanon("11 01 01", Features()), wasm::NeedsFeature("more_async_builtins"));
  EXPECT_THAT(ValidateCanon("17 02 00", Features()), wasm::NeedsFeature("more_async_builtins"));
  EXPECT_THAT(ValidateCanon("00 00 01 01 06 09", Features()), wasm::NeedsFeature("async_stackful"));
  EXPECT_TRUE(ValidateCanon("00 00 01 01 06 09").ok());
}

TEST(Canon, RefusesSharedAnd64BitMemories) {
  const auto with_memory = [](std::string_view limits) {
    return absl::StrCat(CoreModuleText(absl::StrCat("05 [01 ", limits, "] 07 [01 ['m'] 02 00]")),
                        "02 [01 00 00 00] 06 [01 00 02 01 00 ['m']] 08 [01 20 00 00]");
  };
  EXPECT_TRUE(ValidateText(with_memory("00 01")).ok());
  EXPECT_THAT(ValidateText(with_memory("03 01 02")), wasm::IsInvalid(49, "the memory is shared"));
  EXPECT_THAT(ValidateText(with_memory("04 01")), wasm::NeedsFeature("memory64"));
}

}  // namespace
}  // namespace davit::binary
