#include "runtime/binary/validate/subtyping.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/binary/validate/visibility.h"

namespace davit::binary {
namespace {

using testing::HasSubstr;
using types::Kind;

class SubtypingTest : public testing::Test {
 protected:
  ValueType Make(ValueShape shape, TypeName name = kNoName) {
    return {.shape = *store_.Make(std::move(shape)), .name = name};
  }
  ValueType Prim(Kind kind) { return store_.Primitive(kind); }
  ValueType List(ValueType element) {
    return Make({.kind = Kind::kList, .members = {{.type = element}}});
  }
  ValueType Record(std::string_view label, ValueType field, TypeName name = kNoName) {
    return Make({.kind = Kind::kRecord, .members = {{.label = label, .type = field}}}, name);
  }
  ValueType Own(ResourceRef resource) { return Make({.kind = Kind::kOwn, .resource = resource}); }
  const FuncType* Func(std::vector<Member> params) {
    return *store_.Make(FuncType{.params = std::move(params)});
  }
  const FuncType* FuncOf(ValueType param) { return Func({{.label = "x", .type = param}}); }
  ResourceRef Resource() { return {.id = store_.FreshResource(), .name = store_.FreshName()}; }

  static EntityMap Map(const std::vector<std::pair<std::string_view, Entity>>& items) {
    EntityMap map;
    for (const auto& [name, entity] : items) map.Add(name, entity);
    return map;
  }
  const InstanceType* Instance(const std::vector<std::pair<std::string_view, Entity>>& exports) {
    return *store_.Make(InstanceType{.exports = Map(exports)});
  }

  absl::Status Match(const Entity& given, const Entity& wanted,
                     const std::vector<ResourceId>& open = {}) {
    return Matcher(&store_, &core_, open).Match(given, wanted);
  }

