// Loops that are none to a compiler, or ones that it can count: V8's optimiser takes the look for a
// termination out of what it thinks short, and out of functions that call none. What is left must
// still be ended.

#include <cstdint>
#include <string>

#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

using absl_testing::IsOk;

constexpr wasm::Opcode kI32GeU = 0x4f, kI32LtU = 0x49, kI64Add = 0x7c;
constexpr int32_t kTurns = 4000;
constexpr uint32_t kFirstCounter = 1;  // local 0 is the parameter

// while (counter < kTurns) { body; ++counter; }
Code While(uint32_t counter, const Code& body) {
  Code code;
  code.I32(0).Set(counter).Block().Loop();
  code.Get(counter).I32(kTurns).Op(kI32GeU).Op(kBrIf, 1);
  code.Times(1, body).Get(counter).I32(1).Op(kI32Add).Set(counter).Op(wasm::kBr, 0);
  return code.End().End();
}

// do { body; ++counter; } while (counter < kTurns)
Code DoWhile(uint32_t counter, const Code& body) {
  Code code;
  code.I32(0).Set(counter).Loop().Times(1, body);
  code.Get(counter).I32(1).Op(kI32Add).Set(counter);
  return code.Get(counter).I32(kTurns).Op(kI32LtU).Op(kBrIf, 0).End();
}

// Loops in loops, `depth` of them: a day for 4, and each turns only so often. Does nothing for 0.
std::string Nest(Code (*loop)(uint32_t, const Code&), uint32_t depth) {
  ModuleBuilder module;
  module.Memory({.min = 1});
  const uint32_t sum = depth + 1;
  Code body;
  body.Get(sum).I64(3).Op(kI64Add).Set(sum);
  body.I32(0).Get(sum).Op(0x37).U32(3).U32(0);  // i64.store
  for (uint32_t i = 0; i < depth; ++i) body = loop(kFirstCounter + i, body);
  Code all;
  all.Get(0).If().Times(1, body).End().Get(0);
  module.ExportMapping("func", all, {{depth, kI32}, {1, kI64}});
  return ComponentOf(module.Build(), {{"func", FuncShape::kMapping}});
}

enum class Jump : uint8_t { kDirect, kIndirect, kByReference };

// A call that takes the place of its caller, of `func` by its index, also in table 0, and its type.
Code TailCall(Jump jump, uint32_t func, uint32_t type) {
  Code call;
  call.Get(0);
  switch (jump) {
    case Jump::kDirect:
      call.Op(wasm::kReturnCall, func);
      break;
    case Jump::kIndirect:
      call.I32(static_cast<int32_t>(func)).Op(wasm::kReturnCallIndirect, type, 0);
      break;
    case Jump::kByReference:
      call.Op(kRefFunc, func).Op(wasm::kReturnCallRef, type);
      break;
  }
  return call;
}

// `func` goes round for ever over `functions` of them, by tail calls; for 0 it returns at once.
std::string TailCalls(Jump jump, uint32_t functions) {
  ModuleBuilder module;
  const uint32_t type = module.FuncType({kI32}, {kI32});
  module.Table(kFuncRef, {.min = functions});
  for (uint32_t i = 0; i < functions; ++i) {
    Code body;
    body.Get(0).Op(kI32Eqz).If().I32(0).Op(wasm::kReturn).End();
    module.Func(type, body.Times(1, TailCall(jump, (i + 1) % functions, type)));
    module.ActiveElements(0, Code().I32(static_cast<int32_t>(i)), i, 1);
  }
  module.Export("func", Kind::kFunc, 0);
  return ComponentOf(module.Build(), {{"func", FuncShape::kMapping}});
}

// So many calls in a straight line of a function that calls none and takes its time.
std::string CallsOfALeaf() {
  constexpr wasm::Opcode kI64DivU = 0x80;
  ModuleBuilder module;
  const uint32_t type = module.FuncType({kI64}, {kI64});
  const uint32_t leaf =
      module.Func(type, Code().Get(0).Times(5000, Code().Get(0).Op(kI64DivU).Get(0).Op(0x84)));
  Code calls;
  calls.I64(12345).Times(20'000, Code().Call(leaf)).Op(kDrop);
  Code once;
  once.I64(12345).Call(leaf).Op(kDrop);
  module.ExportMapping("func", Code().Times(1, once).Get(0).If().Times(1, calls).End().Get(0));
  return ComponentOf(module.Build(), {{"func", FuncShape::kMapping}});
}

class LoopTest : public HostileTest {
 protected:
  void EndsAtItsDeadline(const std::string& binary) {
    const std::string component = Deploy(binary);
    EXPECT_LE(HoldsCell(InstanceOf(component)), kEnded) << "baseline";
    if (IsDown()) return;
    const std::string warm = InstanceOf(component);
    for (int i = 0; i < 100; ++i) EXPECT_THAT(Call(warm, "func", {.arg = 0}), IsOk());
    AwaitQuiet();
    EXPECT_LE(HoldsCell(warm), kEnded) << "optimised";
  }

 private:
  absl::Duration HoldsCell(const std::string& instance) {
    return HoldsCellAfterDeadline(instance, "func", {.arg = 1, .deadline = absl::Seconds(1)});
  }
};

TEST_F(LoopTest, NestedOnesEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] { EndsAtItsDeadline(Nest(While, 4)); }), StaysWithin(Bounds{}));
}

TEST_F(LoopTest, NestedOnesThatTestLastEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] { EndsAtItsDeadline(Nest(DoWhile, 4)); }), StaysWithin(Bounds{}));
}

TEST_F(LoopTest, TailCallsEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] {
                for (const Jump jump : {Jump::kDirect, Jump::kIndirect, Jump::kByReference}) {
                  for (const uint32_t functions : {1, 2, 5}) {
                    SCOPED_TRACE(functions);
                    if (!IsDown()) EndsAtItsDeadline(TailCalls(jump, functions));
                  }
                }
              }),
              StaysWithin(Bounds{}));
}

TEST_F(LoopTest, CallsOfALeafEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] { EndsAtItsDeadline(CallsOfALeaf()); }), StaysWithin(Bounds{}));
}

}  // namespace
}  // namespace davit::hostile
