#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "runtime/base/limits.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/vals/test_vals.h"
#include "runtime/canon/vals/vals.h"

// What guests may return, and what they may not.
namespace davit::canon {
namespace {

using base::TrapCode;

constexpr uint32_t kPage = 64 * 1024;  // bytes of TestMemory

class Lift : public testing::Test {
 protected:
  // The result of func() -> `type` from flat results, or its error.
  absl::StatusOr<v1::Val> Result(std::string_view type, std::vector<CoreSlot> slots) {
    const auto plan = PlanOf({}, TypeOf(type));
    ValArgs results;
    absl::Status status = LiftResult(*plan, guest.context, slots, results);
    if (!status.ok()) return status;
    return results[0];
  }
  std::string Text(std::string_view type, std::vector<CoreSlot> slots) {
    const auto result = Result(type, std::move(slots));
    return result.ok() ? TextOf(*result) : result.status().ToString();
  }
  TrapCode Trap(std::string_view type, std::vector<CoreSlot> slots) {
    return TrapCodeOf(Result(type, std::move(slots)).status());
  }
  // A pointer and length at 16, which a result by pointer is then at.
  std::vector<CoreSlot> Range(uint32_t pointer, uint32_t length) {
    guest.memory.Put<uint32_t>(16, pointer);
    guest.memory.Put<uint32_t>(20, length);
    return {16};
  }
  // The parameter of func(p: `type`) as a guest passes it.
  std::string Param(std::string_view type, std::vector<CoreSlot> slots) {
    const auto plan = PlanOf({TypeOf(type)});
    ValArgs args;
    const absl::Status status = LiftParams(*plan, guest.context, slots, args);
    return status.ok() ? TextOf(args[0]) : status.ToString();
  }

