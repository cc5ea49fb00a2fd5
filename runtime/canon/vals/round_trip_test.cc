#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/reservation.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/transfer.h"
#include "runtime/canon/vals/test_vals.h"
#include "runtime/canon/vals/vals.h"

// Random types and values: what is lowered is lifted again, from every encoding and after every
// transfer.
namespace davit::canon {
namespace {

using types::Field;
using types::Kind;
using types::TypePtr;

constexpr StringEncoding kEncodings[] = {StringEncoding::kUtf8, StringEncoding::kUtf16,
                                         StringEncoding::kLatin1Utf16};

// Uses the engine's raw numbers only: the same everywhere.
class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}

  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(engine_() % bound); }
  uint64_t Bits() { return engine_(); }

  TypePtr Type(uint32_t depth) {
    if (depth == 0 || Below(4) == 0) return types::Primitive(static_cast<Kind>(Below(13)));
    switch (Below(10)) {
      case 0:
        return types::Record(Fields(depth, /*may_be_absent=*/false));
      case 1:
        return types::Tuple({Type(depth - 1), Type(depth - 1), Type(depth - 1)});
      case 2:
        return types::Variant(Fields(depth, /*may_be_absent=*/true));
      case 3:
        return types::Enum(Names(1 + Below(300)));
      case 4:
        return types::Flags(Names(1 + Below(32)));
      case 5:
        return types::Option(Type(depth - 1));
      case 6:
        return types::Result(Below(2) ? Type(depth - 1) : nullptr, Type(depth - 1));
      case 7:
        return types::FixedList(Type(depth - 1), 1 + Below(4));
      case 8:
        return types::Map(types::Primitive(Kind::kString), Type(depth - 1));
      default:
        return types::List(Type(depth - 1));
    }
  }

  v1::Val Value(const types::Type& type) {
    v1::Val val;
    Fill(type, val);
    return val;
  }

 private:
  std::vector<std::string> Names(uint32_t count) {
    std::vector<std::string> names;
    names.reserve(count);
    for (uint32_t i = 0; i < count; ++i) names.push_back("n" + std::to_string(i));
    return names;
  }
  std::vector<Field> Fields(uint32_t depth, bool may_be_absent) {
    std::vector<Field> fields;
    for (std::string& name : Names(1 + Below(12))) {
      const bool is_absent = may_be_absent && Below(3) == 0;
      fields.push_back({std::move(name), is_absent ? nullptr : Type(depth - 1)});
    }
    return fields;
  }
  std::string Text() {
    static constexpr const char* kCharacters[] = {"a", "z", "é", "ÿ", "λ", "漢", "😀"};
    std::string text;
    const uint32_t variety = 1 + Below(7);
    for (uint32_t i = Below(40); i > 0; --i) text += kCharacters[Below(variety)];
    return text;
  }
  uint32_t ScalarValue() {
    const uint32_t c = Below(0x110000 - 0x800);
    return c < 0xd800 ? c : c + 0x800;
  }
  void Fill(const types::Type& type, v1::Val& val);
  void FillList(const types::Type& element, uint32_t size, v1::Val& val);
  void FillFields(const types::Type& type, v1::RecordVal& record);
  void FillVariant(const types::Type& type, v1::VariantVal& variant);
  void FillResult(const types::Type& type, v1::ResultVal& result);

  std::mt19937_64 engine_;
};

void Random::FillList(const types::Type& element, uint32_t size, v1::Val& val) {
  v1::ListVal* list = val.mutable_list();
  for (uint32_t i = 0; i < size; ++i) Fill(element, *list->add_items());
}

void Random::FillFields(const types::Type& type, v1::RecordVal& record) {
  for (const Field& field : type.fields()) {
    v1::FieldVal* out = record.add_fields();
    out->set_name(field.name);
    Fill(*field.type, *out->mutable_value());
  }
  const int last = record.fields_size() - 1;
  record.mutable_fields()->SwapElements(0, static_cast<int>(Below(last + 1)));
}

