#include "runtime/types/type_proto.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/text/wit_text.h"

namespace davit::types {
namespace {

TypePtr P(Kind kind) { return Primitive(kind); }

const TypePtr kU8 = P(Kind::kU8);
const TypePtr kString = P(Kind::kString);

Extern Func(std::string name, std::vector<Param> params, TypePtr result) {
  return {.name = std::move(name),
          .item = MakeItem(FuncType{.params = std::move(params), .result = std::move(result)})};
}

Extern Named(std::string name, TypePtr type) {
  return {.name = std::move(name), .item = MakeItem(std::move(type))};
}

v1::World Proto(const std::string& text) {
  v1::World world;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &world)) << text;
  return world;
}

std::string Error(const v1::World& proto) {
  const auto world = FromProto(proto);
  if (world.ok()) return "ok";
  EXPECT_TRUE(base::ArgumentPathOf(world.status()).has_value());
  return std::string(world.status().message());
}

std::string Error(const std::string& text) { return Error(Proto(text)); }

// A world with one named type of every kind.
World EveryKind() {
  const TypePtr record = Record({{.name = "a", .type = kU8}, {.name = "b", .type = kString}});
  World world;
  for (int kind = 0; IsPrimitive(static_cast<Kind>(kind)); ++kind) {
    world.exports.push_back(Named("primitive", P(static_cast<Kind>(kind))));
  }
  for (const TypePtr& type :
       {record, Tuple({record, kU8}),
        Variant({{.name = "a", .type = record}, {.name = "b", .type = nullptr}}), Enum({"a", "b"}),
        Flags({"a", "b"}), Option(record), Result(kU8, nullptr), Result(nullptr, record),
        Result(nullptr, nullptr), List(record), FixedList(kU8, 7), Map(kString, record),
        Own(ResourceId(3)), Borrow(ResourceId(4)), Stream(nullptr), Stream(record), Future(kU8),
        Future(nullptr)}) {
    world.exports.push_back(Named("structured", type));
  }
  return world;
}

World RoundTrip(const World& world) {
  const auto proto = ToProto(world);
  EXPECT_TRUE(proto.ok()) << proto.status();
  auto back = FromProto(*proto);
  EXPECT_TRUE(back.ok()) << back.status();
  return *std::move(back);
}

TEST(TypeProto, EveryTypeComesBackEqual) {
  const World world = EveryKind();
  const World back = RoundTrip(world);
  ASSERT_EQ(back.exports.size(), world.exports.size());
  for (size_t i = 0; i < world.exports.size(); ++i) {
    EXPECT_EQ(back.exports[i].name, world.exports[i].name);
    const auto& type = std::get<TypePtr>(world.exports[i].item->of);
    EXPECT_TRUE(Equal(std::get<TypePtr>(back.exports[i].item->of), type)) << text::ToWit(*type);
  }
}

TEST(TypeProto, EveryItemComesBack) {
  const FuncType func = {.params = {{.name = "a", .type = kU8}, {.name = "b", .type = List(kU8)}},
                         .result = Option(kU8),
                         .is_async = true};
  const std::vector<Extern> items = {
      {.name = "f", .item = MakeItem(func)},
      {.name = "r", .item = MakeItem(ResourceId(9))},
      {.name = "m", .item = MakeItem(Opaque::kCoreModule)},
      {.name = "c", .item = MakeItem(Opaque::kComponent)},
      {.name = "v", .item = MakeItem(Opaque::kValue)},
  };
  const World back = RoundTrip(
      {.imports = {{.name = "i", .item = MakeItem(Instance{.items = items})}}, .exports = items});
  ASSERT_EQ(back.imports.size(), 1u);
  EXPECT_EQ(back.imports[0].name, "i");
  for (const std::vector<Extern>& externs :
       {back.exports, std::get<Instance>(back.imports[0].item->of).items}) {
    ASSERT_EQ(externs.size(), 5u);
    EXPECT_TRUE(Equal(std::get<FuncType>(externs[0].item->of), func));
    EXPECT_EQ(std::get<ResourceId>(externs[1].item->of), ResourceId(9));
    EXPECT_EQ(std::get<Opaque>(externs[2].item->of), Opaque::kCoreModule);
    EXPECT_EQ(std::get<Opaque>(externs[3].item->of), Opaque::kComponent);
    EXPECT_EQ(std::get<Opaque>(externs[4].item->of), Opaque::kValue);
  }
}

TEST(TypeProto, SharedTypesStayShared) {
  const TypePtr record = Record({{.name = "a", .type = kU8}});
  const World world = {.exports = {Named("r", record), Func("f", {}, record)}};
  EXPECT_EQ(ToProto(world)->types_size(), 1);
  const World back = RoundTrip(world);
  EXPECT_EQ(std::get<TypePtr>(back.exports[0].item->of),
            std::get<FuncType>(back.exports[1].item->of).result);
}

