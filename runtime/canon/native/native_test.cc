#include "runtime/canon/native/native.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/limits.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/vals/test_vals.h"

namespace davit::canon {

struct Item {
  uint32_t id = 0;
  std::string name;
  std::vector<double> prices;
  friend bool operator==(const Item&, const Item&) = default;
};
template <>
struct RecordTraits<Item> {
  static constexpr std::array<std::string_view, 3> kNames = {"id", "name", "prices"};
  static auto Tie(auto& item) { return std::tie(item.id, item.name, item.prices); }
};

class Shape {
 public:
  using Payloads = std::variant<std::monostate, float, std::string>;
  Shape() = default;
  explicit Shape(Payloads payloads) : payloads_(std::move(payloads)) {}
  auto& payloads(this auto& self) { return self.payloads_; }
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  Payloads payloads_;
};
template <>
struct VariantTraits<Shape> {
  static constexpr std::array<std::string_view, 3> kNames = {"none", "circle", "named"};
  static auto& Payloads(auto& shape) { return shape.payloads(); }
};

enum class Color : uint8_t { kRed, kGreen, kBlue };
template <>
struct EnumTraits<Color> {
  static constexpr std::array<std::string_view, 3> kNames = {"red", "green", "blue"};
};

enum class Access : uint32_t { kNone = 0, kRead = 1, kWrite = 2, kBoth = 3 };
template <>
struct FlagsTraits<Access> {
  static constexpr std::array<std::string_view, 2> kNames = {"read", "write"};
};

namespace {

using base::TrapCode;

constexpr std::string_view kItem = "record{id:u32,name:string,prices:list<f64>}";

// What lowering `value` as a parameter and lifting it as one gives, and whether a Val sees the same
// on the way.
template <typename T>
class Parameter {
 public:
  explicit Parameter(std::string_view type, StringEncoding encoding = StringEncoding::kUtf8)
      : plan_(PlanOf({TypeOf(type)})), guest_(encoding) {
    EXPECT_EQ(MatchesType<T>(*TypeOf(type)), absl::OkStatus());
  }

  T RoundTrip(const T& value) {
    std::vector<CoreSlot> slots(plan_->lift_slots(), 0xdddddddddddddddd);
    EXPECT_EQ(LowerNative(*plan_, guest_.context, absl::MakeSpan(slots), value), absl::OkStatus());
    ValArgs vals;
    EXPECT_EQ(LiftParams(*plan_, guest_.context, slots, vals), absl::OkStatus());
    text_ = TextOf(vals[0]);
    const auto lifted = LiftNativeParams<T>(*plan_, guest_.context, slots);
    EXPECT_EQ(lifted.status(), absl::OkStatus());
    return lifted.ok() ? std::get<0>(*lifted) : T{};
  }
  // The value that was passed last, as a Val.
  const std::string& text() const { return text_; }

