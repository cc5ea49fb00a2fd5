// Guests that trap, run on, exhaust what they have, or answer what is no value: the call says what
// happened, the instance is poisoned where the guest was cut off, and the server serves on.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "client/call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;
using ::testing::HasSubstr;

// Deadlines are waited for: the server keeps as much of one for its answer as it can.
constexpr char kConfig[] = "deadlines { margin_ms: 10000 }";

class BadGuestTest : public DavitdTest {
 protected:
  static void SetUpTestSuite() { StartServer(kConfig); }
  void TearDown() override { ExpectServes(); }

  // The instance refuses any further call and says why, in text and as a detail.
  static void ExpectPoisoned(const std::string& instance, std::string_view call,
                             const std::string& trap) {
    const auto refused = Call(instance, call);
    EXPECT_THAT(refused, Fails(StatusCode::kFailedPrecondition, "INSTANCE_POISONED", "first trap"));
    EXPECT_EQ(Detail<v1::TrapInfo>(refused).code(), trap);
    const auto described = client().GetInstance(instance);
    ASSERT_THAT(described, IsOk());
    EXPECT_EQ(described->state(), v1::Instance::STATE_POISONED);
    EXPECT_NE(described->poison_reason(), "");
  }
};

// -- Traps --

struct Failing {
  std::string function;  // without arguments
  std::string trap;
  std::string text;
};
void PrintTo(const Failing& failing, std::ostream* out) { *out << failing.function; }
std::string NameOf(const testing::TestParamInfo<Failing>& info) {
  std::string name = info.param.function;
  std::erase(name, '-');
  return name;
}

class CoreTrapTest : public BadGuestTest, public testing::WithParamInterface<Failing> {};

TEST_P(CoreTrapTest, IsToldWithItsFramesAndPoisons) {
  const Failing& failing = GetParam();
  const std::string traps = Instance("traps");
  const auto trapped = Call(traps, failing.function + "()");
  EXPECT_THAT(trapped, Fails(StatusCode::kUnknown, "GUEST_TRAP", failing.text));
  EXPECT_THAT(trapped, TrapsWith(failing.trap, failing.text));
  const auto info = Detail<v1::TrapInfo>(trapped);
  EXPECT_EQ(info.instance(), traps);
  ASSERT_GE(info.frames_size(), 1);
  EXPECT_EQ(info.frames(0).module(), "traps");
  ExpectPoisoned(traps, "ok()", failing.trap);
}

INSTANTIATE_TEST_SUITE_P(
    Traps, CoreTrapTest,
    testing::Values(Failing{"unreachable", "UNREACHABLE", "unreachable"},
                    Failing{"memory-out-of-bounds", "MEMORY_OUT_OF_BOUNDS", "memory"},
                    Failing{"table-out-of-bounds", "TABLE_OUT_OF_BOUNDS", "table"},
                    Failing{"indirect-call-type-mismatch", "INDIRECT_CALL_TYPE_MISMATCH", ""},
                    Failing{"divide-by-zero", "INTEGER_DIVIDE_BY_ZERO", "zero"},
                    Failing{"integer-overflow", "INTEGER_OVERFLOW", ""},
                    Failing{"float-unrepresentable", "FLOAT_UNREPRESENTABLE", ""}),
    NameOf);

TEST_F(BadGuestTest, ABacktraceHasEveryFrameInnermostFirst) {
  const auto trapped = Call(Instance("traps"), "deep-unreachable()");
  const auto info = Detail<v1::TrapInfo>(trapped);
  ASSERT_GE(info.frames_size(), 11);
  EXPECT_EQ(info.frames(0).function(), "descend");
  EXPECT_EQ(info.frames(10).function(), "descend");
}

TEST_F(BadGuestTest, ATrapOnAFreshInstanceNamesNone) {
  const auto trapped = Call(Component("traps"), "unreachable()");
  EXPECT_THAT(trapped, TrapsWith("UNREACHABLE", ""));
  EXPECT_EQ(Detail<v1::TrapInfo>(trapped).instance(), "");
}

TEST_F(BadGuestTest, APanicInRustIsUnreachable) {
  const std::string values = Instance("values");
  EXPECT_THAT(Call(values, R"(test:values/faults#panic("at the disco"))"),
              TrapsWith("UNREACHABLE", ""));
  ExpectPoisoned(values, "test:values/faults#calls()", "UNREACHABLE");
}