TEST(TypeProto, WitTextSurvives) {
  const TypePtr record = Record({{.name = "a", .type = kU8}});
  const World world = {
      .exports = {{.name = "a:b/c",
                   .item = MakeItem(Instance{{Named("r", record), Func("f", {}, List(record))}})}}};
  EXPECT_EQ(text::ToWit(RoundTrip(world)), text::ToWit(world));
}

TEST(TypeToProto, PutsTypesAfterThoseTheyReferTo) {
  const auto proto = ToProto({.exports = {Named("t", List(Option(Tuple({kU8}))))}});
  ASSERT_EQ(proto->types_size(), 3);
  EXPECT_TRUE(proto->types(0).has_tuple());
  EXPECT_TRUE(proto->types(1).has_option());
  EXPECT_EQ(proto->types(2).list().index(), 1u);
  EXPECT_EQ(proto->exports(0).type().index(), 2u);
}

Extern Nested(uint32_t levels) {
  Extern e = Func("f", {}, nullptr);
  for (uint32_t i = 0; i < levels; ++i) {
    e = {.name = "i", .item = MakeItem(Instance{.items = {std::move(e)}})};
  }
  return e;
}

TEST(TypeToProto, LimitsTheNestingOfInstances) {
  EXPECT_TRUE(ToProto({.exports = {Nested(kMaxInstanceNesting)}}).ok());
  const auto proto = ToProto({.exports = {Nested(kMaxInstanceNesting + 1)}});
  EXPECT_EQ(base::LimitOf(proto.status()), "world_nesting");
}

TEST(TypeToProto, LimitsWhatSharedInstancesExpandTo) {
  Extern e = Func("f", {}, nullptr);
  for (int i = 0; i < 20; ++i) {
    e = {.name = "i", .item = MakeItem(Instance{.items = {e, e, e, e}})};
  }
  EXPECT_EQ(base::LimitOf(ToProto({.exports = {e}}).status()), "world_bytes");
}

TEST(TypeToProto, LimitsTheDepthOfTypes) {
  TypePtr type = kU8;
  while (type->depth() < base::kMaxTypeDepth) type = Option(type);
  EXPECT_TRUE(FromProto(*ToProto({.exports = {Named("t", type)}})).ok());
  EXPECT_EQ(base::LimitOf(ToProto({.exports = {Named("t", Option(type))}}).status()), "type_depth");
}

TEST(TypeFromProto, TakesReferencesToEarlierTypesOnly) {
  EXPECT_EQ(Error("types { option { primitive: PRIMITIVE_TYPE_U8 } } types { list { index: 0 } }"),
            "ok");
  EXPECT_EQ(Error("types { option { index: 0 } }"),
            "world.types[0].option: want an index below 0, got 0");
  EXPECT_EQ(Error("types { own: 1 } types { list { index: 2 } } types { own: 1 }"),
            "world.types[1].list: want an index below 1, got 2");
  EXPECT_EQ(Error("exports { name: 'f' function { result { index: 4294967295 } } }"),
            "world.exports[0].result: want an index below 0, got 4294967295");
}

TEST(TypeFromProto, RejectsMissingTypes) {
  EXPECT_EQ(Error("types { }"), "world.types[0]: want a type");
  EXPECT_EQ(Error("types { option { } }"), "world.types[0].option: want a type");
  EXPECT_EQ(Error("types { option { primitive: PRIMITIVE_TYPE_UNSPECIFIED } }"),
            "world.types[0].option: want a type");
  EXPECT_EQ(Error("types { list { } }"), "world.types[0].list: want a type");
  EXPECT_EQ(Error("types { map { key { primitive: PRIMITIVE_TYPE_U8 } } }"),
            "world.types[0].value: want a type");
  EXPECT_EQ(Error("types { stream { element { } } }"), "world.types[0].stream: want a type");
  EXPECT_EQ(Error("types { result { err { } } }"), "world.types[0].err: want a type");
  EXPECT_EQ(Error("types { record { fields { name: 'a' } } }"), "world.types[0][0]: want a type");
  EXPECT_EQ(Error("types { variant { fields { name: 'a' } } }"), "ok");
  EXPECT_EQ(Error("exports { name: 'f' function { params { name: 'a' } } }"),
            "world.exports[0].params[0]: want a type");
  EXPECT_EQ(Error("imports { name: 't' type { } }"), "world.imports[0].type: want a type");
}

TEST(TypeFromProto, RejectsUnknownPrimitives) {
  EXPECT_EQ(Error("types { option { primitive: 99 } }"), "world.types[0].option: want a type");
}

TEST(TypeFromProto, RejectsMissingAndUnknownItems) {
  EXPECT_EQ(Error("exports { name: 'x' }"), "world.exports[0]: want an item");
  EXPECT_EQ(Error("exports { name: 'x' opaque: OPAQUE_ITEM_UNSPECIFIED }"),
            "world.exports[0]: want an item");
  EXPECT_EQ(Error("exports { name: 'i' instance { items { name: 'x' } } }"),
            "world.exports[0].items[0]: want an item");
}

