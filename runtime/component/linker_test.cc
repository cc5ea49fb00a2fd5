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

// What a host that offers test:io has for C++ types.
class Input;
class Output;
using canon::Borrow;
using canon::Own;
using handles::Rep;

constexpr std::string_view kStreams = "test:io/streams@0.2.12";

// A host of test:io, whose `check` and `write` are to be added.
class TwoTracksTest : public ::testing::Test {
 protected:
  TwoTracksTest() {
    const auto drop = [this](uint32_t rep) {
      dropped_.push_back(rep);
      return absl::OkStatus();
    };
    EXPECT_THAT(linker_->DefineResource<Input>(kStreams, "input", drop), IsOk());
    EXPECT_THAT(linker_->DefineResource<Output>(kStreams, "output", drop), IsOk());
    Define(kStreams, "open", OverValues<Own<Input>()>([this]() -> absl::StatusOr<Own<Input>> {
             return Own<Input>{Rep(++opened_)};
           }));
    Define(kStreams, "read", OverValues<uint32_t(Borrow<Input>)>(&ReadRep));
    Define(kStreams, "create", OverValues<Own<Output>()>([]() -> absl::StatusOr<Own<Output>> {
             return Own<Output>{Rep(100)};
           }));
  }

  static absl::StatusOr<uint32_t> ReadRep(Borrow<Input> self) { return self.rep.value; }
  void Define(std::string_view interface, std::string_view name, HostFunction function) {
    EXPECT_THAT(linker_->DefineFunc(interface, name, std::move(function)), IsOk());
  }
  template <typename Of>
  void DefineWrite() {
    Define(kStreams, "write", OverValues<void(Borrow<Of>, uint32_t)>([](Borrow<Of> self, uint32_t) {
             return self.rep == Rep(100) ? absl::OkStatus() : absl::InternalError("not the output");
           }));
  }
  template <typename Of>
  void DefineCheck() {
    Define("test:io/pipes@0.2.12", "check",
           OverValues<uint32_t(std::optional<Of>)>(
               [](std::optional<Of>) -> absl::StatusOr<uint32_t> { return 1000; }));
  }
  std::vector<std::string> Unsatisfied() {
    return base::UnsatisfiedImportsOf(
        InstantiateStatus("tests/guests/wat/two_tracks.wasm", {}, linker_));
  }

  std::shared_ptr<Linker> linker_ = std::make_shared<Linker>();
  uint32_t opened_ = 0;
  std::vector<uint32_t> dropped_;
};

TEST_F(TwoTracksTest, AResourceIsTheSameInVersionsThatAreCompatible) {
  DefineWrite<Output>();
  DefineCheck<Own<Input>>();
  TestInstance guest("tests/guests/wat/two_tracks.wasm", {}, linker_);
  EXPECT_THAT(guest.Call("run()"), IsOkAndHolds("1003"));
  EXPECT_THAT(dropped_, ::testing::ElementsAre(1, 100));
}

TEST_F(TwoTracksTest, AFunctionForAnotherResourceDoesNotFit) {
  DefineWrite<Input>();
  DefineCheck<Own<Output>>();
  EXPECT_THAT(
      Unsatisfied(),
      ::testing::UnorderedElementsAre(
          ::testing::AllOf(HasSubstr("streams@0.2.12#write"),
                           HasSubstr("is for the resource test:io/streams@0.2.12#input, not for "
                                     "test:io/streams@0.2.12#output")),
          ::testing::AllOf(HasSubstr("pipes@0.2.12#check"),
                           HasSubstr("is for the resource test:io/streams@0.2.12#output"))));
}

TEST_F(TwoTracksTest, AFunctionForAResourceThatIsNotDefinedDoesNotFit) {
  class Unknown;
  DefineWrite<Unknown>();
  DefineCheck<canon::OwnRep>();
  EXPECT_THAT(Unsatisfied(), ::testing::ElementsAre(HasSubstr("that nothing was defined as")));
}

TEST_F(TwoTracksTest, AnAliasOfAResourceIsThatResource) {
  EXPECT_THAT(linker_->DefineResourceAlias(kStreams, "input", "test:io/pipes@0.2.12", "input"),
              IsOk());
  DefineWrite<Output>();
  DefineCheck<Own<Input>>();
  EXPECT_THAT(Unsatisfied(), ::testing::IsEmpty());
}

TEST(Linker, KnowsAnAliasOfAResourceByTheSameCppType) {
  auto linker = std::make_shared<Linker>();
  const auto keep = [](uint32_t) { return absl::OkStatus(); };
  ASSERT_THAT(linker->DefineResource<Input>("test:files/streams", "input", keep), IsOk());
  ASSERT_THAT(linker->DefineResourceAlias("test:files/streams", "input", kStreams, "input"),
              IsOk());
  ASSERT_THAT(linker->DefineFunc(kStreams, "read",
                                 OverValues<uint32_t(Borrow<Input>)>(
                                     [](Borrow<Input>) -> absl::StatusOr<uint32_t> { return 0; })),
              IsOk());
  const absl::Status status =
      linker->CheckImports(*CompileGuest("tests/guests/wat/two_tracks.wasm"));
  EXPECT_THAT(base::UnsatisfiedImportsOf(status),
              ::testing::Not(::testing::Contains(HasSubstr("#read"))));
}

TEST(Linker, RefusesACppTypeForTwoResources) {
  Linker linker;
  const auto keep = [](HostState&, uint32_t) { return absl::OkStatus(); };
  EXPECT_THAT(linker.DefineResource<Input>(kStreams, "input", keep), IsOk());
  EXPECT_THAT(linker.DefineResource<Input>(kStreams, "output", keep),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("#input")));
  EXPECT_THAT(linker.DefineResource<Output>(kStreams, "input", keep),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST(TypedFunc, IsRefusedForAResourceOfTheHost) {
  TestInstance guest("tests/guests/wat/handles.wasm");
  auto take = guest.instance().GetFunc("take");
  ASSERT_THAT(take, IsOk());
  EXPECT_THAT((Typed<uint32_t(Own<Input>)>(*take)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("of the host")));
}

}  // namespace
}  // namespace davit::component
