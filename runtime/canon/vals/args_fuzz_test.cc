#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "davit/v1/val.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/vals/vals.h"

// Any Val as an argument of one of a few types: either refused, or lowered to what lifts again.
// One that is refused is harmless when it is lowered nevertheless.
namespace davit::canon {
namespace {

constexpr std::array<std::string_view, 6> kTypes = {
    "list<record{id:u32,name:string,price:f64,tags:list<string>}>",
    "record{a:s8,b:flags{x,y},c:enum{p,q},d:char,e:u16}",
    "variant{a(u8),b(list<bool>),c(tuple<f32,f64>),d}",
    "tuple<list<s8>,list<u16>,list<u64>,list<f32,2>>",
    "map<string,option<result<u32,string>>>",
    "list<u8>",
};

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

}  // namespace
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const google::protobuf::LogSilencer silencer;
  ValArgs args;
  if (!args.Add()->ParseFromArray(data + 1, static_cast<int>(size - 1))) return 0;
  const auto plan = FuncPlan::Create({.params = {{"p", TypeOf(kTypes[data[0] % kTypes.size()])}}});
  const bool accepted = CheckArgs(*plan, args).ok();
  TestGuest guest;
  std::vector<CoreSlot> slots(plan->lift_slots());
  const absl::Status lowered = LowerParams(*plan, guest.context, args, absl::MakeSpan(slots));
  if (!accepted) return 0;
  Require(lowered.ok(), "what is accepted is lowered");
  ValArgs lifted;
  Require(LiftParams(*plan, guest.context, slots, lifted).ok(), "and lifted");
  Require(CheckArgs(*plan, lifted).ok(), "and accepted again");
  return 0;
}

}  // namespace davit::canon