  TypeStore store_;
  wasm::CoreTypeTable core_;
};

TEST_F(SubtypingTest, ValueTypesAreEqualByStructure) {
  const ValueType a = List(Record("f", Prim(Kind::kU8)));
  const ValueType b = List(Record("f", Prim(Kind::kU8)));
  EXPECT_NE(a.shape, b.shape);
  EXPECT_EQ(a.structure(), b.structure());
  EXPECT_NE(a.structure(), List(Record("g", Prim(Kind::kU8))).structure());
  EXPECT_NE(a.structure(), List(Record("f", Prim(Kind::kS8))).structure());
}

TEST_F(SubtypingTest, NamesDoNotMatterToEquality) {
  EXPECT_EQ(Record("f", Prim(Kind::kU8), store_.FreshName()).structure(),
            Record("f", Prim(Kind::kU8)).structure());
}

TEST_F(SubtypingTest, ResourcesAreToldApartById) {
  const ResourceRef r = Resource(), s = Resource();
  EXPECT_EQ(List(Own(r)).structure(), List(Own({.id = r.id})).structure());
  EXPECT_NE(List(Own(r)).structure(), List(Own(s)).structure());
}

TEST_F(SubtypingTest, OpenResourcesAreBoundByTheirFirstUseAsAType) {
  const ResourceRef wanted = Resource(), given = Resource(), other = Resource();
  Matcher matcher(&store_, &core_, std::vector{wanted.id});
  EXPECT_TRUE(matcher.Match(TypeEntity{given}, TypeEntity{wanted}).ok());
  EXPECT_TRUE(matcher.Match(FuncOf(Own(given)), FuncOf(Own(wanted))).ok());
  EXPECT_FALSE(matcher.Match(FuncOf(Own(other)), FuncOf(Own(wanted))).ok());
  EXPECT_FALSE(matcher.Match(TypeEntity{other}, TypeEntity{wanted}).ok());
}

TEST_F(SubtypingTest, FunctionsMatchExactly) {
  const FuncType* f = FuncOf(Prim(Kind::kU8));
  EXPECT_TRUE(Match(f, FuncOf(Prim(Kind::kU8))).ok());
  EXPECT_THAT(Match(f, FuncOf(Prim(Kind::kU16))).message(),
              HasSubstr("function parameter `x`: expected u16, found u8"));
  EXPECT_THAT(Match(f, Func({})).message(), HasSubstr("expected 0 parameters, found 1"));
  EXPECT_THAT(Match(f, Func({{.label = "y", .type = Prim(Kind::kU8)}})).message(),
              HasSubstr("expected parameter named `y`, found `x`"));
  EXPECT_THAT(Match(*store_.Make(FuncType{.is_async = true}), Func({})).message(),
              HasSubstr("not async"));
}

TEST_F(SubtypingTest, InstancesMayExportMoreInAnyOrder) {
  const Entity f = Func({});
  const Entity g = FuncOf(Prim(Kind::kU8));
  EXPECT_TRUE(Match(Instance({{"a", f}, {"b", g}}), Instance({{"b", g}})).ok());
  EXPECT_TRUE(Match(Instance({{"a", f}, {"b", g}}), Instance({{"b", g}, {"a", f}})).ok());
  EXPECT_THAT(Match(Instance({{"a", f}}), Instance({{"b", g}})).message(),
              HasSubstr("missing expected export `b`"));
  EXPECT_THAT(Match(Instance({{"a", f}}), Instance({{"a", g}})).message(),
              HasSubstr("type mismatch in instance export `a`"));
}

TEST_F(SubtypingTest, ComponentsMayImportLessAndExportMore) {
  const Entity f = Func({});
  const auto component = [&](const auto& imports, const auto& exports) {
    return *store_.Make(ComponentType{.imports = Map(imports), .exports = Map(exports)});
  };
  using Items = std::vector<std::pair<std::string_view, Entity>>;
  const ComponentType* less = component(Items{}, Items{{"x", f}, {"y", f}});
  const ComponentType* more = component(Items{{"a", f}}, Items{{"x", f}});
  EXPECT_TRUE(Match(less, more).ok());
  EXPECT_THAT(Match(more, less).message(), HasSubstr("missing expected import `a`"));
}

// (component (import "T" (type (sub resource))) (export "f" (func (param "x" (own T)))))
TEST_F(SubtypingTest, ComponentsMatchUpToTheirOwnResources) {
  const auto component = [&](bool distinct) {
    const ResourceRef imported = Resource();
    const ResourceRef used = distinct ? Resource() : imported;
    ComponentType type{.imports = Map({{"T", TypeEntity{imported}}}),
                       .exports = Map({{"f", FuncOf(Own(used))}}),
                       .imported_resources = {imported.id}};
    if (distinct) type.defined_resources = {used.id};
    return *store_.Make(std::move(type));
  };
  EXPECT_TRUE(Match(component(false), component(false)).ok());
  EXPECT_FALSE(Match(component(true), component(false)).ok());
}

TEST_F(SubtypingTest, InstanceTypesAsTypesMustBeEqual) {
  const Entity f = Func({});
  const TypeEntity more{Instance({{"a", f}, {"b", f}})};
  const TypeEntity less{Instance({{"a", f}})};
  EXPECT_TRUE(Match(more, TypeEntity{Instance({{"b", f}, {"a", f}})}).ok());
  EXPECT_FALSE(Match(more, less).ok());
  EXPECT_FALSE(Match(less, more).ok());
}

TEST_F(SubtypingTest, SubstitutionSharesWhatItDoesNotChange) {
  const ResourceRef r = Resource(), s = Resource();
  const ValueType plain = List(Prim(Kind::kU8));
  const ValueType list = List(Own(r));
  Substitution substitution(&store_);
  substitution.Replace(r.id, s.id);
  EXPECT_EQ(substitution.Apply(plain)->shape, plain.shape);
  const ValueType replaced = *substitution.Apply(list);
  EXPECT_EQ(replaced.structure(), List(Own(s)).structure());
  EXPECT_EQ(substitution.Apply(list)->shape, replaced.shape);
}

TEST_F(SubtypingTest, OpeningMakesFreshResourcesEachTime) {
  const ResourceRef r = Resource();
  const InstanceType* type =
      *store_.Make(InstanceType{.exports = Map({{"r", TypeEntity{r}}, {"f", FuncOf(Own(r))}}),
                                .bound_resources = {r.id},
                                .bound_names = {r.name}});
  std::vector<ResourceId> opened;
  std::vector<TypeName> names;
  const InstanceType* a = *OpenInstanceType(type, store_, opened, names);
  const InstanceType* b = *OpenInstanceType(type, store_, opened, names);
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_NE(opened[0], opened[1]);
  EXPECT_FALSE(Match(a, b).ok());
  EXPECT_TRUE(Match(a, b, {opened[1]}).ok());
}

TEST_F(SubtypingTest, VisibilityGoesByTheNameNotTheStructure) {
  VisibleTypes visible(&store_);
  const ValueType definition = Record("f", Prim(Kind::kU8));
  const ValueType named{.shape = definition.shape, .name = store_.FreshName()};
  EXPECT_FALSE(*visible.Admit(FuncOf(named)));
  EXPECT_TRUE(*visible.Admit(TypeEntity{named}));
  EXPECT_TRUE(*visible.Admit(FuncOf(List(named))));
  EXPECT_FALSE(*visible.Admit(FuncOf(definition)));
}

}  // namespace
}  // namespace davit::binary