TEST_F(BadGuestTest, APoisonedInstanceCanBeDeletedAndItsNameUsedAgain) {
  v1::CreateInstanceRequest request;
  request.set_instance_id("phoenix");
  const std::string first = Instance("traps", request);
  EXPECT_THAT(Call(first, "unreachable()"), TrapsWith("UNREACHABLE", ""));
  EXPECT_THAT(client().DeleteInstance(first), IsOk());
  const std::string second = Instance("traps", request);
  EXPECT_EQ(first, second);
  EXPECT_THAT(Call(second, "ok()"), IsOkAndHolds("7"));
}

// -- Limits --

TEST_F(BadGuestTest, AnEndlessLoopEndsAtTheDeadline) {
  std::string traps;
  const auto expired = ToldAtDeadline([&](client::Client& impatient) {
    traps = Instance("traps");
    return client::Call<void>(impatient, traps, "loop-forever");
  });
  EXPECT_THAT(expired, Fails(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", ""));
  EXPECT_EQ(Detail<v1::TimeoutInfo>(expired).phase(), v1::TimeoutInfo::PHASE_GUEST);
  EXPECT_THAT(expired, TrapsWith("TERMINATED", ""));
  ExpectPoisoned(traps, "ok()", "TERMINATED");
}

TEST_F(BadGuestTest, AStartFunctionThatNeverEndsIsEndedAtTheDeadline) {
  v1::CreateInstanceRequest request;
  request.set_component(Component("start_loops"));
  EXPECT_THAT(
      ToldAtDeadline([&](client::Client& impatient) { return impatient.Instantiate(request); }),
      Fails(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", ""));
}

TEST_F(BadGuestTest, AStartFunctionThatTrapsFailsInstantiation) {
  v1::CreateInstanceRequest request;
  request.set_component(Component("start_traps"));
  const auto refused = client().Instantiate(request);
  EXPECT_THAT(refused, Fails(StatusCode::kUnknown, "GUEST_TRAP", ""));
  EXPECT_THAT(refused, TrapsWith("UNREACHABLE", ""));
}

TEST_F(BadGuestTest, AStackThatOverflowsIsALimit) {
  for (const char* guest : {"traps", "values"}) {
    const std::string instance = Instance(guest);
    const std::string call =
        guest == std::string("traps") ? "stack-overflow()" : "test:values/faults#overflow-stack()";
    const auto overflown = Call(instance, call);
    EXPECT_THAT(overflown, Fails(StatusCode::kResourceExhausted, "GUEST_LIMIT", "stack"));
    EXPECT_THAT(overflown, TrapsWith("STACK_OVERFLOW", "stack"));
    EXPECT_LE(Detail<v1::TrapInfo>(overflown).frames_size(), 64);
  }
}

TEST_F(BadGuestTest, MemoryDoesNotGrowPastItsCap) {
  constexpr uint64_t kPage = 64 << 10;
  v1::CreateInstanceRequest request;
  request.mutable_limits()->set_memory_bytes(16 * kPage);
  const std::string traps = Instance("traps", request);
  EXPECT_THAT(Call(traps, "grow-memory(15)"), IsOkAndHolds("1"));
  EXPECT_THAT(Call(traps, "grow-memory(1)"), IsOkAndHolds("-1"))
      << "what memory.grow says, no trap";
  EXPECT_THAT(Call(traps, "grow-memory(65535)"), IsOkAndHolds("-1"));
  EXPECT_THAT(Call(traps, "ok()"), IsOkAndHolds("7"));
  const auto described = client().GetInstance(traps);
  ASSERT_THAT(described, IsOk());
  EXPECT_EQ(described->memory_bytes(), 16 * kPage);
}

TEST_F(BadGuestTest, AProgramThatRunsOutOfMemoryTraps) {
  v1::CreateInstanceRequest request;
  request.mutable_limits()->set_memory_bytes(4 << 20);
  const std::string values = Instance("values", request);
  EXPECT_THAT(Call(values, "test:values/faults#allocate(65536)"), IsOkAndHolds("65536"));
  EXPECT_THAT(Call(values, "test:values/faults#allocate(8388608)"), TrapsWith("UNREACHABLE", ""));
}

TEST_F(BadGuestTest, AMemoryThatStartsOverItsCapIsRefused) {
  v1::CreateInstanceRequest request;
  request.set_component(Component("big_memory"));
  EXPECT_EQ(client().Instantiate(request).status().code(), StatusCode::kResourceExhausted);
}

TEST_F(BadGuestTest, TablesDoNotGrowPastTheirCap) {
  const std::string traps = Instance("traps");
  EXPECT_THAT(Call(traps, "grow-table(4294967295)"), IsOkAndHolds("-1"));
  EXPECT_THAT(Call(traps, "grow-extern-table(4294967295)"), IsOkAndHolds("-1"));
  EXPECT_THAT(Call(traps, "ok()"), IsOkAndHolds("7"));
}

TEST_F(BadGuestTest, OneHandleTooManyIsATrap) {
  v1::CreateInstanceRequest request;
  request.mutable_limits()->set_handles(10);
  const std::string handles = Instance("handles", request);
  EXPECT_THAT(Call(handles, "make-and-drop(600)"), IsOkAndHolds(""));
  EXPECT_THAT(Call(handles, "hoard(10)"), IsOkAndHolds(""));
  EXPECT_THAT(Call(handles, "hoard(1)"), TrapsWith("HANDLE_TABLE_FULL", ""));
}

TEST_F(BadGuestTest, AResultOverTheCopyLimitIsATrap) {
  v1::CreateInstanceRequest request;
  request.mutable_limits()->set_host_copy_bytes(1000);
  const std::string blocks = Instance("blocks", request);
  EXPECT_THAT(Call(blocks, R"(test:blocks/api#repeat("x", 100))"), IsOk());
  EXPECT_THAT(Call(blocks, R"(test:blocks/api#repeat("x", 2000))"),
              TrapsWith("HOST_COPY_LIMIT", ""));
}

// -- Handles --

TEST_F(BadGuestTest, AHandleThatIsNoneIsATrap) {
  EXPECT_THAT(Call(Component("handles"), "forge(77)"), TrapsWith("UNKNOWN_HANDLE", ""));
  EXPECT_THAT(Call(Component("handles"), "rep-of(0)"), TrapsWith("UNKNOWN_HANDLE", ""));
  EXPECT_THAT(Call(Component("handles"), "drop-twice()"), TrapsWith("UNKNOWN_HANDLE", ""));
}

// -- Results that are no values --

class BadResultTest : public BadGuestTest, public testing::WithParamInterface<Failing> {};

TEST_P(BadResultTest, IsATrapNamedForItsRule) {
  const Failing& failing = GetParam();
  const std::string guest = Instance("bad_results");
  const auto trapped = Call(guest, failing.function + "()");
  EXPECT_THAT(trapped, Fails(StatusCode::kUnknown, "GUEST_TRAP", ""));
  EXPECT_THAT(trapped, TrapsWith(failing.trap, failing.text));
  ExpectPoisoned(guest, "odd-bool()", failing.trap);
}

INSTANTIATE_TEST_SUITE_P(
    Pointers, BadResultTest,
    testing::Values(Failing{"area-misaligned", "POINTER_MISALIGNED", ""},
                    Failing{"area-out-of-bounds", "POINTER_OUT_OF_BOUNDS", ""},
                    Failing{"area-past-the-end-by-one", "POINTER_OUT_OF_BOUNDS", ""},
                    Failing{"string-out-of-bounds", "POINTER_OUT_OF_BOUNDS", ""},
                    Failing{"string-wraps-around", "STRING_TOO_LONG", ""},
                    Failing{"string-too-long", "STRING_TOO_LONG", ""},
                    Failing{"empty-string-out-of-bounds", "POINTER_OUT_OF_BOUNDS", ""},
                    Failing{"list-out-of-bounds", "POINTER_OUT_OF_BOUNDS", ""},
                    Failing{"list-misaligned", "POINTER_MISALIGNED", ""},
                    Failing{"list-wraps-around", "LIST_TOO_LONG", ""},
                    Failing{"list-too-long", "LIST_TOO_LONG", ""},
                    Failing{"list-inner-out-of-bounds", "POINTER_OUT_OF_BOUNDS", ""}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(Strings, BadResultTest,
                         testing::Values(Failing{"string-not-utf8", "INVALID_STRING", ""},
                                         Failing{"string-overlong", "INVALID_STRING", ""},
                                         Failing{"string-surrogate", "INVALID_STRING", ""},
                                         Failing{"string-cut-short", "INVALID_STRING", ""}),
                         NameOf);

INSTANTIATE_TEST_SUITE_P(
    Discriminants, BadResultTest,
    testing::Values(Failing{"enum-discriminant", "INVALID_DISCRIMINANT", ""},
                    Failing{"variant-discriminant", "INVALID_DISCRIMINANT", ""},
                    Failing{"option-discriminant", "INVALID_DISCRIMINANT", ""},
                    Failing{"result-discriminant", "INVALID_DISCRIMINANT", ""},
                    Failing{"list-of-options-discriminant", "INVALID_DISCRIMINANT", ""},
                    Failing{"char-surrogate", "INVALID_CHAR", ""},
                    Failing{"char-too-large", "INVALID_CHAR", ""}),
    NameOf);

TEST_F(BadGuestTest, WhatOnlyLooksWrongIsAValue) {
  const std::string guest = Component("bad_results");
  EXPECT_THAT(Call(guest, "odd-bool()"), IsOkAndHolds("true"));
  EXPECT_THAT(Call(guest, "odd-u8()"), IsOkAndHolds("255"));
  EXPECT_THAT(Call(guest, "odd-s8()"), IsOkAndHolds("-128"));
  EXPECT_THAT(Call(guest, "odd-flags()"), IsOkAndHolds("{y}"));
  EXPECT_THAT(Call(guest, "odd-empty-string()"), IsOkAndHolds(R"("")"));
}

// -- Allocators --

struct Allocator {
  std::string behaviour;
  std::string trap;
};
void PrintTo(const Allocator& allocator, std::ostream* out) { *out << allocator.behaviour; }

class BadReallocTest : public BadGuestTest, public testing::WithParamInterface<Allocator> {};

TEST_P(BadReallocTest, IsATrapAndPoisons) {
  const std::string guest = Instance("bad_realloc");
  EXPECT_THAT(Call(guest, "take-u64s([1, 2])"), IsOkAndHolds("2"));
  EXPECT_THAT(Call(guest, absl::StrCat("behave(", GetParam().behaviour, ")")), IsOk());
  EXPECT_THAT(Call(guest, "take-u64s([1, 2])"), TrapsWith(GetParam().trap, ""));
  ExpectPoisoned(guest, "calls()", GetParam().trap);
}

INSTANTIATE_TEST_SUITE_P(Realloc, BadReallocTest,
                         testing::Values(Allocator{"misaligned", "POINTER_MISALIGNED"},
                                         Allocator{"out-of-bounds", "POINTER_OUT_OF_BOUNDS"},
                                         Allocator{"over-the-end", "POINTER_OUT_OF_BOUNDS"},
                                         Allocator{"wraps-around", "POINTER_OUT_OF_BOUNDS"},
                                         Allocator{"traps", "UNREACHABLE"}),
                         [](const auto& info) {
                           std::string name = info.param.behaviour;
                           std::erase(name, '-');
                           return name;
                         });

TEST_F(BadGuestTest, AnAllocatorThatLoopsEndsAtTheDeadline) {
  const auto expired = ToldAtDeadline([](client::Client& impatient) {
    const std::string guest = Instance("bad_realloc");
    EXPECT_THAT(Call(guest, "behave(loops)"), IsOk());
    return client::Call<uint32_t>(impatient, guest, "take-string", "x");
  });
  EXPECT_THAT(expired, Fails(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", ""));
}

TEST_F(BadGuestTest, AnAllocatorThatGrowsTheMemoryIsFine) {
  const std::string guest = Instance("bad_realloc");
  EXPECT_THAT(Call(guest, "behave(grows)"), IsOk());
  EXPECT_THAT(Call(guest, R"(take-strings(["a", "b", "c"]))"), IsOkAndHolds("3"));
}

// -- Imports --

TEST_F(BadGuestTest, EveryUnsatisfiedImportIsListedWithItsType) {
  v1::CreateInstanceRequest request;
  request.set_component(Component("imports"));
  const auto refused = client().Instantiate(request);
  EXPECT_THAT(refused, Fails(StatusCode::kFailedPrecondition, "IMPORTS_UNSATISFIED", ""));
  std::string all;
  for (const auto& violation : Detail<google::rpc::PreconditionFailure>(refused).violations()) {
    EXPECT_EQ(violation.type(), "IMPORT");
    absl::StrAppend(&all, violation.subject(), "\n");
  }
  for (const char* import :
       {"test:imports/log@1.2.3", "write", "enabled", "test:imports/store@1.2.3", "bucket",
        "now: func() -> u64", "random: func(count: u32) -> list<u8>"}) {
    EXPECT_THAT(all, HasSubstr(import));
  }
}

}  // namespace
}  // namespace davit::integration