TEST(TypeFromProto, RejectsEmptyTypes) {
  EXPECT_EQ(Error("types { record { } }"), "world.types[0]: want 1 to 10000 parts, got 0");
  EXPECT_EQ(Error("types { tuple { } }"), "world.types[0]: want 1 to 10000 parts, got 0");
  EXPECT_EQ(Error("types { variant { } }"), "world.types[0]: want 1 to 10000 parts, got 0");
  EXPECT_EQ(Error("types { enum { } }"), "world.types[0]: want 1 to 10000 parts, got 0");
  EXPECT_EQ(Error("types { flags { } }"), "world.types[0]: want 1 to 32 parts, got 0");
  EXPECT_EQ(Error("types { fixed_list { element { primitive: PRIMITIVE_TYPE_U8 } } }"),
            "world.types[0]: a fixed-length list must not be empty");
}

TEST(TypeFromProto, LimitsTheNumberOfParts) {
  v1::World world;
  v1::TypeDef::Labels* flags = world.add_types()->mutable_flags();
  for (uint32_t i = 0; i < base::kMaxFlagsLabels; ++i) flags->add_labels("x");
  EXPECT_EQ(Error(world), "ok");
  flags->add_labels("x");
  EXPECT_EQ(Error(world), "world.types[0]: want 1 to 32 parts, got 33");
  v1::TypeDef::Labels* cases = world.mutable_types(0)->mutable_enum_();
  for (uint32_t i = 0; i < base::kMaxFields; ++i) cases->add_labels("x");
  EXPECT_EQ(Error(world), "ok");
  cases->add_labels("x");
  EXPECT_EQ(Error(world), "world.types[0]: want 1 to 10000 parts, got 10001");
}

TEST(TypeFromProto, LimitsTheNumberOfParameters) {
  v1::World world = Proto("exports { name: 'f' function { } }");
  v1::FuncType& func = *world.mutable_exports(0)->mutable_function();
  for (uint32_t i = 0; i < base::kMaxFuncParams; ++i) {
    func.add_params()->mutable_type()->set_primitive(v1::PRIMITIVE_TYPE_U8);
  }
  EXPECT_EQ(Error(world), "ok");
  func.add_params()->mutable_type()->set_primitive(v1::PRIMITIVE_TYPE_U8);
  EXPECT_EQ(Error(world), "world.exports[0]: want at most 1000 parameters");
}

TEST(TypeFromProto, LimitsTheLengthOfNames) {
  v1::World world = Proto("exports { resource: 1 }");
  world.mutable_exports(0)->set_name(std::string(base::kMaxNameBytes, 'x'));
  EXPECT_EQ(Error(world), "ok");
  world.mutable_exports(0)->mutable_name()->push_back('x');
  EXPECT_EQ(Error(world), "world.exports[0]: the name is too long");
}

v1::World ChainOfOptions(uint32_t count) {
  v1::World world = Proto("types { option { primitive: PRIMITIVE_TYPE_U8 } }");
  for (uint32_t i = 1; i < count; ++i) world.add_types()->mutable_option()->set_index(i - 1);
  return world;
}

TEST(TypeFromProto, LimitsTheDepthOfTypes) {
  EXPECT_EQ(Error(ChainOfOptions(base::kMaxTypeDepth - 1)), "ok");
  EXPECT_EQ(Error(ChainOfOptions(base::kMaxTypeDepth)),
            "world.types[99]: the type is nested too deeply");
}

TEST(TypeFromProto, LimitsWhatSharedTypesExpandTo) {
  v1::World world = Proto("types { list { primitive: PRIMITIVE_TYPE_U8 } }");
  for (uint32_t i = 0; i < 30; ++i) {
    v1::TypeDef::ResultType& result = *world.add_types()->mutable_result();
    result.mutable_ok()->set_index(i);
    result.mutable_err()->set_index(i);
  }
  EXPECT_EQ(Error(world), "world.types[19]: the type has too many parts");
}

TEST(TypeFromProto, LimitsTheSizeOfValues) {
  v1::World world =
      Proto("types { fixed_list { element { primitive: PRIMITIVE_TYPE_U8 } length: 268435455 } }");
  EXPECT_EQ(Error(world), "ok");
  world.mutable_types(0)->mutable_fixed_list()->set_length(268435456);
  EXPECT_EQ(Error(world), "world.types[0]: values of the type are too large");
}

TEST(TypeFromProto, LimitsTheNestingOfInstances) {
  v1::World world = *ToProto({.exports = {Nested(kMaxInstanceNesting)}});
  EXPECT_EQ(Error(world), "ok");
  v1::World deeper;
  v1::Extern& outer = *deeper.add_exports();
  *outer.mutable_instance()->mutable_items() = world.exports();
  EXPECT_NE(Error(deeper).find("instances are nested too deeply"), std::string::npos);
}

TEST(TypeFromProto, LimitsTheWholeWorld) {
  v1::World world;
  for (uint64_t i = 0; i < kMaxWorldBytes / 64; ++i) world.add_types()->set_own(1);
  EXPECT_EQ(Error(world), "ok");
  world.add_exports()->set_resource(1);
  EXPECT_EQ(Error(world), "world.exports[0]: the world is too large");
}

}  // namespace
}  // namespace davit::types