 private:
  std::shared_ptr<const FuncPlan> plan_;
  TestGuest guest_;
  std::string text_;
};

template <typename T>
void ExpectPasses(std::string_view type, const T& value, std::string_view text) {
  Parameter<T> parameter(type);
  EXPECT_EQ(parameter.RoundTrip(value), value) << type;
  EXPECT_EQ(parameter.text(), text);
}

TEST(Native, PassesNumbers) {
  ExpectPasses<bool>("bool", true, "bool: true");
  ExpectPasses<int8_t>("s8", -128, "s8: -128");
  ExpectPasses<uint8_t>("u8", 255, "u8: 255");
  ExpectPasses<int16_t>("s16", -2, "s16: -2");
  ExpectPasses<uint16_t>("u16", 65535, "u16: 65535");
  ExpectPasses<int32_t>("s32", -3, "s32: -3");
  ExpectPasses<uint32_t>("u32", 4000000000, "u32: 4000000000");
  ExpectPasses<int64_t>("s64", -4, "s64: -4");
  ExpectPasses<uint64_t>("u64", ~uint64_t{0}, "u64: 18446744073709551615");
  ExpectPasses<float>("f32", 1.5, "f32: 1.5");
  ExpectPasses<double>("f64", -2.5, "f64: -2.5");
  ExpectPasses<char32_t>("char", U'é', "char: 233");
}

TEST(Native, PassesStringsInEveryEncoding) {
  for (const auto encoding :
       {StringEncoding::kUtf8, StringEncoding::kUtf16, StringEncoding::kLatin1Utf16}) {
    Parameter<std::string> parameter("string", encoding);
    for (const char* text : {"", "plain", "é", "aλ😀"}) {
      EXPECT_EQ(parameter.RoundTrip(text), text);
    }
  }
}

TEST(Native, PassesLists) {
  ExpectPasses<std::vector<uint8_t>>("list<u8>", {1, 2, 3}, "u8_list: \"\\001\\002\\003\"");
  ExpectPasses<std::vector<uint8_t>>("list<u8>", {}, "u8_list: \"\"");
  ExpectPasses<std::vector<int16_t>>("list<s16>", {-1}, "s16_list { values: -1 }");
  ExpectPasses<std::vector<bool>>("list<bool>", {true, false},
                                  "list { items { bool: true } items { bool: false } }");
  ExpectPasses<std::vector<char32_t>>("list<char>", {U'a'}, "list { items { char: 97 } }");
  ExpectPasses<std::vector<std::string>>("list<string>", {"a"}, "list { items { string: \"a\" } }");
  ExpectPasses<std::vector<std::vector<uint32_t>>>(
      "list<list<u32>>", {{1}, {}},
      "list { items { u32_list { values: 1 } } items { u32_list { } } }");
}

TEST(Native, PassesMaps) {
  ExpectPasses<std::vector<std::pair<std::string, uint32_t>>>(
      "map<string,u32>", {{"a", 1}}, "map { entries { key { string: \"a\" } value { u32: 1 } } }");
}

TEST(Native, PassesTuplesAndOptions) {
  ExpectPasses<std::tuple<uint8_t, std::string>>(
      "tuple<u8,string>", {1, "a"}, "tuple { items { u8: 1 } items { string: \"a\" } }");
  ExpectPasses<std::optional<uint64_t>>("option<u64>", 7, "option { some { u64: 7 } }");
  ExpectPasses<std::optional<uint64_t>>("option<u64>", std::nullopt, "option { }");
  ExpectPasses<std::optional<std::optional<bool>>>(
      "option<option<bool>>", std::optional<bool>(std::nullopt), "option { some { option { } } }");
}

TEST(Native, PassesRecords) {
  ExpectPasses<Item>(kItem, {7, "bolt", {0.5}},
                     "record { fields { name: \"id\" value { u32: 7 } } fields { name: \"name\" "
                     "value { string: \"bolt\" } } fields { name: \"prices\" value { f64_list { "
                     "values: 0.5 } } } }");
}

TEST(Native, PassesResults) {
  ExpectPasses<Result<uint32_t, std::string>>("result<u32,string>", 5,
                                              "result { ok { value { u32: 5 } } }");
  ExpectPasses<Result<uint32_t, std::string>>("result<u32,string>", std::unexpected("no"),
                                              "result { err { value { string: \"no\" } } }");
  ExpectPasses<Result<>>("result<_,_>", {}, "result { ok { } }");
  ExpectPasses<Result<>>("result<_,_>", std::unexpected(std::monostate()), "result { err { } }");
  ExpectPasses<Result<void, Color>>("result<_,enum{red,green,blue}>", std::unexpected(Color::kBlue),
                                    "result { err { value { enum: \"blue\" } } }");
}

TEST(Native, PassesVariants) {
  using Figure = std::variant<std::monostate, float, std::string, float>;
  const std::string_view type = "variant{none,circle(f32),named(string),square(f32)}";
  ExpectPasses<Figure>(type, Figure(), "variant { case: \"none\" }");
  ExpectPasses<Figure>(type, Figure(std::in_place_index<3>, 2.0f),
                       "variant { case: \"square\" payload { f32: 2 } }");
  ExpectPasses<Figure>(type, Figure("x"), "variant { case: \"named\" payload { string: \"x\" } }");
}

TEST(Native, PassesVariantsWithNames) {
  const std::string_view type = "variant{none,circle(f32),named(string)}";
  ExpectPasses<Shape>(type, Shape(), "variant { case: \"none\" }");
  ExpectPasses<Shape>(type, Shape(2.0f), "variant { case: \"circle\" payload { f32: 2 } }");
  ExpectPasses<Shape>(type, Shape("x"), "variant { case: \"named\" payload { string: \"x\" } }");
  EXPECT_FALSE(CheckNative(Shape("\xff")).ok());
}

TEST(Native, PassesEnumsAndFlags) {
  ExpectPasses<Color>("enum{red,green,blue}", Color::kGreen, "enum: \"green\"");
  ExpectPasses<Access>("flags{read,write}", Access::kWrite, "flags { labels: \"write\" }");
}

TEST(Native, FlagsLoseBitsWithoutALabel) {
  Parameter<Access> parameter("flags{read,write}");
  EXPECT_EQ(parameter.RoundTrip(static_cast<Access>(0xff)), Access::kBoth);
}

TEST(Native, LowersViews) {
  TestGuest guest;
  const auto plan = PlanOf({TypeOf("string"), TypeOf("list<u16>")});
  const std::vector<uint16_t> numbers = {1, 2};
  CoreSlot slots[4];
  ASSERT_EQ(LowerNative(*plan, guest.context, slots, std::string_view("hi"),
                        std::span<const uint16_t>(numbers)),
            absl::OkStatus());
  EXPECT_EQ(guest.memory.Read(slots[0], 2), "hi");
  EXPECT_EQ(guest.memory.Get<uint16_t>(slots[2] + 2), 2);
}

TEST(Native, LiftsSpansAsViewsOfTheMemory) {
  TestGuest guest;
  guest.memory.Put<uint16_t>(34, 7);
  const auto plan = PlanOf({TypeOf("list<u16>")});
  const auto lift = [&](std::vector<CoreSlot> slots) {
    return LiftNativeParams<std::span<const uint16_t>>(*plan, guest.context, slots);
  };
  const auto lifted = lift({32, 2});
  ASSERT_TRUE(lifted.ok());
  const std::span<const uint16_t> view = std::get<0>(*lifted);
  EXPECT_EQ(static_cast<const void*>(view.data()), guest.memory.View().data() + 32);
  EXPECT_EQ(view[1], 7);
  EXPECT_TRUE(std::get<0>(lift({32, 0}).value()).empty());
  EXPECT_EQ(TrapCodeOf(lift({33, 1}).status()), TrapCode::kPointerMisaligned);
  EXPECT_EQ(TrapCodeOf(lift({32, 0xffff}).status()), TrapCode::kPointerOutOfBounds);
}

TEST(Native, PassesManyParamsByPointer) {
  TestGuest guest;
  const auto plan = PlanOf({TypeOf(kItem), TypeOf(kItem), TypeOf(kItem), TypeOf(kItem)});
  const Item item{9, "nut", {1, 2}};
  CoreSlot slots[1];
  ASSERT_EQ(LowerNative(*plan, guest.context, slots, item, item, item, item), absl::OkStatus());
  const auto lifted = LiftNativeParams<Item, Item, Item, Item>(*plan, guest.context, slots);
  ASSERT_TRUE(lifted.ok());
  EXPECT_EQ(std::get<3>(*lifted), item);
}

TEST(Native, PassesResultsBothWays) {
  TestGuest guest;
  const auto plan = PlanOf({TypeOf("u32")}, TypeOf(kItem));
  const Item item{9, "nut", {1, 2}};
  CoreSlot slots[2] = {5, 16};
  ASSERT_EQ(LowerNativeResult(*plan, guest.context, slots, item), absl::OkStatus());
  const auto lifted = LiftNative<Item>(*plan, guest.context, std::vector<CoreSlot>{16});
  ASSERT_TRUE(lifted.ok());
  EXPECT_EQ(*lifted, item);
}

TEST(Native, PassesNothing) {
  TestGuest guest;
  const auto plan = PlanOf({});
  EXPECT_EQ(LowerNative(*plan, guest.context, {}), absl::OkStatus());
  EXPECT_EQ(LiftNative<void>(*plan, guest.context, {}), absl::OkStatus());
  EXPECT_TRUE(LiftNativeParams<>(*plan, guest.context, {}).ok());
}

TEST(Native, TrapsAsTheAbiDemands) {
  TestGuest guest;
  const auto lift = [&]<typename T>(std::string_view type, const std::vector<CoreSlot>& slots, T) {
    const auto plan = PlanOf({TypeOf(type)});
    return TrapCodeOf(LiftNativeParams<T>(*plan, guest.context, slots).status());
  };
  EXPECT_EQ(lift("char", {0xd800}, char32_t()), TrapCode::kInvalidChar);
  EXPECT_EQ(lift("enum{red,green,blue}", {3}, Color()), TrapCode::kInvalidDiscriminant);
  EXPECT_EQ(lift("option<u8>", {2, 0}, std::optional<uint8_t>()), TrapCode::kInvalidDiscriminant);
  EXPECT_EQ(lift("list<u32>", {2, 1}, std::vector<uint32_t>()), TrapCode::kPointerMisaligned);
  EXPECT_EQ(lift("list<u32>", {0, 0xffffff}, std::vector<uint32_t>()),
            TrapCode::kPointerOutOfBounds);
  EXPECT_EQ(lift("string", {0, 0xffffff}, std::string()), TrapCode::kPointerOutOfBounds);
}

TEST(Native, ChargesWhatItCopies) {
  TestGuest guest;
  const auto plan = PlanOf({TypeOf("list<u32>")});
  guest.copy_budget = 400;
  EXPECT_TRUE(
      LiftNativeParams<std::vector<uint32_t>>(*plan, guest.context, std::vector<CoreSlot>{0, 100})
          .ok());
  EXPECT_EQ(TrapCodeOf(LiftNativeParams<std::vector<uint32_t>>(*plan, guest.context,
                                                               std::vector<CoreSlot>{0, 1})
                           .status()),
            TrapCode::kHostCopyLimit);
}

TEST(Native, RefusesValuesThatMustNotBePassed) {
  TestGuest guest;
  CoreSlot slots[5];
  const absl::Status status = CheckNative(std::string("ok"), std::optional<std::string>("\xff"));
  EXPECT_EQ(status.message(), "args[1]: a string is not valid UTF-8");
  EXPECT_EQ(base::ArgumentPathOf(status), "args[1]");
  EXPECT_FALSE(CheckNative(char32_t{0xd800}).ok());
  EXPECT_FALSE(CheckNative(static_cast<Color>(3)).ok());
  const auto results = PlanOf({}, TypeOf("string"));
  EXPECT_EQ(LowerNativeResult(*results, guest.context, slots, std::string("\xff")).message(),
            "results[0]: a string is not valid UTF-8");
}

TEST(Native, PassesHandles) {
  TestGuest guest;
  const auto owns = PlanOf({TypeOf("own<1>")});
  CoreSlot slots[1];
  ASSERT_EQ(LowerNative(*owns, guest.context, slots, OwnRep{handles::Rep(6)}), absl::OkStatus());
  const auto borrows = PlanOf({TypeOf("borrow<1>")});
  const auto borrowed = LiftNativeParams<BorrowRep>(*borrows, guest.context, slots);
  ASSERT_TRUE(borrowed.ok());
  EXPECT_EQ(std::get<0>(*borrowed).rep, handles::Rep(6));
  EXPECT_FALSE(LiftNativeParams<OwnRep>(*owns, guest.context, slots).ok());
  guest.scope.ReleaseLends();
  EXPECT_TRUE(LiftNativeParams<OwnRep>(*owns, guest.context, slots).ok());
  EXPECT_EQ(guest.handles.live(), 0u);
}

TEST(Native, PassesHandlesOfOneResourceType) {
  struct Thing;
  TestGuest guest;
  const auto owns = PlanOf({TypeOf("own<1>")});
  CoreSlot slots[1];
  ASSERT_EQ(LowerNative(*owns, guest.context, slots, Own<Thing>{handles::Rep(6)}),
            absl::OkStatus());
  const auto borrowed =
      LiftNativeParams<Borrow<Thing>>(*PlanOf({TypeOf("borrow<1>")}), guest.context, slots);
  ASSERT_TRUE(borrowed.ok());
  EXPECT_EQ(std::get<0>(*borrowed).rep, handles::Rep(6));
}

// ---- Matching ----

template <typename T>
std::string Match(std::string_view type) {
  const absl::Status status = MatchesType<T>(*TypeOf(type));
  return status.ok() ? "ok" : std::string(status.message());
}

TEST(MatchesType, TellsNumbersApart) {
  EXPECT_EQ(Match<uint32_t>("u32"), "ok");
  EXPECT_EQ(Match<uint32_t>("s32"), "the C++ type is for u32, not for s32");
  EXPECT_EQ(Match<char32_t>("u32"), "the C++ type is for char, not for u32");
  EXPECT_EQ(Match<bool>("u8"), "the C++ type is for bool, not for u8");
}

TEST(MatchesType, LooksInside) {
  EXPECT_EQ(Match<std::vector<uint8_t>>("list<u8>"), "ok");
  EXPECT_NE(Match<std::vector<uint8_t>>("list<s8>"), "ok");
  EXPECT_NE(Match<std::optional<uint8_t>>("option<u16>"), "ok");
  EXPECT_NE((Match<std::tuple<uint8_t, uint8_t>>("tuple<u8>")), "ok");
  EXPECT_NE((Match<std::tuple<uint8_t, uint8_t>>("tuple<u8,u16>")), "ok");
  EXPECT_NE((Match<std::vector<std::pair<uint8_t, bool>>>("list<tuple<u8,bool>>")), "ok");
}

TEST(MatchesType, ComparesNames) {
  EXPECT_EQ(Match<Item>(kItem), "ok");
  EXPECT_EQ(Match<Item>("record{id:u32,title:string,prices:list<f64>}"),
            "the C++ type has name where the WIT type has title");
  EXPECT_NE(Match<Item>("record{id:u32,name:string}"), "ok");
  EXPECT_NE(Match<Color>("enum{red,green}"), "ok");
  EXPECT_NE(Match<Color>("enum{red,blue,green}"), "ok");
  EXPECT_NE(Match<Access>("flags{read,write,execute}"), "ok");
  EXPECT_EQ(Match<Shape>("variant{none,circle(f32),named(string)}"), "ok");
  EXPECT_NE(Match<Shape>("variant{none,square(f32),named(string)}"), "ok");
  EXPECT_NE(Match<Shape>("variant{none,circle(f32),named}"), "ok");
}

// Says that resource 1 is the host's Thing.
struct Thing;
struct Other;
class OneIsThing final : public ResourceTags {
 public:
  absl::Status Match(types::ResourceId resource, ResourceTag tag) const override {
    if (resource.value == 1 && tag == ResourceTag::Of<Thing>()) return absl::OkStatus();
    return absl::InvalidArgumentError("another resource");
  }
};

template <typename T>
std::string MatchWithThing(std::string_view type) {
  const OneIsThing tags;
  const absl::Status status = MatchesType<T>(*TypeOf(type), &tags);
  return status.ok() ? "ok" : std::string(status.message());
}

TEST(MatchesType, TellsResourcesOfTheHostApart) {
  EXPECT_EQ(MatchWithThing<Own<Thing>>("own<1>"), "ok");
  EXPECT_EQ(MatchWithThing<Borrow<Thing>>("borrow<1>"), "ok");
  EXPECT_EQ(MatchWithThing<Own<Thing>>("own<2>"), "another resource");
  EXPECT_EQ(MatchWithThing<Borrow<Other>>("borrow<1>"), "another resource");
  EXPECT_EQ(MatchWithThing<Own<Thing>>("borrow<1>"), "the C++ type is for own, not for borrow");
  EXPECT_EQ(MatchWithThing<Borrow<Thing>>("u32"), "the C++ type is for borrow, not for u32");
  EXPECT_EQ(MatchWithThing<OwnRep>("own<2>"), "ok");
}

TEST(MatchesType, LooksForResourcesOfTheHostInside) {
  using Inside = std::vector<std::optional<std::tuple<Own<Thing>, Result<void, Own<Thing>>>>>;
  EXPECT_EQ(MatchWithThing<Inside>("list<option<tuple<own<1>,result<_,own<1>>>>>"), "ok");
  EXPECT_EQ(MatchWithThing<Inside>("list<option<tuple<own<1>,result<_,own<2>>>>>"),
            "another resource");
  using Cases = std::variant<std::monostate, Own<Thing>>;
  EXPECT_EQ(MatchWithThing<Cases>("variant{a,b(own<1>)}"), "ok");
  EXPECT_EQ(MatchWithThing<Cases>("variant{a,b(own<2>)}"), "another resource");
}

TEST(MatchesType, RefusesResourcesOfTheHostWhereThereAreNone) {
  EXPECT_EQ(Match<Own<Thing>>("own<1>"), "the C++ type is for a resource type of the host");
  EXPECT_EQ(Match<Borrow<Thing>>("borrow<1>"), "the C++ type is for a resource type of the host");
  EXPECT_EQ(Match<OwnRep>("own<1>"), "ok");
}

TEST(MatchesType, AbsentPayloadsAreAbsentOnBothSides) {
  EXPECT_EQ((Match<Result<>>("result<_,_>")), "ok");
  EXPECT_NE((Match<Result<>>("result<u8,_>")), "ok");
  EXPECT_NE((Match<Result<uint8_t>>("result<_,_>")), "ok");
  EXPECT_NE((Match<std::variant<std::monostate, uint8_t>>("variant{a(u8),b(u8)}")), "ok");
}

TEST(MatchesFunc, ComparesParamsAndResult) {
  const types::FuncType type{.params = {{"a", TypeOf("u32")}, {"b", TypeOf("string")}},
                             .result = TypeOf("bool")};
  EXPECT_TRUE((MatchesFunc<bool, uint32_t, std::string>(type).ok()));
  EXPECT_FALSE((MatchesFunc<void, uint32_t, std::string>(type).ok()));
  EXPECT_FALSE((MatchesFunc<bool, uint32_t>(type).ok()));
  EXPECT_FALSE((MatchesFunc<bool, uint32_t, uint32_t>(type).ok()));
}

}  // namespace
}  // namespace davit::canon
