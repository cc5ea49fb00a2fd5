#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/transfer.h"
#include "runtime/canon/vals/test_vals.h"
#include "runtime/canon/vals/vals.h"

// Lifting, lowering and transfer against what the specification's executable form says of the same
// values: testdata/make_abi_vectors.py tells how abi_vectors.txt was made.
namespace davit::canon {
namespace {

constexpr char kVectors[] = "runtime/canon/vals/testdata/abi_vectors.txt";
constexpr uint32_t kFirstFree = 1024;
constexpr uint32_t kResult = 16;

using Stanza = std::map<std::string, std::string>;

// The stanzas that have the line `key`.
std::vector<Stanza> ReadStanzas(const std::string& key) {
  std::ifstream file(kVectors);
  std::vector<Stanza> stanzas(1);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      stanzas.emplace_back();
      continue;
    }
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    stanzas.back().insert(parts);
  }
  std::erase_if(stanzas, [&](const Stanza& stanza) { return !stanza.contains(key); });
  return stanzas;
}

StringEncoding EncodingOf(std::string_view name) {
  if (name == "utf8") return StringEncoding::kUtf8;
  return name == "utf16" ? StringEncoding::kUtf16 : StringEncoding::kLatin1Utf16;
}

std::string BytesOf(std::string_view text) {
  std::string bytes;
  bool is_hex = true;
  for (const std::string_view part : absl::StrSplit(text, '~')) {
    size_t zeros = 0;
    std::string decoded;
    if (is_hex && absl::HexStringToBytes(part, &decoded)) {
      bytes += decoded;
    } else if (absl::SimpleAtoi(part, &zeros)) {
      bytes.append(zeros, '\0');
    }
    is_hex = !is_hex;
  }
  return bytes;
}

std::vector<CoreSlot> SlotsOf(std::string_view text) {
  std::vector<CoreSlot> slots;
  for (const std::string_view part : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    CoreSlot slot = 0;
    EXPECT_TRUE(absl::SimpleHexAtoi(part, &slot));
    slots.push_back(slot);
  }
  return slots;
}

std::string CallsOf(const TestMemory& memory) {
  std::vector<std::string> calls;
  for (const ReallocCall& call : memory.calls()) {
    calls.push_back(absl::StrCat(call.old_pointer, ",", call.old_size, ",", call.alignment, ",",
                                 call.new_size));
  }
  return absl::StrJoin(calls, ";");
}

std::string Dump(const TestMemory& memory, uint32_t begin) {
  return absl::BytesToHexString(memory.Read(begin, memory.next() - begin));
}

class AbiVectors : public testing::Test {
 protected:
  // Lowers the value as a parameter; `guest` and `slots` then hold it.
  static void ExpectLowered(const Stanza& stanza, TestGuest& guest, std::vector<CoreSlot>& slots) {
    const auto plan = PlanOf({TypeOf(stanza.at("type"))});
    const ValArgs args = ArgsOf({stanza.at("value")});
    ASSERT_EQ(CheckArgs(*plan, args), absl::OkStatus());
    slots.assign(plan->lift_slots(), 0xdddddddddddddddd);
    ASSERT_EQ(LowerParams(*plan, guest.context, args, absl::MakeSpan(slots)), absl::OkStatus());
    ExpectSameAs(stanza, guest.memory, slots);
  }

  static void ExpectSameAs(const Stanza& stanza, const TestMemory& memory,
                           const std::vector<CoreSlot>& slots) {
    EXPECT_EQ(slots, SlotsOf(stanza.at("slots")));
    EXPECT_EQ(Dump(memory, kFirstFree), absl::BytesToHexString(BytesOf(stanza.at("params"))));
    EXPECT_EQ(CallsOf(memory), stanza.at("calls"));
  }

  // Stores the value as a host function's result; `slots` then hold the out-pointer or the value.
  static void ExpectStored(const Stanza& stanza, const FuncPlan& plan, TestGuest& guest,
                           std::vector<CoreSlot>& slots) {
    const ValArgs results = ArgsOf({stanza.at("value")});
    slots.assign(plan.lower_slots(), kResult);
    ASSERT_EQ(LowerResult(plan, guest.context, results, absl::MakeSpan(slots)), absl::OkStatus());
    if (plan.result_is_flat()) return;
    EXPECT_EQ(Dump(guest.memory, kResult), absl::BytesToHexString(BytesOf(stanza.at("result"))));
  }
};

TEST_F(AbiVectors, AreThere) {
  EXPECT_GT(ReadStanzas("type").size(), 150u);
  EXPECT_GT(ReadStanzas("from").size(), 100u);
}

TEST_F(AbiVectors, ParamsAreLowered) {
  for (const Stanza& stanza : ReadStanzas("type")) {
    SCOPED_TRACE(stanza.at("type") + " as " + stanza.at("as"));
    TestGuest guest(EncodingOf(stanza.at("as")));
    std::vector<CoreSlot> slots;
    ExpectLowered(stanza, guest, slots);
  }
}

