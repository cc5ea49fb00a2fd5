// Code without loops, and loops that V8 does not look into, end at their deadline too, in the
// baseline tier and in the optimised one.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/engine/engine_test_util.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {
namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;

CoreEncoder Repeat(int times, const CoreEncoder& code) {
  CoreEncoder repeated;
  for (int i = 0; i < times; ++i) repeated.Append(code);
  return repeated;
}

// (if (local.get 0) (then CODE))
CoreEncoder IfAsked(const CoreEncoder& code) {
  CoreEncoder guarded;
  guarded.Bytes({0x20, 0, 0x04, 0x40}).Append(code).Byte(0x0b);
  return guarded;
}

// A module whose functions are (i32) -> (), the first of them exported as "run", with a memory of
// `pages` and two tables of a million functions.
std::string ModuleOf(std::initializer_list<CoreEncoder> bodies, uint32_t pages = 0) {
  CoreEncoder types, functions, tables, memories, exports, elements, code;
  types.U32(1).Bytes({0x60, 1, 0x7f, 0});
  functions.U32(static_cast<uint32_t>(bodies.size()));
  code.U32(static_cast<uint32_t>(bodies.size()));
  for (const CoreEncoder& body : bodies) {
    functions.U32(0);
    code.Sized(CoreEncoder().U32(0).Append(body).Byte(0x0b));
  }
  tables.U32(2);
  for (int i = 0; i < 2; ++i) tables.Bytes({0x70, 0x00}).U32(500'000);
  memories.U32(1).Byte(0).U32(pages);
  exports.U32(1).Name("run").Byte(0).U32(0);
  // The first and the last function, in the table and for ref.func.
  elements.U32(1)
      .Bytes({0x00, 0x41, 0x00, 0x0b, 0x02, 0x00})
      .U32(static_cast<uint32_t>(bodies.size() - 1));
  return CoreEncoder()
      .Preamble()
      .Section(CoreSectionId::kType, types)
      .Section(CoreSectionId::kFunction, functions)
      .Section(CoreSectionId::kTable, tables)
      .Section(CoreSectionId::kMemory, memories)
      .Section(CoreSectionId::kExport, exports)
      .Section(CoreSectionId::kElement, elements)
      .Section(CoreSectionId::kCode, code)
      .Take();
}

// (memory.fill (i32.const 0) (i32.const 1) (i32.const BYTES))
CoreEncoder Fill(uint32_t bytes) {
  CoreEncoder code;
  code.Bytes({0x41, 0, 0x41, 1, 0x41}).S32(static_cast<int32_t>(bytes)).Bytes({0xfc, 0x0b, 0x00});
  return code;
}

CoreEncoder Call(uint32_t function) {
  CoreEncoder code;
  code.Bytes({0x20, 0, 0x10}).U32(function);
  return code;
}

// Divisions that depend on each other and on the argument, and whose result is stored: nothing of
// it can be left out.
CoreEncoder Work(int divisions) {
  CoreEncoder divide;  // (local.set 0 (i32.or (i32.div_u (i32.xor (local.get 0) BITS) 3) 1))
  divide.Bytes({0x20, 0, 0x41})
      .S32(0x7ffffff1)
      .Bytes({0x73, 0x41, 3, 0x6e, 0x41, 1, 0x72, 0x21, 0});
  CoreEncoder code = Repeat(divisions, divide);
  code.Bytes({0x41, 0x10, 0x20, 0, 0x36, 0x02, 0x00});  // (i32.store (i32.const 16) (local.get 0))
  return code;
}

// Runs "run" with 1, which must take much longer than until its deadline.
class InterruptionTest : public testing::Test {
 protected:
  static constexpr absl::Duration kBudget = absl::Milliseconds(100);
  // The promise is 50 ms, of a machine that has nothing else to do.
  static constexpr absl::Duration kSlack = absl::Seconds(5);

  static void ExpectEnds(const std::string& module, uint64_t memory_bytes = 0) {
    const auto compiled = TestEngine().Compile(Bytes(module));
    ASSERT_TRUE(compiled.ok()) << compiled.status();
    StoreLimits limits;
    if (memory_bytes > 0) limits.memory_bytes = memory_bytes;
    {
      TestGuest cold(**compiled, {}, limits);
      ExpectEndsAtDeadline(cold, "baseline");
    }
    TestGuest hot(**compiled, {}, limits);
    // All functions have run by now, or do so here, which has them optimised.
    ASSERT_TRUE(hot.Call("run", "i32 ->", {0}).ok());
    AwaitOptimisedCode();
    ExpectEndsAtDeadline(hot, "optimised");
  }

  static void ExpectEndsAtDeadline(TestGuest& guest, std::string_view tier) {
    const absl::Time deadline = absl::Now() + kBudget;
    const absl::Status status = guest.Call("run", "i32 ->", {1}, deadline).status();
    const absl::Duration late = absl::Now() - deadline;
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << tier << ": " << status;
    EXPECT_LT(late, kSlack) << tier;
    std::cout << tier << ": ended " << late << " after the deadline\n";
  }
};

TEST_F(InterruptionTest, ManyFills) {
  ExpectEnds(ModuleOf({IfAsked(Repeat(3000, Fill(256 << 20)))}, 4096));
}

TEST_F(InterruptionTest, OneFillOfAllThatAMemoryCanHave) {
  ExpectEnds(ModuleOf({IfAsked(Repeat(100, Fill(UINT32_MAX)))}, 65536), uint64_t{4} << 30);
}

TEST_F(InterruptionTest, ManyCopies) {
  CoreEncoder copy;
  copy.Bytes({0x41, 1, 0x41, 0, 0x41}).S32((256 << 20) - 1).Bytes({0xfc, 0x0a, 0x00, 0x00});
  ExpectEnds(ModuleOf({IfAsked(Repeat(3000, copy))}, 4096));
}

TEST_F(InterruptionTest, ManyFillsOfTables) {
  CoreEncoder fill;  // (table.fill 0 (i32.const 0) (ref.func 0) (i32.const 500000))
  fill.Bytes({0x41, 0, 0xd2, 0, 0x41}).S32(500'000).Bytes({0xfc, 0x11, 0x00});
  ExpectEnds(ModuleOf({IfAsked(Repeat(3000, fill))}));
}

TEST_F(InterruptionTest, ManyCopiesOfTables) {
  CoreEncoder copy;  // (table.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 500000))
  copy.Bytes({0x41, 0, 0x41, 0, 0x41}).S32(500'000).Bytes({0xfc, 0x0e, 0x00, 0x01});
  ExpectEnds(ModuleOf({IfAsked(Repeat(3000, copy))}));
}

TEST_F(InterruptionTest, MemoriesThatGrowByNothing) {
  CoreEncoder grow;
  grow.Bytes({0x41, 0, 0x40, 0, 0x1a});
  ExpectEnds(ModuleOf({IfAsked(Repeat(400, Call(1))), IfAsked(Repeat(10'000, grow))}, 1));
}

// In the optimised tier V8 does not look at the entry of a function that calls nothing.
TEST_F(InterruptionTest, CallsOfFunctionsThatCallNothing) {
  ExpectEnds(ModuleOf({IfAsked(Repeat(20'000, Call(1))), IfAsked(Work(20'000))}, 1));
}

// Nor of one that leaves by a tail call.
TEST_F(InterruptionTest, FunctionsThatTailCallEachOther) {
  CoreEncoder to_second, to_first;
  to_second.Bytes({0x20, 0, 0x12, 1});
  to_first.Bytes({0x20, 0, 0x12, 0});
  ExpectEnds(ModuleOf({IfAsked(to_second), IfAsked(to_first)}));
}

TEST_F(InterruptionTest, FunctionsThatTailCallThemselvesByATable) {
  CoreEncoder self;  // (return_call_indirect 0 (local.get 0) (i32.const 0))
  self.Bytes({0x20, 0, 0x41, 0, 0x13, 0, 0});
  ExpectEnds(ModuleOf({IfAsked(self), CoreEncoder()}));
}

TEST_F(InterruptionTest, FunctionsThatTailCallThemselvesByReference) {
  CoreEncoder self;  // (return_call_ref 0 (local.get 0) (ref.func 0))
  self.Bytes({0x20, 0, 0xd2, 0, 0x15, 0});
  ExpectEnds(ModuleOf({IfAsked(self), CoreEncoder()}));
}

// V8 peels the first turn off a small loop, and does not look there.
TEST_F(InterruptionTest, LoopsOfOneTurn) {
  CoreEncoder loop;  // 50 calls, then (br_if 0 (i32.const 0)), of which V8 cannot tell the value
  loop.Bytes({0x03, 0x40}).Append(Repeat(50, Call(1)));
  loop.Bytes({0x41, 0, 0x28, 0x02, 0x00, 0x0d, 0, 0x0b});
  ExpectEnds(ModuleOf({IfAsked(Repeat(1000, loop)), IfAsked(Work(20'000))}, 1));
}

}  // namespace

EngineOptions TestOptions() { return {}; }

}  // namespace davit::engine