void Random::FillVariant(const types::Type& type, v1::VariantVal& variant) {
  const Field& chosen = type.fields()[Below(static_cast<uint32_t>(type.fields().size()))];
  variant.set_case_(chosen.name);
  if (chosen.type != nullptr) Fill(*chosen.type, *variant.mutable_payload());
}

void Random::FillResult(const types::Type& type, v1::ResultVal& result) {
  const uint32_t side = Below(2);
  v1::ResultVal::Payload* payload = side == 0 ? result.mutable_ok() : result.mutable_err();
  const TypePtr& payload_type = type.fields()[side].type;
  if (payload_type != nullptr) Fill(*payload_type, *payload->mutable_value());
}

void Random::Fill(const types::Type& type, v1::Val& val) {
  switch (type.kind()) {
    case Kind::kBool:
      return val.set_bool_(Below(2) == 1);
    case Kind::kS8:
      return val.set_s8(static_cast<int8_t>(Bits()));
    case Kind::kU8:
      return val.set_u8(static_cast<uint8_t>(Bits()));
    case Kind::kS16:
      return val.set_s16(static_cast<int16_t>(Bits()));
    case Kind::kU16:
      return val.set_u16(static_cast<uint16_t>(Bits()));
    case Kind::kS32:
      return val.set_s32(static_cast<int32_t>(Bits()));
    case Kind::kU32:
      return val.set_u32(static_cast<uint32_t>(Bits()));
    case Kind::kS64:
      return val.set_s64(static_cast<int64_t>(Bits()));
    case Kind::kU64:
      return val.set_u64(Bits());
    case Kind::kF32:
      return val.set_f32(std::bit_cast<float>(static_cast<uint32_t>(Bits())));
    case Kind::kF64:
      return val.set_f64(std::bit_cast<double>(Bits()));
    case Kind::kChar:
      return val.set_char_(ScalarValue());
    case Kind::kRecord:
      return FillFields(type, *val.mutable_record());
    case Kind::kTuple:
      for (const Field& field : type.fields()) Fill(*field.type, *val.mutable_tuple()->add_items());
      return;
    case Kind::kVariant:
      return FillVariant(type, *val.mutable_variant());
    case Kind::kEnum:
      return val.set_enum_(type.fields()[Below(static_cast<uint32_t>(type.fields().size()))].name);
    case Kind::kFlags:
      val.mutable_flags();
      for (const Field& label : type.fields()) {
        if (Below(2) == 1) val.mutable_flags()->add_labels(label.name);
      }
      return;
    case Kind::kOption:
      val.mutable_option();
      if (Below(3) > 0) Fill(*type.element(), *val.mutable_option()->mutable_some());
      return;
    case Kind::kResult:
      return FillResult(type, *val.mutable_result());
    case Kind::kList:
      return FillList(*type.element(), Below(5), val);
    case Kind::kFixedList:
      return FillList(*type.element(), type.length(), val);
    case Kind::kMap:
      val.mutable_map();
      for (uint32_t i = Below(4); i > 0; --i) {
        v1::EntryVal* entry = val.mutable_map()->add_entries();
        Fill(*type.fields()[0].type, *entry->mutable_key());
        Fill(*type.fields()[1].type, *entry->mutable_value());
      }
      return;
    default:
      val.set_string(Text());
  }
}

class RoundTrip : public testing::TestWithParam<uint32_t> {
 protected:
  // What the guest holds after lowering, as the Val that an answer would have.
  static v1::Val Lower(const FuncPlan& plan, const v1::Val& value, TestGuest& guest,
                       std::vector<CoreSlot>& slots) {
    ValArgs args;
    *args.Add() = value;
    slots.assign(plan.lift_slots(), 0);
    EXPECT_EQ(CheckArgs(plan, args), absl::OkStatus());
    EXPECT_EQ(LowerParams(plan, guest.context, args, absl::MakeSpan(slots)), absl::OkStatus());
    return Lift(plan, guest, slots);
  }
  static v1::Val Lift(const FuncPlan& plan, TestGuest& guest, const std::vector<CoreSlot>& slots) {
    ValArgs lifted;
    EXPECT_EQ(LiftParams(plan, guest.context, slots, lifted), absl::OkStatus());
    return lifted.empty() ? v1::Val() : lifted[0];
  }
};