  TestGuest guest;
};

TEST_F(Lift, IgnoresTheUpperBitsOfNarrowIntegers) {
  EXPECT_EQ(Text("u8", {0xffffff01}), "u8: 1");
  EXPECT_EQ(Text("s8", {0x000000ff}), "s8: -1");
  EXPECT_EQ(Text("u16", {0xffff0002}), "u16: 2");
  EXPECT_EQ(Text("s16", {0x00018000}), "s16: -32768");
  EXPECT_EQ(Text("s32", {0xffffffff}), "s32: -1");
}

TEST_F(Lift, AnythingButZeroIsTrue) {
  EXPECT_EQ(Text("bool", {0}), "bool: false");
  EXPECT_EQ(Text("bool", {2}), "bool: true");
  guest.memory.Put<uint8_t>(17, 0x80);
  EXPECT_EQ(Text("tuple<bool,bool>", {16}), "tuple { items { bool: false } items { bool: true } }");
}

TEST_F(Lift, AFlatBoolIsJudgedByAll32Bits) { EXPECT_EQ(Text("bool", {0x100}), "bool: true"); }

TEST_F(Lift, IgnoresFlagBitsWithoutALabel) {
  EXPECT_EQ(Text("flags{a,b}", {0xfffffffe}), "flags { labels: \"b\" }");
  guest.memory.Put<uint8_t>(16, 0xfd);
  EXPECT_EQ(Text("tuple<flags{a,b},u8>", {16}),
            "tuple { items { flags { labels: \"a\" } } items { u8: 0 } }");
}

TEST_F(Lift, AllOf32FlagsCount) {
  const std::string type =
      "flags{a0,a1,a2,a3,a4,a5,a6,a7,a8,a9,b0,b1,b2,b3,b4,b5,b6,b7,b8,b9,"
      "c0,c1,c2,c3,c4,c5,c6,c7,c8,c9,d0,d1}";
  EXPECT_EQ(Text(type, {0x80000000}), "flags { labels: \"d1\" }");
}

TEST_F(Lift, KeepsTheBitsOfNaNs) {
  const auto f32 = Result("f32", {0x7fa00001});
  ASSERT_TRUE(f32.ok());
  EXPECT_EQ(std::bit_cast<uint32_t>(f32->f32()), 0x7fa00001u);
  const auto f64 = Result("f64", {0xfff0000000000123});
  ASSERT_TRUE(f64.ok());
  EXPECT_EQ(std::bit_cast<uint64_t>(f64->f64()), 0xfff0000000000123u);
}

TEST_F(Lift, KeepsTheBitsOfNaNsInLists) {
  guest.memory.Put<uint32_t>(32, 0x7fa00001);
  const auto list = Result("list<f32>", Range(32, 1));
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(std::bit_cast<uint32_t>(list->f32_list().values(0)), 0x7fa00001u);
}

TEST_F(Lift, CharIsAnyScalarValue) {
  EXPECT_EQ(Text("char", {0xd7ff}), "char: 55295");
  EXPECT_EQ(Text("char", {0xe000}), "char: 57344");
  EXPECT_EQ(Text("char", {0x10ffff}), "char: 1114111");
}

TEST_F(Lift, CharTrapsOnSurrogatesAndBeyondUnicode) {
  EXPECT_EQ(Trap("char", {0xd800}), TrapCode::kInvalidChar);
  EXPECT_EQ(Trap("char", {0xdfff}), TrapCode::kInvalidChar);
  EXPECT_EQ(Trap("char", {0x110000}), TrapCode::kInvalidChar);
  EXPECT_EQ(Trap("char", {0xffffffff}), TrapCode::kInvalidChar);
}

TEST_F(Lift, CharInAListTraps) {
  guest.memory.Put<uint32_t>(36, 0xd800);
  EXPECT_EQ(Trap("list<char>", Range(32, 2)), TrapCode::kInvalidChar);
}

TEST_F(Lift, VariantTrapsOnADiscriminantWithoutACase) {
  EXPECT_EQ(Text("enum{a,b}", {1}), "enum: \"b\"");
  EXPECT_EQ(Trap("enum{a,b}", {2}), TrapCode::kInvalidDiscriminant);
  EXPECT_EQ(Trap("enum{a,b}", {0x80000000}), TrapCode::kInvalidDiscriminant);
  guest.memory.Put<uint8_t>(16, 2);
  EXPECT_EQ(Trap("option<u8>", {16}), TrapCode::kInvalidDiscriminant);
  EXPECT_EQ(Trap("result<u8,_>", {16}), TrapCode::kInvalidDiscriminant);
  EXPECT_EQ(Trap("variant{a,b(u8)}", {16}), TrapCode::kInvalidDiscriminant);
}

TEST_F(Lift, AFlatDiscriminantIsJudgedByAll32Bits) {
  EXPECT_EQ(Trap("enum{a,b}", {0x101}), TrapCode::kInvalidDiscriminant);
}

TEST_F(Lift, VariantPayloadsAreWrappedAndReinterpreted) {
  const std::string type = "variant{a(u8),b(f32),c(f64),d(u64)}";
  EXPECT_EQ(Param(type, {0, 0xffffffffffffff07}), "variant { case: \"a\" payload { u8: 7 } }");
  EXPECT_EQ(Param(type, {1, 0xffffffff3fc00000}), "variant { case: \"b\" payload { f32: 1.5 } }");
  EXPECT_EQ(Param(type, {2, std::bit_cast<uint64_t>(2.5)}),
            "variant { case: \"c\" payload { f64: 2.5 } }");
  EXPECT_EQ(Param(type, {3, 9}), "variant { case: \"d\" payload { u64: 9 } }");
}

TEST_F(Lift, ResultPointerMustBeAligned) {
  EXPECT_EQ(Trap("tuple<u32,u32>", {18}), TrapCode::kPointerMisaligned);
  EXPECT_EQ(Trap("string", {18}), TrapCode::kPointerMisaligned);
  EXPECT_EQ(Trap("tuple<u8,u8>", {17}), TrapCode::kUnspecified);
}

TEST_F(Lift, ResultPointerMustBeInBounds) {
  EXPECT_EQ(Trap("tuple<u32,u32>", {kPage - 8}), TrapCode::kUnspecified);
  EXPECT_EQ(Trap("tuple<u32,u32>", {kPage - 4}), TrapCode::kPointerOutOfBounds);
  EXPECT_EQ(Trap("tuple<u32,u32>", {0xfffffffc}), TrapCode::kPointerOutOfBounds);
}

TEST_F(Lift, AnUnusedUpperHalfOfAPointerIsIgnored) {
  guest.memory.Put<uint32_t>(16, 5);
  EXPECT_EQ(Text("tuple<u32,u32>", {0xdeadbeef00000010}),
            "tuple { items { u32: 5 } items { u32: 0 } }");
}

TEST_F(Lift, ManyParamsComeThroughACheckedPointer) {
  const std::string type =
      "tuple<u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,u32,"
      "u32>";
  EXPECT_NE(Param(type, {16}).find("tuple"), std::string::npos);
  EXPECT_NE(Param(type, {18}).find("unaligned pointer"), std::string::npos);
  EXPECT_NE(Param(type, {kPage - 64}).find("out of bounds"), std::string::npos);
}

TEST_F(Lift, ListPointerMustBeAligned) {
  EXPECT_EQ(Trap("list<u32>", Range(34, 1)), TrapCode::kPointerMisaligned);
  EXPECT_EQ(Trap("list<u8>", Range(35, 1)), TrapCode::kUnspecified);
}

TEST_F(Lift, AnEmptyListsPointerIsCheckedToo) {
  EXPECT_EQ(Trap("list<u32>", Range(34, 0)), TrapCode::kPointerMisaligned);
  EXPECT_EQ(Trap("list<u8>", Range(kPage, 0)), TrapCode::kUnspecified);
  EXPECT_EQ(Trap("list<u8>", Range(kPage + 1, 0)), TrapCode::kPointerOutOfBounds);
}

TEST_F(Lift, ListMustBeInBounds) {
  EXPECT_EQ(Trap("list<u32>", Range(kPage - 8, 2)), TrapCode::kUnspecified);
  EXPECT_EQ(Trap("list<u32>", Range(kPage - 8, 3)), TrapCode::kPointerOutOfBounds);
  EXPECT_EQ(Trap("list<u8>", Range(0xffffffff, 1)), TrapCode::kPointerOutOfBounds);
}

TEST_F(Lift, ListBytesAreCountedIn64Bits) {
  EXPECT_EQ(Trap("list<u64>", Range(0, 0x20000000)), TrapCode::kListTooLong);
  EXPECT_EQ(Trap("list<u64>", Range(0, 0xffffffff)), TrapCode::kListTooLong);
}

TEST_F(Lift, ListMayHaveTheGreatestByteLengthAndNoMore) {
  EXPECT_EQ(Trap("list<u8>", Range(0, base::kMaxListByteLength)), TrapCode::kPointerOutOfBounds);
  EXPECT_EQ(Trap("list<u8>", Range(0, base::kMaxListByteLength + 1)), TrapCode::kListTooLong);
  EXPECT_EQ(Trap("list<u16>", Range(0, base::kMaxListByteLength / 2)),
            TrapCode::kPointerOutOfBounds);
  EXPECT_EQ(Trap("list<u16>", Range(0, base::kMaxListByteLength / 2 + 1)), TrapCode::kListTooLong);
}

TEST_F(Lift, MapIsAListOfEntries) {
  guest.memory.Put<uint8_t>(32, 1);
  guest.memory.Put<uint32_t>(36, 2);
  EXPECT_EQ(Text("map<u8,u32>", Range(32, 1)),
            "map { entries { key { u8: 1 } value { u32: 2 } } }");
  EXPECT_EQ(Trap("map<u8,u32>", Range(34, 1)), TrapCode::kPointerMisaligned);
  EXPECT_EQ(Trap("map<u8,u32>", Range(32, kPage)), TrapCode::kPointerOutOfBounds);
}

TEST_F(Lift, ListsOfNumbersComePacked) {
  guest.memory.Write(32, std::string("\xff\x01\x02\x03", 4));
  EXPECT_EQ(Text("list<u8>", Range(32, 3)), "u8_list: \"\\377\\001\\002\"");
  EXPECT_EQ(Text("list<s8>", Range(32, 2)), "s8_list { values: -1 values: 1 }");
  EXPECT_EQ(Text("list<u16>", Range(32, 2)), "u16_list { values: 511 values: 770 }");
}

TEST_F(Lift, EmptyListsKeepTheirForm) {
  EXPECT_EQ(Text("list<u8>", Range(0, 0)), "u8_list: \"\"");
  EXPECT_EQ(Text("list<u32>", Range(0, 0)), "u32_list { }");
  EXPECT_EQ(Text("list<string>", Range(0, 0)), "list { }");
  EXPECT_EQ(Text("map<u8,u8>", Range(0, 0)), "map { }");
}

TEST_F(Lift, AsyncTypesAreNotPassed) {
  const auto plan = PlanOf({}, types::Stream(types::Primitive(types::Kind::kU8)));
  ValArgs results;
  EXPECT_EQ(LiftResult(*plan, guest.context, std::vector<CoreSlot>{1}, results).code(),
            absl::StatusCode::kUnimplemented);
}

TEST_F(Lift, NoResultLiftsToNothing) {
  const auto plan = PlanOf({});
  ValArgs results;
  EXPECT_TRUE(LiftResult(*plan, guest.context, {}, results).ok());
  EXPECT_TRUE(results.empty());
}

TEST_F(Lift, TooFewSlotsAreAnError) {
  const auto plan = PlanOf({}, TypeOf("u32"));
  ValArgs results;
  EXPECT_EQ(LiftResult(*plan, guest.context, {}, results).code(), absl::StatusCode::kInternal);
}

// ---- The copy budget ----

TEST_F(Lift, StringsAreChargedByTheirBytes) {
  guest.copy_budget = 1000;
  ASSERT_TRUE(Result("string", Range(32, 500)).ok());
  EXPECT_LE(guest.copy_budget, 500u);
  EXPECT_EQ(Trap("string", Range(32, 501)), TrapCode::kHostCopyLimit);
  EXPECT_EQ(guest.copy_budget, 0u);
}

TEST_F(Lift, PackedListsAreChargedByTheirBytes) {
  guest.copy_budget = 5000;
  ASSERT_TRUE(Result("list<u8>", Range(32, 4000)).ok());
  EXPECT_GE(guest.copy_budget, 800u);
  EXPECT_EQ(Trap("list<u8>", Range(32, 1001)), TrapCode::kHostCopyLimit);
}

TEST_F(Lift, ItemsThatGrowAreChargedAsTheyGrow) {
  guest.copy_budget = 100'000;
  EXPECT_EQ(Trap("list<bool>", Range(32, 10'000)), TrapCode::kHostCopyLimit);
  guest.copy_budget = 100'000;
  EXPECT_EQ(Trap("list<record{a:bool}>", Range(32, 1'000)), TrapCode::kHostCopyLimit);
  guest.copy_budget = 100'000;
  EXPECT_EQ(Trap("list<option<bool>>", Range(32, 1'000)), TrapCode::kHostCopyLimit);
}

TEST_F(Lift, ManyReferencesToOneListAreChargedEachTime) {
  for (uint32_t i = 0; i < 100; ++i) {
    guest.memory.Put<uint32_t>(1024 + 8 * i, 4096);
    guest.memory.Put<uint32_t>(1028 + 8 * i, 8192);
  }
  guest.copy_budget = uint64_t{99} * 8192 + 100'000;
  EXPECT_TRUE(Result("list<list<u8>>", Range(1024, 99)).ok());
  guest.copy_budget = uint64_t{99} * 8192;
  EXPECT_EQ(Trap("list<list<u8>>", Range(1024, 100)), TrapCode::kHostCopyLimit);
}

TEST_F(Lift, TheFixedPartOfAResultIsCharged) {
  guest.copy_budget = 30;
  EXPECT_EQ(Trap("u32", {1}), TrapCode::kHostCopyLimit);
}

TEST_F(Lift, WithoutABudgetNothingIsCharged) {
  guest.context.copy_budget = nullptr;
  EXPECT_TRUE(Result("list<bool>", Range(0, kPage)).ok());
}

}  // namespace
}  // namespace davit::canon
