#include "runtime/component/linker.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/component/test_host.h"
#include "runtime/component/typed_func.h"

namespace davit::component {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::IsOkAndHolds;
using ::absl_testing::StatusIs;
using ::testing::HasSubstr;

TEST(TypedFunc, CallsWithCppValues) {
  TestInstance calc("examples/calc.wasm");
  auto func = calc.instance().GetFunc("bench:calc/api#echo-string");
  ASSERT_THAT(func, IsOk());
  auto echo = Typed<std::string(std::string_view)>(*func);
  ASSERT_THAT(echo, IsOk());
  engine::CellLock lock(calc.cell());
  EXPECT_THAT(echo->Call(lock, absl::InfiniteFuture(), "hällo"), IsOkAndHolds("hällo"));
}

TEST(TypedFunc, IsRefusedForAnotherType) {
  TestInstance calc("examples/calc.wasm");
  auto func = calc.instance().GetFunc("bench:calc/api#add");
  ASSERT_THAT(func, IsOk());
  EXPECT_THAT((Typed<uint64_t(uint32_t, uint32_t)>(*func)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT((Typed<uint32_t(uint32_t)>(*func)), StatusIs(absl::StatusCode::kInvalidArgument));
}

// Satisfies relay's imports from the host.
std::shared_ptr<Linker> CalcInTheHost() {
  auto linker = std::make_shared<Linker>();
  const auto echo = [](const canon::ValArgs& args, canon::ValArgs& results) {
    *results.Add() = args[0];
    return absl::OkStatus();
  };
  EXPECT_THAT(linker->DefineFunc("bench:calc/api", "add",
                                 OverValues<uint32_t(uint32_t, uint32_t)>(
                                     [](uint32_t a, uint32_t b) -> absl::StatusOr<uint32_t> {
                                       if (b == 13) return absl::UnavailableError("unlucky");
                                       return a + b;
                                     })),
              IsOk());
  EXPECT_THAT(linker->DefineFunc("bench:calc/api", "echo-string", OverVals(echo)), IsOk());
  EXPECT_THAT(linker->DefineFunc("bench:calc/api", "echo-records", OverVals(echo)), IsOk());
  return linker;
}

TEST(Linker, SatisfiesImportsByHostFunctions) {
  TestInstance guest("tests/guests/wat/relay.wasm", {}, CalcInTheHost());
  EXPECT_THAT(guest.Call("loop-add(10)"), IsOkAndHolds("55"));
  EXPECT_THAT(guest.Call("loop-string(3)"), IsOkAndHolds("1024"));
  EXPECT_THAT(guest.Call("loop-records(3)"), IsOkAndHolds("100"));
}

TEST(Linker, EndsTheGuestWithTheStatusOfAFailedHostFunction) {
  TestInstance guest("tests/guests/wat/relay.wasm", {}, CalcInTheHost());
  EXPECT_THAT(guest.Call("loop-add(13)"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("unlucky")));
  EXPECT_THAT(guest.Call("loop-add(1)"), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(Linker, EndsTheGuestWhenAHostFunctionAnswersWhatIsNoResult) {
  auto linker = std::make_shared<Linker>();
  const auto wrong = [](const canon::ValArgs&, canon::ValArgs& results) {
    results.Add()->set_string("7");
    return absl::OkStatus();
  };
  ASSERT_THAT(linker->DefineFunc("bench:calc/api", "add", OverVals(wrong)), IsOk());
  const auto invalid = [](const std::string&) -> absl::StatusOr<std::string> { return "\xff"; };
  ASSERT_THAT(linker->DefineFunc("bench:calc/api", "echo-string",
                                 OverValues<std::string(std::string)>(invalid)),
              IsOk());
  ASSERT_THAT(linker->DefineFunc("bench:calc/api", "echo-records", OverVals(wrong)), IsOk());
  for (const char* call : {"loop-add(1)", "loop-string(1)", "loop-records(1)"}) {
    TestInstance guest("tests/guests/wat/relay.wasm", {}, linker);
    EXPECT_THAT(guest.Call(call),
                StatusIs(absl::StatusCode::kInternal, HasSubstr("the host's function")));
    EXPECT_THAT(guest.instance().poison(), StatusIs(absl::StatusCode::kInternal))
        << "it stopped in the middle of a call";
  }
}

TEST(Linker, TellsWhenATypedHostFunctionDoesNotFit) {
  auto linker = std::make_shared<Linker>();
  ASSERT_THAT(
      linker->DefineFunc("bench:calc/api", "add",
                         OverValues<uint32_t(std::string)>(
                             [](const std::string&) -> absl::StatusOr<uint32_t> { return 0; })),
      IsOk());
  const absl::Status status =
      InstantiateStatus("tests/guests/wat/relay.wasm", {}, std::move(linker));
  EXPECT_THAT(base::UnsatisfiedImportsOf(status),
              ::testing::Contains(HasSubstr("the host's differs")));
}

TEST(Linker, RefusesASecondDefinition) {
  auto linker = CalcInTheHost();
  EXPECT_THAT(linker->DefineFunc("bench:calc/api", "add", HostFunction()),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

}  // namespace
}  // namespace davit::component
