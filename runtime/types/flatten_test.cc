// The rules of CanonicalABI.md#flattening, in the order that it has them.

#include "runtime/types/flatten.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace davit::types {
namespace {

using enum CoreType;
using Flat = std::vector<CoreType>;

constexpr Abi kAbis[] = {Abi::kSync, Abi::kAsyncStackful, Abi::kAsyncCallback};
constexpr Abi kAsyncAbis[] = {Abi::kAsyncStackful, Abi::kAsyncCallback};

const TypePtr kU32 = Primitive(Kind::kU32);
const TypePtr kS64 = Primitive(Kind::kS64);
const TypePtr kFloat32 = Primitive(Kind::kF32);
const TypePtr kFloat64 = Primitive(Kind::kF64);
const TypePtr kString = Primitive(Kind::kString);

// A type of `count` flat values.
TypePtr TupleOf(size_t count) { return Tuple(std::vector<TypePtr>(count, kU32)); }

FuncType Func(std::vector<TypePtr> params, TypePtr result = nullptr) {
  FuncType type;
  for (TypePtr& param : params) type.params.push_back({.name = "p", .type = std::move(param)});
  type.result = std::move(result);
  return type;
}

FuncType FuncOfParams(size_t count) { return Func(std::vector<TypePtr>(count, kU32)); }

CoreSignature Lifted(const FuncType& type, Abi abi = Abi::kSync) {
  return Flatten(type, Direction::kLift, abi).signature;
}

CoreSignature Lowered(const FuncType& type, Abi abi = Abi::kSync) {
  return Flatten(type, Direction::kLower, abi).signature;
}

// ---- parameters ------------------------------------------------------------------------------

TEST(Flatten, PassesParamsInOrder) {
  const FuncType type = Func({kFloat64, kString, kS64});
  EXPECT_EQ(Lifted(type).params, (Flat{kF64, kI32, kI32, kI64}));
  EXPECT_EQ(Lowered(type).params, (Flat{kF64, kI32, kI32, kI64}));
}

TEST(Flatten, PassesUpToSixteenParamsFlat) {
  for (const Abi abi : kAbis) EXPECT_EQ(Lifted(FuncOfParams(16), abi).params, Flat(16, kI32));
  EXPECT_EQ(Lowered(FuncOfParams(16)).params, Flat(16, kI32));
}

TEST(Flatten, PassesSeventeenParamsByAPointer) {
  for (const Abi abi : kAbis) EXPECT_EQ(Lifted(FuncOfParams(17), abi).params, Flat{kI32});
  EXPECT_EQ(Lowered(FuncOfParams(17)).params, Flat{kI32});
}

TEST(Flatten, PassesUpToFourParamsOfAnAsyncLowerFlat) {
  for (const Abi abi : kAsyncAbis) EXPECT_EQ(Lowered(FuncOfParams(4), abi).params, Flat(4, kI32));
}

TEST(Flatten, PassesFiveParamsOfAnAsyncLowerByAPointer) {
  for (const Abi abi : kAsyncAbis) EXPECT_EQ(Lowered(FuncOfParams(5), abi).params, Flat{kI32});
}

TEST(Flatten, CountsCoreValuesRatherThanParams) {
  const std::vector<TypePtr> strings(8, kString);
  EXPECT_EQ(Lowered(Func(strings)).params, Flat(16, kI32));
  EXPECT_EQ(Lowered(Func({TupleOf(15), kString})).params, Flat{kI32});
  EXPECT_EQ(Lowered(Func({kString, kString}), Abi::kAsyncStackful).params, Flat(4, kI32));
  EXPECT_EQ(Lowered(Func({TupleOf(3), kString}), Abi::kAsyncStackful).params, Flat{kI32});
}

TEST(Flatten, SaysWhetherParamsAreFlat) {
  EXPECT_TRUE(Flatten(FuncOfParams(16), Direction::kLift, Abi::kSync).params_are_flat);
  EXPECT_FALSE(Flatten(FuncOfParams(17), Direction::kLift, Abi::kSync).params_are_flat);
  EXPECT_TRUE(Flatten(FuncOfParams(4), Direction::kLower, Abi::kAsyncStackful).params_are_flat);
  EXPECT_FALSE(Flatten(FuncOfParams(5), Direction::kLower, Abi::kAsyncStackful).params_are_flat);
}

// ---- results of the synchronous ABI ---------------------------------------------------------

TEST(Flatten, ReturnsNothingWithoutAResult) {
  EXPECT_EQ(Lifted(Func({})), CoreSignature());
  EXPECT_EQ(Lowered(Func({})), CoreSignature());
}

TEST(Flatten, ReturnsOneFlatResult) {
  const FuncType type = Func({}, kFloat64);
  EXPECT_EQ(Lifted(type), (CoreSignature{{}, {kF64}}));
  EXPECT_EQ(Lowered(type), (CoreSignature{{}, {kF64}}));
}

TEST(Flatten, LiftReturnsAPointerToALargerResult) {
  EXPECT_EQ(Lifted(Func({kU32}, TupleOf(2))), (CoreSignature{{kI32}, {kI32}}));
}

TEST(Flatten, LowerIsGivenAPointerForALargerResult) {
  const FuncType type = Func({kFloat32}, TupleOf(2));
  EXPECT_EQ(Lowered(type), (CoreSignature{{kF32, kI32}, {}}));
}

// It does not count as a parameter.
TEST(Flatten, PointerForTheResultComesAfterSixteenParams) {
  FuncType type = FuncOfParams(16);
  type.result = kString;
  EXPECT_EQ(Lowered(type), (CoreSignature{Flat(17, kI32), {}}));
  EXPECT_EQ(Lowered(Func({TupleOf(17)}, kString)), (CoreSignature{{kI32, kI32}, {}}));
}

TEST(Flatten, SaysWhetherTheResultIsFlat) {
  for (const Direction direction : {Direction::kLift, Direction::kLower}) {
    EXPECT_TRUE(Flatten(Func({}), direction, Abi::kSync).result_is_flat);
    EXPECT_TRUE(Flatten(Func({}, kU32), direction, Abi::kSync).result_is_flat);
    EXPECT_FALSE(Flatten(Func({}, TupleOf(2)), direction, Abi::kSync).result_is_flat);
  }
}

// ---- results of the asynchronous ABI --------------------------------------------------------

TEST(Flatten, StackfulLiftReturnsNothing) {
  for (const TypePtr& result : {TypePtr(), kU32, kString}) {
    EXPECT_EQ(Lifted(Func({}, result), Abi::kAsyncStackful).results, Flat{});
  }
}

TEST(Flatten, LiftWithACallbackReturnsACode) {
  for (const TypePtr& result : {TypePtr(), kFloat64, kString}) {
    EXPECT_EQ(Lifted(Func({}, result), Abi::kAsyncCallback).results, Flat{kI32});
  }
}

TEST(Flatten, AsyncLiftPassesItsResultAsTaskReturnTakesIt) {
  for (const Abi abi : kAsyncAbis) {
    EXPECT_TRUE(Flatten(Func({}), Direction::kLift, abi).result_is_flat);
    EXPECT_TRUE(Flatten(Func({}, TupleOf(16)), Direction::kLift, abi).result_is_flat);
    EXPECT_FALSE(Flatten(Func({}, TupleOf(17)), Direction::kLift, abi).result_is_flat);
  }
}

TEST(Flatten, AsyncLowerReturnsTheStateOfItsSubtask) {
  for (const Abi abi : kAsyncAbis) {
    EXPECT_EQ(Lowered(Func({}), abi), (CoreSignature{{}, {kI32}}));
  }
}

TEST(Flatten, AsyncLowerIsGivenAPointerForAnyResult) {
  for (const Abi abi : kAsyncAbis) {
    EXPECT_EQ(Lowered(Func({}, kFloat64), abi), (CoreSignature{{kI32}, {kI32}}));
    EXPECT_FALSE(Flatten(Func({}, kU32), Direction::kLower, abi).result_is_flat);
    EXPECT_TRUE(Flatten(Func({}), Direction::kLower, abi).result_is_flat);
  }
}

// ---- task.return -----------------------------------------------------------------------------

TEST(FlattenTaskReturn, TakesNothingWithoutAResult) {
  EXPECT_EQ(FlattenTaskReturn(nullptr).signature, CoreSignature());
}

TEST(FlattenTaskReturn, TakesUpToSixteenFlatValues) {
  EXPECT_EQ(FlattenTaskReturn(kString.get()).signature, (CoreSignature{{kI32, kI32}, {}}));
  const Flattening sixteen = FlattenTaskReturn(TupleOf(16).get());
  EXPECT_EQ(sixteen.signature, (CoreSignature{Flat(16, kI32), {}}));
  EXPECT_TRUE(sixteen.params_are_flat);
}

TEST(FlattenTaskReturn, TakesMoreByAPointer) {
  const Flattening seventeen = FlattenTaskReturn(TupleOf(17).get());
  EXPECT_EQ(seventeen.signature, (CoreSignature{{kI32}, {}}));
  EXPECT_FALSE(seventeen.params_are_flat);
}

}  // namespace
}  // namespace davit::types
