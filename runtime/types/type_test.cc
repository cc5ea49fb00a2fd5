#include "runtime/types/type.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/limits.h"

namespace davit::types {
namespace {

constexpr CoreType kI32 = CoreType::kI32;
constexpr CoreType kI64 = CoreType::kI64;
constexpr CoreType kF32 = CoreType::kF32;
constexpr CoreType kF64 = CoreType::kF64;
using Flat = std::vector<CoreType>;

const TypePtr kU8 = Primitive(Kind::kU8);
const TypePtr kU16 = Primitive(Kind::kU16);
const TypePtr kU32 = Primitive(Kind::kU32);
const TypePtr kU64 = Primitive(Kind::kU64);
const TypePtr kFloat32 = Primitive(Kind::kF32);
const TypePtr kFloat64 = Primitive(Kind::kF64);
const TypePtr kString = Primitive(Kind::kString);

std::vector<std::string> Names(size_t count) {
  std::vector<std::string> names;
  names.reserve(count);
  for (size_t i = 0; i < count; ++i) names.push_back("n" + std::to_string(i));
  return names;
}

TEST(TypeLayout, OfPrimitives) {
  struct Want {
    Kind kind;
    uint32_t size;
    CoreType flat;
  };
  for (const Want& want : std::vector<Want>{{Kind::kBool, 1, kI32},
                                            {Kind::kS8, 1, kI32},
                                            {Kind::kU8, 1, kI32},
                                            {Kind::kS16, 2, kI32},
                                            {Kind::kU16, 2, kI32},
                                            {Kind::kS32, 4, kI32},
                                            {Kind::kU32, 4, kI32},
                                            {Kind::kS64, 8, kI64},
                                            {Kind::kU64, 8, kI64},
                                            {Kind::kF32, 4, kF32},
                                            {Kind::kF64, 8, kF64},
                                            {Kind::kChar, 4, kI32},
                                            {Kind::kErrorContext, 4, kI32}}) {
    const TypePtr type = Primitive(want.kind);
    EXPECT_EQ(type->kind(), want.kind);
    EXPECT_EQ(type->layout().size, want.size) << KindName(want.kind);
    EXPECT_EQ(type->layout().alignment, want.size) << KindName(want.kind);
    EXPECT_EQ(type->size64(), want.size) << KindName(want.kind);
    EXPECT_EQ(type->flat(), Flat{want.flat}) << KindName(want.kind);
    EXPECT_EQ(type->depth(), 1u);
    EXPECT_EQ(type->node_count(), 1u);
    EXPECT_FALSE(type->contains_pointer());
  }
}

TEST(TypeLayout, PrimitivesAreShared) { EXPECT_EQ(Primitive(Kind::kU8), Primitive(Kind::kU8)); }

TEST(TypeLayout, StringsListsAndMapsArePointerAndLength) {
  for (const TypePtr& type : {kString, List(kU8), Map(kString, kU64)}) {
    EXPECT_EQ(type->layout().size, 8u);
    EXPECT_EQ(type->layout().alignment, 4u);
    EXPECT_EQ(type->size64(), 16u);
    EXPECT_EQ(type->alignment64(), 8u);
    EXPECT_EQ(type->flat(), (Flat{kI32, kI32}));
    EXPECT_TRUE(type->contains_pointer());
  }
}

TEST(TypeLayout, HandlesAreI32) {
  for (const TypePtr& type :
       {Own(ResourceId(1)), Borrow(ResourceId(1)), Stream(kString), Future(nullptr)}) {
    EXPECT_EQ(type->layout().size, 4u);
    EXPECT_EQ(type->layout().alignment, 4u);
    EXPECT_EQ(type->size64(), 4u);
    EXPECT_EQ(type->flat(), Flat{kI32});
    EXPECT_FALSE(type->contains_pointer());
  }
}

TEST(TypeLayout, RecordPadsFieldsAndItsEnd) {
  const TypePtr type =
      Record({{.name = "a", .type = kU8}, {.name = "b", .type = kU64}, {.name = "c", .type = kU8}});
  EXPECT_EQ(type->layout().offsets, (std::vector<uint64_t>{0, 8, 16}));
  EXPECT_EQ(type->layout().size, 24u);
  EXPECT_EQ(type->layout().alignment, 8u);
  EXPECT_EQ(type->flat(), (Flat{kI32, kI64, kI32}));
}

TEST(TypeLayout, TupleIsLaidOutAsARecord) {
  const TypePtr type = Tuple({kU8, kU16, kString});
  EXPECT_EQ(type->layout().offsets, (std::vector<uint64_t>{0, 2, 4}));
  EXPECT_EQ(type->layout().size, 12u);
  EXPECT_EQ(type->size64(), 24u);
  EXPECT_EQ(type->alignment64(), 8u);
}

TEST(TypeLayout, VariantPayloadFollowsTheDiscriminantAligned) {
  const TypePtr type = Variant({{.name = "none", .type = nullptr},
                                {.name = "small", .type = kU16},
                                {.name = "large", .type = kU64}});
  EXPECT_EQ(type->layout().discriminant_size, 1u);
  EXPECT_EQ(type->layout().payload_offset, 8u);
  EXPECT_EQ(type->layout().size, 16u);
  EXPECT_EQ(type->layout().alignment, 8u);
}

TEST(TypeLayout, VariantSizeIsPaddedToItsAlignment) {
  // The largest payload is not the most aligned one.
  const TypePtr type =
      Variant({{.name = "a", .type = Tuple({kU8, kU8, kU8})}, {.name = "b", .type = kU16}});
  EXPECT_EQ(type->layout().payload_offset, 2u);
  EXPECT_EQ(type->layout().size, 6u);
  EXPECT_EQ(type->layout().alignment, 2u);
}

TEST(TypeLayout, DiscriminantGrowsWithTheNumberOfCases) {
  const auto size = [](size_t cases) { return Enum(Names(cases))->layout().discriminant_size; };
  EXPECT_EQ(size(1), 1u);
  EXPECT_EQ(size(256), 1u);
  EXPECT_EQ(size(257), 2u);
  EXPECT_EQ(size(65536), 2u);
  EXPECT_EQ(size(65537), 4u);
}

TEST(TypeLayout, EnumIsItsDiscriminant) {
  EXPECT_EQ(Enum(Names(256))->layout().size, 1u);
  EXPECT_EQ(Enum(Names(257))->layout().size, 2u);
  EXPECT_EQ(Enum(Names(257))->layout().alignment, 2u);
  EXPECT_EQ(Enum(Names(257))->flat(), Flat{kI32});
}

TEST(TypeLayout, OptionAndResultAreVariants) {
  EXPECT_EQ(Option(kU8)->layout().size, 2u);
  EXPECT_EQ(Option(kU8)->layout().payload_offset, 1u);
  EXPECT_EQ(Result(kU8, kU64)->layout().payload_offset, 8u);
  EXPECT_EQ(Result(kU8, kU64)->layout().size, 16u);
  EXPECT_EQ(Result(nullptr, nullptr)->layout().size, 1u);
  EXPECT_EQ(Result(nullptr, nullptr)->flat(), Flat{kI32});
}

TEST(TypeLayout, FlagsTakeOneTwoOrFourBytes) {
  const auto size = [](size_t labels) { return Flags(Names(labels))->layout().size; };
  EXPECT_EQ(size(1), 1u);
  EXPECT_EQ(size(8), 1u);
  EXPECT_EQ(size(9), 2u);
  EXPECT_EQ(size(16), 2u);
  EXPECT_EQ(size(17), 4u);
  EXPECT_EQ(size(32), 4u);
  EXPECT_EQ(Flags(Names(32))->layout().alignment, 4u);
  EXPECT_EQ(Flags(Names(32))->flat(), Flat{kI32});
}

TEST(TypeLayout, FixedListIsLaidOutAsATuple) {
  const TypePtr type = FixedList(Tuple({kU64, kU8}), 3);
  EXPECT_EQ(type->layout().size, 48u);
  EXPECT_EQ(type->layout().alignment, 8u);
  EXPECT_EQ(type->flat(), (Flat{kI64, kI32, kI64, kI32, kI64, kI32}));
  EXPECT_FALSE(type->contains_pointer());
}

TEST(TypeLayout, MapEntriesAreTuples) {
  const TypePtr type = Map(kU8, kU64);
  ASSERT_NE(type->entry(), nullptr);
  EXPECT_TRUE(Equal(*type->entry(), *Tuple({kU8, kU64})));
  EXPECT_EQ(type->entry()->layout().size, 16u);
}

TEST(TypeSize, SaturatesInsteadOfWrapping) {
  TypePtr type = kU64;
  for (int i = 0; i < 4; ++i) type = FixedList(type, std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(type->size64(), std::numeric_limits<uint64_t>::max());
  EXPECT_GE(Tuple({kU8, type, type})->size64(), uint64_t{base::kMaxValueSize});
  EXPECT_GE(Option(type)->layout().size, uint64_t{base::kMaxValueSize});
}

TEST(TypeSize, Of32BitProductsThatWrap) {
  EXPECT_EQ(FixedList(kU64, 1u << 29)->size64(), uint64_t{1} << 32);
}

TEST(TypeFlat, FixedListIsCutAfterSeventeen) {
  EXPECT_EQ(FixedList(kU8, 16)->flat().size(), 16u);
  EXPECT_EQ(FixedList(kU8, 17)->flat().size(), 17u);
  EXPECT_EQ(FixedList(kU8, 18)->flat().size(), 17u);
  EXPECT_EQ(FixedList(kString, std::numeric_limits<uint32_t>::max())->flat().size(), 17u);
}

TEST(TypeFlat, RecordIsCutAfterSeventeen) {
  EXPECT_EQ(Tuple(std::vector<TypePtr>(9, kString))->flat().size(), 17u);
}

TEST(TypeFlat, VariantIsCutAfterSeventeen) {
  EXPECT_EQ(Option(FixedList(kU8, 15))->flat().size(), 16u);
  EXPECT_EQ(Option(FixedList(kU8, 16))->flat().size(), 17u);
  EXPECT_EQ(Option(FixedList(kU8, 17))->flat().size(), 17u);
}

TEST(TypeFlat, VariantJoinsItsCases) {
  const auto joined = [](const TypePtr& a, const TypePtr& b) { return Result(a, b)->flat()[1]; };
  EXPECT_EQ(joined(kU32, kU32), kI32);
  EXPECT_EQ(joined(kFloat32, kFloat32), kF32);
  EXPECT_EQ(joined(kFloat64, kFloat64), kF64);
  EXPECT_EQ(joined(kU32, kFloat32), kI32);
  EXPECT_EQ(joined(kFloat32, kU32), kI32);
  EXPECT_EQ(joined(kU32, kU64), kI64);
  EXPECT_EQ(joined(kFloat32, kU64), kI64);
  EXPECT_EQ(joined(kFloat32, kFloat64), kI64);
  EXPECT_EQ(joined(kU64, kFloat64), kI64);
}

TEST(TypeFlat, VariantIsAsLongAsItsLongestCase) {
  EXPECT_EQ(Result(kString, kFloat32)->flat(), (Flat{kI32, kI32, kI32}));
  EXPECT_EQ(Result(kFloat32, Tuple({kFloat32, kU64}))->flat(), (Flat{kI32, kF32, kI64}));
}

TEST(TypeContains, SeesThroughItsParts) {
  const TypePtr owner = Option(List(Own(ResourceId(1))));
  EXPECT_TRUE(owner->contains_resource());
  EXPECT_FALSE(owner->contains_borrow());
  EXPECT_TRUE(owner->contains_pointer());
  EXPECT_TRUE(Tuple({kU8, Borrow(ResourceId(1))})->contains_borrow());
  EXPECT_TRUE(Stream(Own(ResourceId(1)))->contains_resource());
  EXPECT_FALSE(Stream(kString)->contains_pointer());
}

TEST(TypeMeasure, CountsDepthAndNodes) {
  const TypePtr type = List(Tuple({kU8, Option(kU8)}));
  EXPECT_EQ(type->depth(), 4u);
  EXPECT_EQ(type->node_count(), 5u);
  EXPECT_EQ(Enum(Names(10))->node_count(), 11u);
}

TEST(TypeMeasure, NodeCountOfSharedPartsSaturates) {
  TypePtr type = kU8;
  for (int i = 0; i < 80; ++i) type = Tuple({type, type});
  EXPECT_EQ(type->node_count(), std::numeric_limits<uint64_t>::max());
}

TEST(TypeEqual, IsStructural) {
  const auto make = [] { return List(Record({{.name = "a", .type = Option(kU8)}})); };
  EXPECT_TRUE(Equal(make(), make()));
  EXPECT_FALSE(Equal(make(), List(Record({{.name = "b", .type = Option(kU8)}}))));
  EXPECT_FALSE(Equal(make(), List(Record({{.name = "a", .type = Option(kU16)}}))));
}

TEST(TypeEqual, TellsKindsLengthsAndResourcesApart) {
  EXPECT_FALSE(Equal(Enum({"a"}), Flags({"a"})));
  EXPECT_FALSE(Equal(List(kU8), FixedList(kU8, 1)));
  EXPECT_FALSE(Equal(FixedList(kU8, 2), FixedList(kU8, 1)));
  EXPECT_TRUE(Equal(Own(ResourceId(1)), Own(ResourceId(1))));
  EXPECT_FALSE(Equal(Own(ResourceId(1)), Own(ResourceId(2))));
  EXPECT_FALSE(Equal(Own(ResourceId(1)), Borrow(ResourceId(1))));
}

TEST(TypeEqual, TellsAbsentPayloadsApart) {
  EXPECT_FALSE(Equal(Result(kU8, nullptr), Result(nullptr, kU8)));
  EXPECT_FALSE(Equal(Stream(nullptr), Stream(kU8)));
  EXPECT_FALSE(Equal(TypePtr(nullptr), kU8));
  EXPECT_TRUE(Equal(TypePtr(nullptr), TypePtr(nullptr)));
}

TEST(TypeEqual, OfFunctionsComparesNamesTypesResultAndAsync) {
  const FuncType f = {.params = {{.name = "a", .type = kU8}}, .result = kU8, .is_async = false};
  FuncType g = f;
  EXPECT_TRUE(Equal(f, g));
  g.params[0].name = "b";
  EXPECT_FALSE(Equal(f, g));
  g = f;
  g.result = nullptr;
  EXPECT_FALSE(Equal(f, g));
  g = f;
  g.is_async = true;
  EXPECT_FALSE(Equal(f, g));
  g = f;
  g.params.clear();
  EXPECT_FALSE(Equal(f, g));
}

TEST(TypeDeep, IsComparedAndDestroyedWithoutRecursion) {
  constexpr int kDepth = 500'000;
  const auto chain = [] {
    TypePtr type = kU8;
    for (int i = 0; i < kDepth; ++i) type = i % 2 == 0 ? Option(type) : Map(kU8, type);
    return type;
  };
  const TypePtr a = chain();
  EXPECT_EQ(a->depth(), kDepth + 1u);
  EXPECT_TRUE(Equal(a, chain()));
}

}  // namespace
}  // namespace davit::types
