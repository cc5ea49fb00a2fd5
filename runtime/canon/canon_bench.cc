#include <array>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "google/protobuf/arena.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/native/native.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/transfer.h"
#include "runtime/canon/vals/vals.h"

// What lifting and lowering cost without an engine: memory is a byte vector and realloc a bump
// allocator. Arguments and results are on an arena, as in the server.
namespace davit::canon {
namespace {

using types::Kind;
using types::TypePtr;

TypePtr P(Kind kind) { return types::Primitive(kind); }

std::shared_ptr<const FuncPlan> Identity(TypePtr type) {
  return FuncPlan::Create({.params = {{"p", type}}, .result = type});
}

void Abort(benchmark::State& state, const absl::Status& status) {
  if (!status.ok()) state.SkipWithError(status.ToString());
}

void BM_Add(benchmark::State& state) {
  const auto plan = FuncPlan::Create(
      {.params = {{"a", P(Kind::kU32)}, {"b", P(Kind::kU32)}}, .result = P(Kind::kU32)});
  TestGuest guest;
  google::protobuf::Arena arena;
  auto* args = google::protobuf::Arena::CreateMessage<v1::ListVal>(&arena)->mutable_items();
  args->Add()->set_u32(1);
  args->Add()->set_u32(2);
  auto* results = google::protobuf::Arena::CreateMessage<v1::ListVal>(&arena)->mutable_items();
  for ([[maybe_unused]] auto _ : state) {
    CoreSlot slots[2];
    Abort(state, CheckArgs(*plan, *args));
    Abort(state, LowerParams(*plan, guest.context, *args, slots));
    slots[0] += slots[1];
    results->Clear();
    Abort(state, LiftResult(*plan, guest.context, slots, *results));
    uint32_t sum = (*results)[0].u32();
    benchmark::DoNotOptimize(sum);
  }
}
BENCHMARK(BM_Add);

void BM_AddNative(benchmark::State& state) {
  const auto plan = FuncPlan::Create(
      {.params = {{"a", P(Kind::kU32)}, {"b", P(Kind::kU32)}}, .result = P(Kind::kU32)});
  TestGuest guest;
  uint32_t a = 1, b = 2;
  for ([[maybe_unused]] auto _ : state) {
    CoreSlot slots[2];
    benchmark::DoNotOptimize(a);
    Abort(state, LowerNative(*plan, guest.context, slots, a, b));
    slots[0] += slots[1];
    auto result = LiftNative<uint32_t>(*plan, guest.context, slots);
    Abort(state, result.status());
    benchmark::DoNotOptimize(*result);
  }
}
BENCHMARK(BM_AddNative);

// Lowers the argument, copies the flat values to where a result is returned, and lifts it.
void RoundTrip(benchmark::State& state, const TypePtr& type, const v1::Val& value) {
  const auto plan = Identity(type);
  TestGuest guest;
  guest.memory.KeepNoLog();
  ValArgs args;
  *args.Add() = value;
  for ([[maybe_unused]] auto _ : state) {
    guest.memory.Reset();
    CoreSlot slots[16];
    Abort(state, CheckArgs(*plan, args));
    Abort(state, LowerParams(*plan, guest.context, args, slots));
    guest.memory.Put<uint32_t>(16, static_cast<uint32_t>(slots[0]));
    guest.memory.Put<uint32_t>(20, static_cast<uint32_t>(slots[1]));
    slots[0] = 16;
    google::protobuf::Arena arena;
    auto* results = google::protobuf::Arena::CreateMessage<v1::ListVal>(&arena)->mutable_items();
    Abort(state, LiftResult(*plan, guest.context, slots, *results));
    v1::Val* result = results->Mutable(0);
    benchmark::DoNotOptimize(result);
  }
}

template <typename T>
void NativeRoundTrip(benchmark::State& state, const TypePtr& type, const T& value) {
  const auto plan = Identity(type);
  TestGuest guest;
  guest.memory.KeepNoLog();
  for ([[maybe_unused]] auto _ : state) {
    guest.memory.Reset();
    CoreSlot slots[16];
    Abort(state, LowerNative(*plan, guest.context, slots, value));
    guest.memory.Put<uint32_t>(16, static_cast<uint32_t>(slots[0]));
    guest.memory.Put<uint32_t>(20, static_cast<uint32_t>(slots[1]));
    slots[0] = 16;
    auto result = LiftNative<T>(*plan, guest.context, slots);
    Abort(state, result.status());
    benchmark::DoNotOptimize(*result);
  }
}

void BM_String(benchmark::State& state) {
  v1::Val value;
  value.set_string(std::string(state.range(0), 'x'));
  RoundTrip(state, P(Kind::kString), value);
}
BENCHMARK(BM_String)->Arg(16)->Arg(1024)->Arg(1 << 20);

void BM_Bytes(benchmark::State& state) {
  v1::Val value;
  value.set_u8_list(std::string(state.range(0), 'x'));
  RoundTrip(state, types::List(P(Kind::kU8)), value);
}
BENCHMARK(BM_Bytes)->Arg(1024)->Arg(1 << 20);

void BM_BytesNative(benchmark::State& state) {
  NativeRoundTrip(state, types::List(P(Kind::kU8)), std::vector<uint8_t>(state.range(0), 'x'));
}
BENCHMARK(BM_BytesNative)->Arg(1024)->Arg(1 << 20);

void BM_StringNative(benchmark::State& state) {
  NativeRoundTrip(state, P(Kind::kString), std::string(state.range(0), 'x'));
}
BENCHMARK(BM_StringNative)->Arg(16)->Arg(1024);

void BM_U32s(benchmark::State& state) {
  v1::Val value;
  for (int i = 0; i < state.range(0); ++i) value.mutable_u32_list()->add_values(i);
  RoundTrip(state, types::List(P(Kind::kU32)), value);
}
BENCHMARK(BM_U32s)->Arg(int64_t{256} * 1024);

struct Item {
  uint32_t id = 0;
  std::string name;
  double price = 0;
  std::vector<std::string> tags;
};

TypePtr ItemType() {
  return types::Record({{"id", P(Kind::kU32)},
                        {"name", P(Kind::kString)},
                        {"price", P(Kind::kF64)},
                        {"tags", types::List(P(Kind::kString))}});
}

void BM_Records(benchmark::State& state) {
  v1::Val value;
  for (int i = 0; i < state.range(0); ++i) {
    auto* fields = value.mutable_list()->add_items()->mutable_record();
    const auto add = [&](const char* name) {
      v1::FieldVal* field = fields->add_fields();
      field->set_name(name);
      return field->mutable_value();
    };
    add("id")->set_u32(i);
    add("name")->set_string("item number " + std::to_string(i));
    add("price")->set_f64(i * 0.5);
    auto* tags = add("tags")->mutable_list();
    tags->add_items()->set_string("red");
    tags->add_items()->set_string("large");
  }
  RoundTrip(state, types::List(ItemType()), value);
}
BENCHMARK(BM_Records)->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace

template <>
struct RecordTraits<Item> {
  static constexpr std::array<std::string_view, 4> kNames = {"id", "name", "price", "tags"};
  static auto Tie(auto& item) { return std::tie(item.id, item.name, item.price, item.tags); }
};

namespace {

void BM_RecordsNative(benchmark::State& state) {
  std::vector<Item> items;
  items.reserve(static_cast<size_t>(state.range(0)));
  for (int i = 0; i < state.range(0); ++i) {
    items.push_back(
        {static_cast<uint32_t>(i), "item number " + std::to_string(i), i * 0.5, {"red", "large"}});
  }
  NativeRoundTrip(state, types::List(ItemType()), items);
}
BENCHMARK(BM_RecordsNative)->Arg(10'000)->Unit(benchmark::kMicrosecond);

// What one component passes to another.
void BM_RecordsTransfer(benchmark::State& state) {
  const TypePtr record =
      types::Record({{"id", P(Kind::kU32)}, {"name", P(Kind::kString)}, {"price", P(Kind::kF64)}});
  const auto plan = FuncPlan::Create({.params = {{"items", types::List(record)}}});
  TestGuest caller, callee;
  callee.memory.KeepNoLog();
  caller.memory.Write(16, "item number 1234");
  const auto count = static_cast<uint32_t>(state.range(0));
  for (uint32_t i = 0; i < count; ++i) {
    caller.memory.Put<uint32_t>(64 + 24 * i + 4, 16);
    caller.memory.Put<uint32_t>(64 + 24 * i + 8, 16);
  }
  for ([[maybe_unused]] auto _ : state) {
    callee.memory.Reset();
    CoreSlot slots[2];
    Abort(state, TransferParams(*plan, caller.context, std::vector<CoreSlot>{64, count},
                                callee.context, slots));
    benchmark::DoNotOptimize(slots);
  }
}
BENCHMARK(BM_RecordsTransfer)->Arg(2'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace davit::canon
