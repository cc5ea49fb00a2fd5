// Signatures that depend on more than an op, and those of functions that are no built-ins. Which
// signature each op has is asked through validation (validate/validate_canon_test.cc).

#include "runtime/binary/core_signatures.h"

#include <vector>

#include "gtest/gtest.h"

namespace davit::binary {
namespace {

using enum types::CoreType;
using types::CoreSignature;

TEST(BuiltinSignature, HasTheTypeOfTheContextSlot) {
  EXPECT_EQ(BuiltinSignature(CanonOp::kContextGet, kI64), (CoreSignature{{}, {kI64}}));
  EXPECT_EQ(BuiltinSignature(CanonOp::kContextSet, kI64), (CoreSignature{{kI64}, {}}));
}

TEST(BuiltinSignature, HasTheTypeOfTheRepresentationBesideHandles) {
  EXPECT_EQ(BuiltinSignature(CanonOp::kResourceNew, kI64), (CoreSignature{{kI64}, {kI32}}));
  EXPECT_EQ(BuiltinSignature(CanonOp::kResourceRep, kI64), (CoreSignature{{kI32}, {kI64}}));
  EXPECT_EQ(BuiltinSignature(CanonOp::kResourceDrop, kI64), (CoreSignature{{kI32}, {}}));
}

TEST(BuiltinSignature, OpenTypeIsAnI32WithoutMemory64) {
  EXPECT_EQ(BuiltinSignature(CanonOp::kContextGet), (CoreSignature{{}, {kI32}}));
  EXPECT_EQ(BuiltinSignature(CanonOp::kResourceRep), (CoreSignature{{kI32}, {kI32}}));
}

TEST(ThreadSpawnRefSignature, TakesANullableReferenceToTheStartFunction) {
  const wasm::CoreFuncType type = ThreadSpawnRefSignature(7);
  EXPECT_EQ(type.params, (std::vector<wasm::CoreValType>{{.code = 0x63, .heap = 7}, {}}));
  EXPECT_EQ(type.results, std::vector<wasm::CoreValType>(1));
}

TEST(DestructorSignature, TakesTheRepresentation) {
  EXPECT_EQ(DestructorSignature(kI32), (CoreSignature{{kI32}, {}}));
  EXPECT_EQ(DestructorSignature(kI64), (CoreSignature{{kI64}, {}}));
}

TEST(CoreFuncTypeOf, EncodesNumbersAsCoreModulesDo) {
  const wasm::CoreFuncType type = CoreFuncTypeOf({{kI32, kI64}, {kF32, kF64}});
  EXPECT_EQ(type.params, (std::vector<wasm::CoreValType>{{.code = 0x7f}, {.code = 0x7e}}));
  EXPECT_EQ(type.results, (std::vector<wasm::CoreValType>{{.code = 0x7d}, {.code = 0x7c}}));
}

}  // namespace
}  // namespace davit::binary