TEST_F(AbiVectors, ParamsAreLiftedAsTheyWereLowered) {
  for (const Stanza& stanza : ReadStanzas("type")) {
    SCOPED_TRACE(stanza.at("type") + " as " + stanza.at("as"));
    TestGuest guest(EncodingOf(stanza.at("as")));
    std::vector<CoreSlot> slots;
    ExpectLowered(stanza, guest, slots);
    ValArgs lifted;
    const auto plan = PlanOf({TypeOf(stanza.at("type"))});
    ASSERT_EQ(LiftParams(*plan, guest.context, slots, lifted), absl::OkStatus());
    EXPECT_EQ(TextOf(lifted[0]), TextOf(ValOf(stanza.at("value"))));
  }
}

TEST_F(AbiVectors, ResultsAreStoredAndLifted) {
  for (const Stanza& stanza : ReadStanzas("type")) {
    SCOPED_TRACE(stanza.at("type") + " as " + stanza.at("as"));
    const auto plan = PlanOf({}, TypeOf(stanza.at("type")));
    TestGuest guest(EncodingOf(stanza.at("as")));
    std::vector<CoreSlot> slots;
    ExpectStored(stanza, *plan, guest, slots);
    ValArgs lifted;
    ASSERT_EQ(LiftResult(*plan, guest.context, slots, lifted), absl::OkStatus());
    EXPECT_EQ(TextOf(lifted[0]), TextOf(ValOf(stanza.at("value"))));
  }
}

// From each value's encoding to the same one.
TEST_F(AbiVectors, ParamsAreTransferred) {
  for (const Stanza& stanza : ReadStanzas("type")) {
    SCOPED_TRACE(stanza.at("type") + " as " + stanza.at("as"));
    TestGuest caller(EncodingOf(stanza.at("as"))), callee(EncodingOf(stanza.at("as")));
    std::vector<CoreSlot> slots, transferred;
    ExpectLowered(stanza, caller, slots);
    const auto plan = PlanOf({TypeOf(stanza.at("type"))});
    transferred.assign(plan->lift_slots(), 0xdddddddddddddddd);
    ASSERT_EQ(
        TransferParams(*plan, caller.context, slots, callee.context, absl::MakeSpan(transferred)),
        absl::OkStatus());
    ValArgs lifted;
    ASSERT_EQ(LiftParams(*plan, callee.context, transferred, lifted), absl::OkStatus());
    EXPECT_EQ(TextOf(lifted[0]), TextOf(ValOf(stanza.at("value"))));
    if (stanza.at("as") == "utf8") ExpectSameAs(stanza, callee.memory, transferred);
  }
}

TEST_F(AbiVectors, ResultsAreTransferred) {
  for (const Stanza& stanza : ReadStanzas("type")) {
    SCOPED_TRACE(stanza.at("type") + " as " + stanza.at("as"));
    const auto plan = PlanOf({}, TypeOf(stanza.at("type")));
    TestGuest callee(EncodingOf(stanza.at("as"))), caller(EncodingOf(stanza.at("as")));
    std::vector<CoreSlot> slots, transferred(plan->lower_slots(), kResult);
    ExpectStored(stanza, *plan, callee, slots);
    ASSERT_EQ(
        TransferResult(*plan, callee.context, slots, caller.context, absl::MakeSpan(transferred)),
        absl::OkStatus());
    ValArgs lifted;
    ASSERT_EQ(LiftResult(*plan, caller.context, transferred, lifted), absl::OkStatus());
    EXPECT_EQ(TextOf(lifted[0]), TextOf(ValOf(stanza.at("value"))));
  }
}

TEST_F(AbiVectors, StringsAreTranscoded) {
  const auto plan = PlanOf({types::Primitive(types::Kind::kString)});
  for (const Stanza& stanza : ReadStanzas("from")) {
    SCOPED_TRACE(
        absl::StrCat(stanza.at("bytes"), " from ", stanza.at("from"), " as ", stanza.at("as")));
    TestGuest caller(EncodingOf(stanza.at("from"))), callee(EncodingOf(stanza.at("as")));
    caller.memory.Write(kResult, BytesOf(stanza.at("bytes")));
    std::vector<CoreSlot> slots = {kResult, 0}, transferred(2);
    ASSERT_TRUE(absl::SimpleAtoi(stanza.at("units"), &slots[1]));
    ASSERT_EQ(
        TransferParams(*plan, caller.context, slots, callee.context, absl::MakeSpan(transferred)),
        absl::OkStatus());
    ExpectSameAs(stanza, callee.memory, transferred);
  }
}

}  // namespace
}  // namespace davit::canon