// The first lifting brings a value into the form of answers (packed lists, fields in order), whose
// bytes must then stay the same.
TEST_P(RoundTrip, KeepsTheValue) {
  Random random(GetParam());
  const TypePtr type = random.Type(4);
  const v1::Val value = random.Value(*type);
  const auto plan = PlanOf({type});
  TestGuest first;
  std::vector<CoreSlot> slots, others;
  const std::string expected = Lower(*plan, value, first, slots).SerializeAsString();
  for (const StringEncoding encoding : kEncodings) {
    TestGuest other(encoding), third(encoding);
    EXPECT_EQ(Lower(*plan, value, other, others).SerializeAsString(), expected);
    others.assign(plan->lift_slots(), 0);
    ASSERT_EQ(TransferParams(*plan, first.context, slots, third.context, absl::MakeSpan(others)),
              absl::OkStatus());
    EXPECT_EQ(Lift(*plan, third, others).SerializeAsString(), expected);
  }
}

// What is allocated ahead is what lowering asks for, in its order, to the same effect.
TEST_P(RoundTrip, AreasAreForeseen) {
  Random random(GetParam());
  const TypePtr type = random.Type(4);
  ValArgs args;
  *args.Add() = random.Value(*type);
  const auto plan = PlanOf({type});
  for (const StringEncoding encoding : kEncodings) {
    TestGuest each(encoding), ahead(encoding);
    std::vector<CoreSlot> each_slots(plan->lift_slots()), ahead_slots(plan->lift_slots());
    ASSERT_EQ(LowerParams(*plan, each.context, args, absl::MakeSpan(each_slots)), absl::OkStatus());
    Reservation areas;
    ASSERT_EQ(ReserveParams(*plan, encoding, args, areas), absl::OkStatus());
    if (encoding == StringEncoding::kUtf8) {
      EXPECT_EQ(areas.Wanted().size() / GuestMemory::kReallocSlots, each.memory.calls().size())
          << "UTF-8 needs no transcoding: everything is known";
    }
    ahead.context.reservation = &areas;
    ASSERT_EQ(LowerParams(*plan, ahead.context, args, absl::MakeSpan(ahead_slots)),
              absl::OkStatus());
    EXPECT_EQ(ahead.memory.calls(), each.memory.calls());
    EXPECT_EQ(ahead_slots, each_slots);
    EXPECT_EQ(ahead.memory.Read(0, ahead.memory.size()), each.memory.Read(0, each.memory.size()));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoundTrip, testing::Range(0u, 400u));

TEST(RoundTripDepth, ReachesTheDeepestType) {
  TypePtr type = types::Primitive(Kind::kU8);
  v1::Val value;
  value.set_u8(7);
  for (int depth = 1; depth < 100; ++depth) {
    type = types::Option(type);
    v1::Val outer;
    *outer.mutable_option()->mutable_some() = value;
    value = outer;
  }
  const auto plan = PlanOf({type});
  TestGuest guest;
  ValArgs args, lifted;
  *args.Add() = value;
  std::vector<CoreSlot> slots(plan->lift_slots());
  ASSERT_EQ(CheckArgs(*plan, args), absl::OkStatus());
  ASSERT_EQ(LowerParams(*plan, guest.context, args, absl::MakeSpan(slots)), absl::OkStatus());
  ASSERT_EQ(LiftParams(*plan, guest.context, slots, lifted), absl::OkStatus());
  EXPECT_EQ(lifted[0].SerializeAsString(), value.SerializeAsString());
}

}  // namespace
}  // namespace davit::canon
