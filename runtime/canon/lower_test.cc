#include "gtest/gtest.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/transfer.h"
#include "runtime/canon/vals/test_vals.h"
#include "runtime/canon/vals/vals.h"

// What reaches a guest, and what its realloc and out-pointers must be.
namespace davit::canon {
namespace {

using base::TrapCode;

constexpr uint32_t kPage = 64 * 1024;  // bytes of TestMemory
constexpr CoreSlot kGarbage = 0xdddddddddddddddd;
constexpr std::string_view kManyParams =
    "tuple<u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32>";

class Lower : public testing::Test {
 protected:
  // The flat parameters of func(p: `type`), or an error.
  absl::StatusOr<std::vector<CoreSlot>> Param(std::string_view type, std::string_view value) {
    const auto plan = PlanOf({TypeOf(type)});
    const ValArgs args = ArgsOf({value});
    EXPECT_EQ(CheckArgs(*plan, args), absl::OkStatus());
    std::vector<CoreSlot> slots(plan->lift_slots(), kGarbage);
    absl::Status status = LowerParams(*plan, guest.context, args, absl::MakeSpan(slots));
    if (!status.ok()) return status;
    return slots;
  }
  std::vector<CoreSlot> Slots(std::string_view type, std::string_view value) {
    const auto slots = Param(type, value);
    EXPECT_EQ(slots.status(), absl::OkStatus());
    return slots.ok() ? *slots : std::vector<CoreSlot>{};
  }
  TrapCode Trap(std::string_view type, std::string_view value) {
    return TrapCodeOf(Param(type, value).status());
  }
  // func() -> `type`, where the guest has passed `pointer` for the result.
  absl::Status Result(std::string_view type, std::string_view value, uint32_t pointer) {
    const auto plan = PlanOf({}, TypeOf(type));
    std::vector<CoreSlot> slots(plan->lower_slots(), pointer);
    return LowerResult(*plan, guest.context, ArgsOf({value}), absl::MakeSpan(slots));
  }

