// Calls that do not fit what the component exports: each is refused before the guest runs, with the
// path of what is wrong, and the instance works on.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "client/call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOkAndHolds;
using client::ToVal;
using ::testing::HasSubstr;
using ::testing::Not;

// -- Names --

class UnknownNameTest : public DavitdTest {
 protected:
  void TearDown() override { ExpectServes(); }
};

TEST_F(UnknownNameTest, OfAComponent) {
  const auto refused = client::CallFresh<uint32_t>(client(), "nobody", "f");
  EXPECT_THAT(refused, Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND", "components/nobody"));
  EXPECT_EQ(Detail<google::rpc::ResourceInfo>(refused).resource_name(),
            "tenants/default/components/nobody");
}

TEST_F(UnknownNameTest, OfARevision) {
  const std::string name =
      absl::StrCat(client().ComponentName(Component("calc")), "/revisions/", std::string(64, '0'));
  EXPECT_THAT(client::CallFresh<uint32_t>(client(), name, "f"),
              Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND", name));
}

TEST_F(UnknownNameTest, OfAnInstance) {
  const auto refused = client::Call<uint32_t>(client(), "nobody", "f");
  EXPECT_THAT(refused, Fails(StatusCode::kNotFound, "INSTANCE_NOT_FOUND", "instances/nobody"));
  EXPECT_EQ(Detail<google::rpc::ResourceInfo>(refused).resource_type(), "instance");
}

TEST_F(UnknownNameTest, OfATenant) {
  EXPECT_THAT(client::Call<uint32_t>(client(), "tenants/nobody/instances/i", "f"),
              Fails(StatusCode::kNotFound, "TENANT_NOT_FOUND", "nobody"));
}

TEST_F(UnknownNameTest, OfAFunctionSaysWhichThereAre) {
  const std::string calc = Instance("calc");
  for (const auto& refused :
       {client::Call<uint32_t>(client(), calc, "bench:calc/api#subtract"),
        client::CallFresh<uint32_t>(client(), "calc", "bench:calc/api#subtract")}) {
    EXPECT_THAT(refused, Fails(StatusCode::kNotFound, "FUNCTION_NOT_FOUND", "subtract"));
    EXPECT_THAT(refused, Fails(StatusCode::kNotFound, "FUNCTION_NOT_FOUND", "bench:calc/api#add"));
  }
}

TEST_F(UnknownNameTest, OfTheFormOfNoneBlamesTheField) {
  EXPECT_THAT(client::Call<uint32_t>(client(), "tenants/default/instances/Upper", "f"),
              BlamesField("instance", "want tenants/{tenant}/instances/{instance}"));
  EXPECT_THAT(client::CallFresh<uint32_t>(client(), "tenants/default/components", "f"),
              BlamesField("component", "want tenants/{tenant}/components/{component}"));
}

TEST_F(UnknownNameTest, ACallWithoutTargetBlamesIt) {
  v1::CallRequest request;
  request.set_function("f");
  EXPECT_THAT(client().Call(request), BlamesField("target", "want an instance or a component"));
}

// -- Arguments --

v1::Val Person() {
  v1::Val val;
  const auto set = [&](const char* name, v1::Val value) {
    auto* field = val.mutable_record()->add_fields();
    field->set_name(name);
    *field->mutable_value() = std::move(value);
  };
  set("name", ToVal("Ada"));
  set("age", ToVal(uint8_t{36}));
  set("email", ToVal(std::optional<std::string>()));
  set("tags", ToVal(std::vector<std::string>{"x"}));
  v1::Val suit;
  suit.set_enum_("hearts");
  set("suit", suit);
  v1::Val access;
  access.mutable_flags()->add_labels("read");
  set("access", access);
  return val;
}

v1::Val PersonWith(const std::function<void(v1::RecordVal&)>& change) {
  v1::Val val = Person();
  change(*val.mutable_record());
  return val;
}

v1::Val Make(const std::function<void(v1::Val&)>& set) {
  v1::Val val;
  set(val);
  return val;
}

struct BadArgs {
  std::string name;
  std::string function;
  std::vector<v1::Val> args;
  std::string path;
  std::string description;
};
void PrintTo(const BadArgs& bad, std::ostream* out) { *out << bad.function << ": " << bad.path; }

class BadArgumentTest : public DavitdTest, public testing::WithParamInterface<BadArgs> {};

TEST_P(BadArgumentTest, IsRefusedWithItsPathAndHarmsNothing) {
  const BadArgs& bad = GetParam();
  const std::string values = Instance("values");
  v1::CallRequest request;
  request.set_instance(values);
  request.set_function(absl::StrCat("test:values/", bad.function));
  request.mutable_args()->Add(bad.args.begin(), bad.args.end());
  const auto refused = client().Call(request);
  EXPECT_THAT(refused.status(), Fails(StatusCode::kInvalidArgument, "ARGUMENT_MISMATCH",
                                      absl::StrCat(bad.path, ": ")));
  EXPECT_THAT(refused.status(), BlamesField(bad.path, bad.description));
  EXPECT_THAT(Call(values, "test:values/primitives#echo-u8(1)"), IsOkAndHolds("1"));
}

std::string NameOf(const testing::TestParamInfo<BadArgs>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Count, BadArgumentTest,
    testing::Values(BadArgs{"TooFew", "primitives#echo-u8", {}, "args", "want 1, got 0"},
                    BadArgs{"TooMany",
                            "primitives#echo-u8",
                            {ToVal(uint8_t{1}), ToVal(uint8_t{2})},
                            "args",
                            "want 1, got 2"},
                    BadArgs{"NoneWanted", "wide#nothing", {ToVal(1u)}, "args", "want 0, got 1"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Type, BadArgumentTest,
    testing::Values(
        BadArgs{"Unset", "primitives#echo-u32", {v1::Val()}, "args[0]", "want u32, got nothing"},
        BadArgs{
            "StringForU32", "primitives#echo-u32", {ToVal("1")}, "args[0]", "want u32, got string"},
        BadArgs{"S32ForU32",
                "primitives#echo-u32",
                {ToVal(int32_t{1})},
                "args[0]",
                "want u32, got s32"},
        BadArgs{"F64ForF32", "primitives#echo-f32", {ToVal(1.0)}, "args[0]", "want f32, got f64"},
        BadArgs{"ListForString",
                "primitives#echo-string",
                {ToVal(std::vector<std::string>())},
                "args[0]",
                "want string, got list"},
        BadArgs{"PackedListOfAnotherType",
                "lists#echo-u32s",
                {Make([](v1::Val& v) { v.mutable_s32_list()->add_values(1); })},
                "args[0]",
                "want list<u32>, got list<s32>"},
        BadArgs{"ItemOfList",
                "lists#echo-u32s",
                {Make([](v1::Val& v) {
                  v.mutable_list()->add_items()->set_u32(1);
                  v.mutable_list()->add_items()->set_bool_(true);
                })},
                "args[0][1]",
                "want u32, got bool"},
        BadArgs{"MemberOfTuple",
                "shapes#echo-tuple",
                {ToVal(std::tuple(uint8_t{1}, std::string("s"), 1.0f, 2u))},
                "args[0][3]",
                "want char, got u32"},
        BadArgs{"TupleTooShort",
                "shapes#echo-tuple",
                {ToVal(std::tuple(uint8_t{1}))},
                "args[0]",
                "want a tuple of 4"},
        BadArgs{"FieldOfRecord",
                "shapes#echo-record",
                {PersonWith([](auto& r) { r.mutable_fields(1)->mutable_value()->set_u16(1); })},
                "args[0].age",
                "want u8, got u16"},
        BadArgs{"DeepInAList",
                "lists#echo-persons",
                {Make([](v1::Val& v) {
                  *v.mutable_list()->add_items() = Person();
                  *v.mutable_list()->add_items() = PersonWith([](v1::RecordVal& r) {
                    r.mutable_fields(3)->mutable_value()->mutable_list()->mutable_items(0)->set_u8(
                        1);
                  });
                })},
                "args[0][1].tags[0]",
                "want string, got u8"},
        BadArgs{"SecondArgument",
                "wide#sum16",
                {ToVal(1u), ToVal("2"), ToVal(3u), ToVal(4u), ToVal(5u), ToVal(6u), ToVal(7u),
                 ToVal(8u), ToVal(9u), ToVal(10u), ToVal(11u), ToVal(12u), ToVal(13u), ToVal(14u),
                 ToVal(15u), ToVal(16u)},
                "args[1]",
                "want u32, got string"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(
    Names, BadArgumentTest,
    testing::Values(BadArgs{"MissingField",
                            "shapes#echo-record",
                            {PersonWith([](auto& r) { r.mutable_fields()->DeleteSubrange(4, 1); })},
                            "args[0]",
                            "missing field \"suit\""},
                    BadArgs{"UnknownField",
                            "shapes#echo-record",
                            {PersonWith([](auto& r) { r.mutable_fields(0)->set_name("nom"); })},
                            "args[0]",
                            "unknown field \"nom\""},
                    BadArgs{"DuplicateField",
                            "shapes#echo-record",
                            {PersonWith([](auto& r) { *r.add_fields() = r.fields(0); })},
                            "args[0]",
                            "duplicate field \"name\""},
                    BadArgs{"UnknownEnumCase",
                            "shapes#echo-enum",
                            {Make([](v1::Val& v) { v.set_enum_("joker"); })},
                            "args[0]",
                            "unknown enum case \"joker\""},
                    BadArgs{"UnknownVariantCase",
                            "shapes#echo-variant",
                            {Make([](v1::Val& v) { v.mutable_variant()->set_case_("star"); })},
                            "args[0]",
                            "unknown variant case \"star\""},
                    BadArgs{"VariantWithoutItsPayload",
                            "shapes#echo-variant",
                            {Make([](v1::Val& v) { v.mutable_variant()->set_case_("circle"); })},
                            "args[0]",
                            "circle"},
                    BadArgs{"VariantWithAPayloadTooMany",
                            "shapes#echo-variant",
                            {Make([](v1::Val& v) {
                              v.mutable_variant()->set_case_("nothing");
                              v.mutable_variant()->mutable_payload()->set_f64(1);
                            })},
                            "args[0]",
                            "nothing"},
                    BadArgs{"UnknownFlag",
                            "shapes#echo-flags",
                            {Make([](v1::Val& v) { v.mutable_flags()->add_labels("fly"); })},
                            "args[0]",
                            "unknown flags label \"fly\""},
                    BadArgs{"DuplicateFlag",
                            "shapes#echo-flags",
                            {Make([](v1::Val& v) {
                              v.mutable_flags()->add_labels("read");
                              v.mutable_flags()->add_labels("read");
                            })},
                            "args[0]",
                            "duplicate flags label \"read\""},
                    BadArgs{"ResultWithNeitherSide",
                            "shapes#echo-result",
                            {Make([](v1::Val& v) { v.mutable_result(); })},
                            "args[0]",
                            "neither ok nor err"}),
    NameOf);

INSTANTIATE_TEST_SUITE_P(Range, BadArgumentTest,
                         testing::Values(BadArgs{"U8",
                                                 "primitives#echo-u8",
                                                 {Make([](v1::Val& v) { v.set_u8(256); })},
                                                 "args[0]",
                                                 "256 is out of the range of u8"},
                                         BadArgs{"S8Above",
                                                 "primitives#echo-s8",
                                                 {Make([](v1::Val& v) { v.set_s8(128); })},
                                                 "args[0]",
                                                 "128 is out of the range of s8"},
                                         BadArgs{"S8Below",
                                                 "primitives#echo-s8",
                                                 {Make([](v1::Val& v) { v.set_s8(-129); })},
                                                 "args[0]",
                                                 "-129 is out of the range of s8"},
                                         BadArgs{"U16",
                                                 "primitives#echo-u16",
                                                 {Make([](v1::Val& v) { v.set_u16(65536); })},
                                                 "args[0]",
                                                 "65536 is out of the range of u16"},
                                         BadArgs{"S16",
                                                 "primitives#echo-s16",
                                                 {Make([](v1::Val& v) { v.set_s16(-32769); })},
                                                 "args[0]",
                                                 "-32769 is out of the range of s16"},
                                         BadArgs{"InPackedList",
                                                 "lists#echo-u16s",
                                                 {Make([](v1::Val& v) {
                                                   v.mutable_u16_list()->add_values(1);
                                                   v.mutable_u16_list()->add_values(70000);
                                                 })},
                                                 "args[0][1]",
                                                 "70000 is out of the range of u16"},
                                         BadArgs{"LoneSurrogate",
                                                 "primitives#echo-char",
                                                 {Make([](v1::Val& v) { v.set_char_(0xd800); })},
                                                 "args[0]",
                                                 "0xd800"},
                                         BadArgs{"CharPastTheLast",
                                                 "primitives#echo-char",
                                                 {Make([](v1::Val& v) { v.set_char_(0x110000); })},
                                                 "args[0]",
                                                 "0x110000"}),
                         NameOf);

INSTANTIATE_TEST_SUITE_P(
    Resources, BadArgumentTest,
    testing::Values(BadArgs{"ForgedOwn",
                            "counters#take",
                            {Make([](v1::Val& v) {
                              v.set_own("tenants/default/instances/x/resources/1");
                            })},
                            "args[0]",
                            "no resource"},
                    BadArgs{"ForgedBorrow",
                            "counters#peek",
                            {Make([](v1::Val& v) { v.set_borrow("resources/1"); })},
                            "args[0]",
                            "no resource"},
                    BadArgs{"NamelessOwn",
                            "counters#take",
                            {Make([](v1::Val& v) { v.set_own(""); })},
                            "args[0]",
                            "empty"},
                    BadArgs{"OwnForBorrow",
                            "counters#peek",
                            {Make([](v1::Val& v) { v.set_own("x"); })},
                            "args[0]",
                            "want borrow, got own"}),
    NameOf);

// -- The log --

class LogTest : public DavitdTest {};

TEST_F(LogTest, HasNoValuesWhateverBecomesOfTheCall) {
  constexpr char kSecret[] = "a-value-that-nobody-logs";
  const std::string calc = Instance("calc");
  constexpr char kEcho[] = "bench:calc/api#echo-string";
  EXPECT_THAT(client::Call<std::string>(client(), calc, kEcho, std::string(kSecret)),
              IsOkAndHolds(kSecret));
  EXPECT_THAT(client::CallFresh<std::string>(client(), "calc", kEcho, std::string(kSecret)),
              IsOkAndHolds(kSecret));
  EXPECT_THAT(client::Call<uint32_t>(client(), calc, "bench:calc/api#add", std::string(kSecret),
                                     std::string(kSecret)),
              Fails(StatusCode::kInvalidArgument, "ARGUMENT_MISMATCH", ""));
  EXPECT_THAT(davitd().log(), HasSubstr(calc)) << "there is a log";
  EXPECT_THAT(davitd().log(), Not(HasSubstr(kSecret)));
}

}  // namespace
}  // namespace davit::integration
