#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "runtime/canon/func_plan.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/transfer.h"
#include "runtime/canon/vals/vals.h"

// Any memory and any core values, lifted as a parameter of one of a few types: either a trap, or a
// value that is lowered and transferred without loss.
namespace davit::canon {
namespace {

constexpr std::array<std::string_view, 8> kTypes = {
    "string",
    "list<record{id:u32,name:string,price:f64,tags:list<string>}>",
    "variant{a(u8),b(list<char>),c(tuple<f32,f64>),d,e(option<string>)}",
    "list<list<bool>>",
    "map<string,result<flags{x,y,z},enum{p,q}>>",
    "list<tuple<u8,s64,list<s16,3>>>",
    "tuple<u8,u16,u32,u64,s8,s16,s32,s64,f32,f64,char,bool,string,list<u8>,option<u8>>",
    "option<result<list<u64>,variant{m(string),n}>>",
};
constexpr size_t kSlots = 4;
constexpr uint64_t kCopyBudget = 1 << 20;

struct Input {
  std::string_view type = kTypes[0];
  StringEncoding encoding = StringEncoding::kUtf8;
  std::vector<CoreSlot> slots;
  std::string_view memory;
};

// One byte for the type, one for the encoding, the slots, then the memory.
Input Parse(const uint8_t* data, size_t size) {
  Input input;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto take = [&rest](size_t bytes) {
    uint32_t number = 0;
    bytes = std::min(bytes, rest.size());
    std::memcpy(&number, rest.data(), bytes);
    rest.remove_prefix(bytes);
    return number;
  };
  input.type = kTypes[take(1) % kTypes.size()];
  input.encoding = static_cast<StringEncoding>(take(1) % 3);
  for (size_t i = 0; i < kSlots; ++i) input.slots.push_back(take(sizeof(uint32_t)));
  input.slots.resize(16);
  input.memory = rest;
  return input;
}

std::string BytesOf(const ValArgs& args) {
  std::string bytes;
  for (const v1::Val& arg : args) bytes += arg.SerializeAsString();
  return bytes;
}

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

absl::Status Lift(const FuncPlan& plan, TestGuest& guest, const std::vector<CoreSlot>& slots,
                  ValArgs& args) {
  guest.copy_budget = kCopyBudget;
  return LiftParams(plan, guest.context, slots, args);
}

void LowerAgain(const FuncPlan& plan, const Input& input, const ValArgs& args) {
  TestGuest guest(input.encoding);
  std::vector<CoreSlot> slots(plan.lift_slots());
  ValArgs lifted;
  Require(CheckArgs(plan, args).ok(), "what was lifted is accepted");
  Require(LowerParams(plan, guest.context, args, absl::MakeSpan(slots)).ok(), "and lowered");
  Require(LiftParams(plan, guest.context, slots, lifted).ok(), "and lifted again");
  Require(BytesOf(lifted) == BytesOf(args), "to the same");
}

void Transfer(const FuncPlan& plan, const Input& input, TestGuest& caller, const ValArgs& args) {
  for (const auto encoding :
       {StringEncoding::kUtf8, StringEncoding::kUtf16, StringEncoding::kLatin1Utf16}) {
    TestGuest callee(encoding);
    caller.copy_budget = kCopyBudget;
    std::vector<CoreSlot> slots(plan.lift_slots());
    ValArgs lifted;
    Require(TransferParams(plan, caller.context, input.slots, callee.context, absl::MakeSpan(slots))
                .ok(),
            "what can be lifted is transferred");
    Require(LiftParams(plan, callee.context, slots, lifted).ok(), "and lifted there");
    Require(BytesOf(lifted) == BytesOf(args), "to the same");
  }
}

}  // namespace
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Input input = Parse(data, size);
  const auto plan = FuncPlan::Create({.params = {{"p", TypeOf(input.type)}}});
  TestGuest guest(input.encoding);
  guest.memory.Write(0, input.memory.substr(0, guest.memory.size()));
  ValArgs args;
  if (!Lift(*plan, guest, input.slots, args).ok()) return 0;
  LowerAgain(*plan, input, args);
  Transfer(*plan, input, guest, args);
  return 0;
}

}  // namespace davit::canon