  TestGuest guest;
};

TEST_F(Lower, SignedIntegersAreSignExtendedTo32Bits) {
  EXPECT_EQ(Slots("s8", "s8: -1"), (std::vector<CoreSlot>{0xffffffff}));
  EXPECT_EQ(Slots("s16", "s16: -2"), (std::vector<CoreSlot>{0xfffffffe}));
  EXPECT_EQ(Slots("s32", "s32: -3"), (std::vector<CoreSlot>{0xfffffffd}));
  EXPECT_EQ(Slots("s64", "s64: -4"), (std::vector<CoreSlot>{0xfffffffffffffffc}));
}

TEST_F(Lower, FloatsGoAsTheirBits) {
  EXPECT_EQ(Slots("f32", "f32: -0.0"), (std::vector<CoreSlot>{0x80000000}));
  EXPECT_EQ(Slots("f64", "f64: 1"), (std::vector<CoreSlot>{0x3ff0000000000000}));
}

TEST_F(Lower, NaNsKeepTheirBits) {
  ValArgs args;
  args.Add()->set_f32(std::bit_cast<float>(0x7fa00001u));
  args.Add()->mutable_f64_list()->add_values(std::bit_cast<double>(0x7ff0000000000001u));
  const auto plan = PlanOf({TypeOf("f32"), TypeOf("list<f64>")});
  std::vector<CoreSlot> slots(3);
  ASSERT_EQ(LowerParams(*plan, guest.context, args, absl::MakeSpan(slots)), absl::OkStatus());
  EXPECT_EQ(slots[0], 0x7fa00001u);
  EXPECT_EQ(guest.memory.Get<uint64_t>(slots[1]), 0x7ff0000000000001u);
}

TEST_F(Lower, UnusedSlotsOfAVariantAreZero) {
  EXPECT_EQ(Slots("variant{a,b(tuple<u64,f32>),c(u8)}", "variant { case: \"a\" }"),
            (std::vector<CoreSlot>{0, 0, 0}));
  EXPECT_EQ(
      Slots("variant{a,b(tuple<u64,f32>),c(u8)}", "variant { case: \"c\" payload { u8: 7 } }"),
      (std::vector<CoreSlot>{2, 7, 0}));
}

TEST_F(Lower, AlternativePayloadsAreReinterpreted) {
  EXPECT_EQ(Slots("result<u32,f32>", "result { err { value { f32: 1.5 } } }"),
            (std::vector<CoreSlot>{1, 0x3fc00000}));
  EXPECT_EQ(Slots("result<u64,f32>", "result { err { value { f32: -1.5 } } }"),
            (std::vector<CoreSlot>{1, 0xbfc00000}));
  EXPECT_EQ(Slots("result<f64,s32>", "result { err { value { s32: -1 } } }"),
            (std::vector<CoreSlot>{1, 0xffffffff}));
}

TEST_F(Lower, RecordFieldsMayComeInAnyOrder) {
  const std::string_view swapped =
      "record { fields { name: \"b\" value { u16: 2 } } fields { name: \"a\" value { u8: 1 } } }";
  EXPECT_EQ(Slots("record{a:u8,b:u16}", swapped), (std::vector<CoreSlot>{1, 2}));
}

TEST_F(Lower, ManyRecordFieldsMayComeInAnyOrder) {
  std::string type = "record{", value = "record { ";
  for (int i = 0; i < 20; ++i) {
    type += (i == 0 ? "f" : ",f") + std::to_string(i) + ":u8";
    value += "fields { name: \"f" + std::to_string(19 - i) +
             "\" value { u8: " + std::to_string(19 - i) + " } } ";
  }
  const std::vector<CoreSlot> slots = Slots(type + "}", value + "}");
  ASSERT_EQ(slots.size(), 1u);  // a pointer: more than 16
  for (uint8_t i = 0; i < 20; ++i) EXPECT_EQ(guest.memory.Get<uint8_t>(slots[0] + i), i);
}

TEST_F(Lower, FlagsMayComeInAnyOrder) {
  EXPECT_EQ(Slots("flags{a,b,c}", "flags { labels: [\"c\", \"a\"] }"), (std::vector<CoreSlot>{5}));
}

TEST_F(Lower, PlainAndPackedListsAreTheSame) {
  const auto packed = Slots("list<s16>", "s16_list { values: [-1, 2] }");
  const auto plain = Slots("list<s16>", "list { items { s16: -1 } items { s16: 2 } }");
  EXPECT_EQ(guest.memory.Read(packed[0], 4), "\xff\xff\x02" + std::string(1, '\0'));
  EXPECT_EQ(guest.memory.Read(plain[0], 4), guest.memory.Read(packed[0], 4));
}

TEST_F(Lower, FixedListsTakeBothFormsInSlotsAndInMemory) {
  EXPECT_EQ(Slots("list<u16,2>", "u16_list { values: [5, 6] }"), (std::vector<CoreSlot>{5, 6}));
  EXPECT_EQ(Slots("list<u16,2>", "list { items { u16: 5 } items { u16: 6 } }"),
            (std::vector<CoreSlot>{5, 6}));
  const auto slots = Slots("list<u8,20>", "u8_list: \"abcdefghijklmnopqrst\"");
  ASSERT_EQ(slots.size(), 1u);
  EXPECT_EQ(guest.memory.Read(slots[0], 20), "abcdefghijklmnopqrst");
}

TEST_F(Lower, EmptyListsCallRealloc) {
  Slots("list<u32>", "u32_list {}");
  EXPECT_EQ(guest.memory.calls(), (std::vector<ReallocCall>{{0, 0, 4, 0}}));
}

TEST_F(Lower, ManyParamsGoToAnAreaWithTheirAlignment) {
  const auto plan = PlanOf({TypeOf(kManyParams), TypeOf("u64")});
  ValArgs args;
  for (int i = 0; i < 17; ++i) args.Add();
  args.Clear();
  v1::TupleVal* tuple = args.Add()->mutable_tuple();
  for (int i = 0; i < 17; ++i) tuple->add_items()->set_u32(i);
  args.Add()->set_u64(99);
  std::vector<CoreSlot> slots(1);
  ASSERT_EQ(LowerParams(*plan, guest.context, args, absl::MakeSpan(slots)), absl::OkStatus());
  EXPECT_EQ(guest.memory.calls(), (std::vector<ReallocCall>{{0, 0, 8, 80}}));
  EXPECT_EQ(guest.memory.Get<uint32_t>(slots[0] + 64), 16u);
  EXPECT_EQ(guest.memory.Get<uint64_t>(slots[0] + 72), 99u);
}

TEST_F(Lower, ReallocsPointerMustBeAligned) {
  guest.memory.AnswerRealloc(34);
  EXPECT_EQ(Trap("list<u32>", "u32_list { values: 1 }"), TrapCode::kPointerMisaligned);
  guest.memory.AnswerRealloc(34);
  EXPECT_EQ(Trap("list<u32>", "u32_list {}"), TrapCode::kPointerMisaligned);
  guest.memory.AnswerRealloc(34);
  EXPECT_EQ(Trap("map<u8,u32>", "map {}"), TrapCode::kPointerMisaligned);
}

TEST_F(Lower, ReallocsPointerMustBeInBounds) {
  guest.memory.AnswerRealloc(kPage - 8);
  EXPECT_EQ(Trap("list<u32>", "u32_list { values: [1, 2] }"), TrapCode::kUnspecified);
  guest.memory.AnswerRealloc(kPage - 4);
  EXPECT_EQ(Trap("list<u32>", "u32_list { values: [1, 2] }"), TrapCode::kPointerOutOfBounds);
  guest.memory.AnswerRealloc(0xfffffffc);
  EXPECT_EQ(Trap("list<u32>", "u32_list {}"), TrapCode::kPointerOutOfBounds);
}

TEST_F(Lower, MisalignmentIsToldBeforeBounds) {
  guest.memory.AnswerRealloc(0xffffffff);
  EXPECT_EQ(Trap("list<u32>", "u32_list { values: 1 }"), TrapCode::kPointerMisaligned);
}

TEST_F(Lower, TheAreaOfParamsIsChecked) {
  const std::string value = [] {
    std::string text = "tuple { ";
    for (int i = 0; i < 17; ++i) text += "items { u32: 1 } ";
    return text + "}";
  }();
  guest.memory.AnswerRealloc(34);
  EXPECT_EQ(Trap(kManyParams, value), TrapCode::kPointerMisaligned);
  guest.memory.AnswerRealloc(kPage - 64);
  EXPECT_EQ(Trap(kManyParams, value), TrapCode::kPointerOutOfBounds);
}

TEST_F(Lower, ReallocsOwnFailureIsPassedOn) {
  guest.memory.AnswerRealloc(base::TrapStatus(TrapCode::kUnreachable, "abort"));
  EXPECT_EQ(Trap("string", "string: \"a\""), TrapCode::kUnreachable);
}

TEST_F(Lower, OutPointerMustBeAligned) {
  const std::string_view pair = "tuple { items { u32: 1 } items { u32: 2 } }";
  EXPECT_EQ(Result("tuple<u32,u32>", pair, 16), absl::OkStatus());
  EXPECT_EQ(guest.memory.Get<uint32_t>(20), 2u);
  EXPECT_EQ(TrapCodeOf(Result("tuple<u32,u32>", pair, 18)), TrapCode::kPointerMisaligned);
}

TEST_F(Lower, OutPointerMustBeInBounds) {
  const std::string_view pair = "tuple { items { u32: 1 } items { u32: 2 } }";
  EXPECT_EQ(Result("tuple<u32,u32>", pair, kPage - 8), absl::OkStatus());
  EXPECT_EQ(TrapCodeOf(Result("tuple<u32,u32>", pair, kPage - 4)), TrapCode::kPointerOutOfBounds);
}

TEST_F(Lower, OutPointerIsTheLastParam) {
  const auto plan = PlanOf({TypeOf("u32"), TypeOf("u32")}, TypeOf("string"));
  std::vector<CoreSlot> slots = {1, 2, 48};
  ASSERT_EQ(LowerResult(*plan, guest.context, ArgsOf({"string: \"hi\""}), absl::MakeSpan(slots)),
            absl::OkStatus());
  EXPECT_EQ(guest.memory.Get<uint32_t>(52), 2u);
}

TEST_F(Lower, AResultIsCheckedFirst) {
  EXPECT_EQ(Result("u32", "string: \"a\"", 16).code(), absl::StatusCode::kInvalidArgument);
  const auto plan = PlanOf({});
  EXPECT_EQ(LowerResult(*plan, guest.context, ArgsOf({"u32: 1"}), {}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Lower, AMemoryThatMovesIsFetchedAgain) {
  std::string value = "list { ";
  for (int i = 0; i < 300; ++i) value += "items { string: \"" + std::string(1000, 'a') + "\" } ";
  const auto slots = Slots("list<string>", value + "}");
  const auto last = guest.memory.Get<uint32_t>(slots[0] + uint64_t{299} * 8);
  EXPECT_EQ(guest.memory.Read(last, 1000), std::string(1000, 'a'));
}

TEST_F(Lower, UncheckedArgumentsDoNoHarm) {
  const auto plan = PlanOf({TypeOf("record{a:u8,b:list<u8,4>,c:enum{x},d:variant{y(string)}}")});
  std::vector<CoreSlot> slots(plan->lift_slots());
  EXPECT_TRUE(LowerParams(*plan, guest.context, ArgsOf({""}), absl::MakeSpan(slots)).ok());
  const ValArgs odd = ArgsOf({"record { fields { name: \"b\" value { u8_list: \"a\" } } }"});
  EXPECT_TRUE(LowerParams(*plan, guest.context, odd, absl::MakeSpan(slots)).ok());
  EXPECT_EQ(LowerParams(*plan, guest.context, {}, absl::MakeSpan(slots)).code(),
            absl::StatusCode::kInternal);
}

TEST_F(Lower, TooFewSlotsAreAnError) {
  const auto plan = PlanOf({TypeOf("string")});
  std::vector<CoreSlot> slots(1);
  EXPECT_EQ(
      LowerParams(*plan, guest.context, ArgsOf({"string: \"\""}), absl::MakeSpan(slots)).code(),
      absl::StatusCode::kInternal);
}

// ---- Transfer ----

TEST(Transfer, TrapsOfBothSidesShow) {
  TestGuest caller, callee;
  const auto plan = PlanOf({TypeOf("list<u32>")});
  std::vector<CoreSlot> to(2);
  EXPECT_EQ(TrapCodeOf(TransferParams(*plan, caller.context, std::vector<CoreSlot>{34, 1},
                                      callee.context, absl::MakeSpan(to))),
            TrapCode::kPointerMisaligned);
  callee.memory.AnswerRealloc(kPage);
  EXPECT_EQ(TrapCodeOf(TransferParams(*plan, caller.context, std::vector<CoreSlot>{32, 1},
                                      callee.context, absl::MakeSpan(to))),
            TrapCode::kPointerOutOfBounds);
}

TEST(Transfer, PaddingIsNotCopied) {
  TestGuest caller, callee;
  caller.memory.Put<uint32_t>(32, 0xaabbcc01);
  caller.memory.Put<uint32_t>(36, 7);
  const auto plan = PlanOf({TypeOf("list<tuple<u8,u32>>")});
  std::vector<CoreSlot> to(2);
  ASSERT_EQ(TransferParams(*plan, caller.context, std::vector<CoreSlot>{32, 1}, callee.context,
                           absl::MakeSpan(to)),
            absl::OkStatus());
  EXPECT_EQ(callee.memory.Get<uint32_t>(to[0]), 1u);
  EXPECT_EQ(callee.memory.Get<uint32_t>(to[0] + 4), 7u);
}

TEST(Transfer, BoolsAndFlagsAreNormalised) {
  TestGuest caller, callee;
  caller.memory.Put<uint32_t>(32, 0xff02);
  const auto plan = PlanOf({TypeOf("list<tuple<bool,flags{a,b}>>")});
  std::vector<CoreSlot> to(2);
  ASSERT_EQ(TransferParams(*plan, caller.context, std::vector<CoreSlot>{32, 1}, callee.context,
                           absl::MakeSpan(to)),
            absl::OkStatus());
  EXPECT_EQ(callee.memory.Get<uint16_t>(to[0]), 0x0301);
}

TEST(Transfer, IsChargedToTheGuestThatPasses) {
  TestGuest caller, callee;
  caller.copy_budget = 100;
  callee.copy_budget = 0;
  const auto plan = PlanOf({TypeOf("list<u8>")});
  std::vector<CoreSlot> to(2);
  EXPECT_EQ(TransferParams(*plan, caller.context, std::vector<CoreSlot>{32, 100}, callee.context,
                           absl::MakeSpan(to)),
            absl::OkStatus());
  EXPECT_EQ(TrapCodeOf(TransferParams(*plan, caller.context, std::vector<CoreSlot>{32, 1},
                                      callee.context, absl::MakeSpan(to))),
            TrapCode::kHostCopyLimit);
}

TEST(Transfer, WithinOneMemoryThatMoves) {
  TestGuest guest;
  guest.memory.Write(32, "hello");
  guest.memory.Put<uint32_t>(64, 32);
  guest.memory.Put<uint32_t>(68, 5);
  guest.memory.Reset(kPage - 8);  // the first realloc makes it grow
  const auto plan = PlanOf({TypeOf("list<string>")});
  std::vector<CoreSlot> to(2);
  ASSERT_EQ(TransferParams(*plan, guest.context, std::vector<CoreSlot>{64, 1}, guest.context,
                           absl::MakeSpan(to)),
            absl::OkStatus());
  EXPECT_EQ(guest.memory.Read(guest.memory.Get<uint32_t>(to[0]), 5), "hello");
}

}  // namespace
}  // namespace davit::canon
