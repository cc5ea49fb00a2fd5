#include "runtime/canon/strings.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/limits.h"
#include "runtime/canon/test_memory.h"

namespace davit::canon {
namespace {

using base::TrapCode;

constexpr uint32_t kPage = 64 * 1024;  // bytes of TestMemory
constexpr uint32_t kTag = 0x80000000;

std::string Utf16(std::u16string_view text) {
  return std::string(reinterpret_cast<const char*>(text.data()), 2 * text.size());
}

// What `guest` has at `pointer`, as UTF-8.
absl::StatusOr<std::string> Load(TestGuest& guest, uint32_t pointer, uint32_t units) {
  Lifting lifting(guest.context, MemoryUse::kSome);
  const auto text = LoadString(lifting, {pointer, units});
  if (!text.ok()) return text.status();
  std::string utf8;
  absl::Status status = AssignUtf8(lifting, *text, utf8);
  if (!status.ok()) return status;
  return utf8;
}

TrapCode LoadTrap(TestGuest& guest, uint32_t pointer, uint32_t units) {
  return TrapCodeOf(Load(guest, pointer, units).status());
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

absl::StatusOr<StringRange> StoreUtf8(TestGuest& guest, std::string_view text) {
  Lowering lowering(guest.context, MemoryUse::kSome);
  return StoreString(lowering, Text::OfHost(text));
}

TEST(LoadString, TrapsWhenPointerIsMisaligned) {
  TestGuest utf8, utf16(StringEncoding::kUtf16), dynamic(StringEncoding::kLatin1Utf16);
  EXPECT_TRUE(Load(utf8, 33, 1).ok());
  EXPECT_EQ(LoadTrap(utf16, 33, 1), TrapCode::kPointerMisaligned);
  EXPECT_EQ(LoadTrap(dynamic, 33, 1), TrapCode::kPointerMisaligned);
  EXPECT_EQ(LoadTrap(dynamic, 33, kTag | 1), TrapCode::kPointerMisaligned);
  EXPECT_EQ(LoadTrap(utf16, 33, 0), TrapCode::kPointerMisaligned);
}

TEST(LoadString, TrapsWhenOutOfBounds) {
  TestGuest utf8, utf16(StringEncoding::kUtf16), dynamic(StringEncoding::kLatin1Utf16);
  EXPECT_TRUE(Load(utf8, kPage - 2, 2).ok());
  EXPECT_EQ(LoadTrap(utf8, kPage - 2, 3), TrapCode::kPointerOutOfBounds);
  EXPECT_TRUE(Load(utf16, kPage - 2, 1).ok());
  EXPECT_EQ(LoadTrap(utf16, kPage - 2, 2), TrapCode::kPointerOutOfBounds);
  EXPECT_TRUE(Load(dynamic, kPage - 2, 2).ok());
  EXPECT_EQ(LoadTrap(dynamic, kPage - 2, kTag | 2), TrapCode::kPointerOutOfBounds);
  EXPECT_EQ(LoadTrap(utf8, 0xffffffff, 0xfffffff), TrapCode::kPointerOutOfBounds);
}

TEST(LoadString, TrapsWhenAnEmptyStringIsOutOfBounds) {
  TestGuest guest;
  EXPECT_TRUE(Load(guest, kPage, 0).ok());
  EXPECT_EQ(LoadTrap(guest, 0xdeadbeef, 0), TrapCode::kPointerOutOfBounds);
}

TEST(LoadString, TrapsWhenTooLong) {
  TestGuest utf8, utf16(StringEncoding::kUtf16), dynamic(StringEncoding::kLatin1Utf16);
  constexpr uint32_t kMax = base::kMaxStringByteLength;
  EXPECT_EQ(LoadTrap(utf8, 0, kMax), TrapCode::kPointerOutOfBounds);
  EXPECT_EQ(LoadTrap(utf8, 0, kMax + 1), TrapCode::kStringTooLong);
  EXPECT_EQ(LoadTrap(utf16, 0, kMax / 2), TrapCode::kPointerOutOfBounds);
  EXPECT_EQ(LoadTrap(utf16, 0, kMax / 2 + 1), TrapCode::kStringTooLong);
  EXPECT_EQ(LoadTrap(utf16, 0, 0xffffffff), TrapCode::kStringTooLong);
  EXPECT_EQ(LoadTrap(dynamic, 0, kMax + 1), TrapCode::kStringTooLong);
  EXPECT_EQ(LoadTrap(dynamic, 0, kTag | (kMax / 2 + 1)), TrapCode::kStringTooLong);
}

TEST(LoadString, TrapsOnInvalidUtf8) {
  TestGuest guest;
  for (const std::string_view bytes :
       {"\xff", "a\x80", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc3(", "\xe2\x82(",
        "\xf4\x90\x80\x80"}) {
    guest.memory.Write(32, bytes);
    const auto result = Load(guest, 32, static_cast<uint32_t>(bytes.size()));
    EXPECT_EQ(TrapCodeOf(result.status()), TrapCode::kInvalidString);
    EXPECT_NE(Message(result.status()).find("invalid utf-8"), std::string::npos);
  }
}

TEST(LoadString, TellsACutCharacterFromAnInvalidOne) {
  TestGuest guest;
  for (const std::string_view bytes : {"\xc3", "abc\xe2\x82", "\xf0\x9f\x98"}) {
    guest.memory.Write(32, bytes);
    const auto result = Load(guest, 32, static_cast<uint32_t>(bytes.size()));
    EXPECT_EQ(TrapCodeOf(result.status()), TrapCode::kInvalidString);
    EXPECT_NE(Message(result.status()).find("incomplete utf-8 byte sequence"), std::string::npos);
  }
}

TEST(LoadString, TrapsOnUnpairedSurrogates) {
  TestGuest utf16(StringEncoding::kUtf16), dynamic(StringEncoding::kLatin1Utf16);
  for (const std::u16string_view units :
       {u"\xd800", u"a\xdc00", u"\xd800\xd800", u"\xdc00\xd800"}) {
    utf16.memory.Write(32, Utf16(units));
    dynamic.memory.Write(32, Utf16(units));
    const auto count = static_cast<uint32_t>(units.size());
    EXPECT_EQ(LoadTrap(utf16, 32, count), TrapCode::kInvalidString);
    EXPECT_EQ(LoadTrap(dynamic, 32, kTag | count), TrapCode::kInvalidString);
  }
}

TEST(LoadString, AnyLatin1IsValid) {
  TestGuest dynamic(StringEncoding::kLatin1Utf16);
  dynamic.memory.Write(32, "\x80\xff");
  EXPECT_EQ(Load(dynamic, 32, 2).value(), "\xc2\x80\xc3\xbf");
}

TEST(LoadString, TheTagIsPartOfTheLengthInOtherEncodings) {
  TestGuest utf8, utf16(StringEncoding::kUtf16);
  EXPECT_EQ(LoadTrap(utf8, 0, kTag | 1), TrapCode::kStringTooLong);
  EXPECT_EQ(LoadTrap(utf16, 0, kTag | 1), TrapCode::kStringTooLong);
}

TEST(LoadString, ChargesWhatTheHostStores) {
  TestGuest utf16(StringEncoding::kUtf16), dynamic(StringEncoding::kLatin1Utf16);
  utf16.memory.Write(32, Utf16(u"€€€€"));  // 8 bytes, which become 12
  utf16.copy_budget = 12;
  EXPECT_TRUE(Load(utf16, 32, 4).ok());
  utf16.copy_budget = 11;
  EXPECT_EQ(LoadTrap(utf16, 32, 4), TrapCode::kHostCopyLimit);
  dynamic.memory.Write(32, "\xe9\xe9\xe9");  // 3 bytes, which become 6
  dynamic.copy_budget = 6;
  EXPECT_TRUE(Load(dynamic, 32, 3).ok());
  dynamic.copy_budget = 5;
  EXPECT_EQ(LoadTrap(dynamic, 32, 3), TrapCode::kHostCopyLimit);
}

TEST(LoadString, ChargesBeforeItValidates) {
  TestGuest guest;
  guest.memory.Write(32, "\xff");
  guest.copy_budget = 0;
  EXPECT_EQ(LoadTrap(guest, 32, 1), TrapCode::kHostCopyLimit);
}

TEST(StoreString, AsksReallocForAnEmptyStringToo) {
  TestGuest guest;
  EXPECT_TRUE(StoreUtf8(guest, "").ok());
  EXPECT_EQ(guest.memory.calls(), (std::vector<ReallocCall>{{0, 0, 1, 0}}));
}

TEST(StoreString, TrapsWhenReallocReturnsOutOfBounds) {
  TestGuest guest;
  guest.memory.AnswerRealloc(kPage - 2);
  EXPECT_TRUE(StoreUtf8(guest, "ab").ok());
  guest.memory.AnswerRealloc(kPage - 1);
  EXPECT_EQ(TrapCodeOf(StoreUtf8(guest, "ab").status()), TrapCode::kPointerOutOfBounds);
  guest.memory.AnswerRealloc(kPage + 1);
  EXPECT_EQ(TrapCodeOf(StoreUtf8(guest, "").status()), TrapCode::kPointerOutOfBounds);
}

TEST(StoreString, TrapsWhenReallocReturnsMisaligned) {
  TestGuest utf16(StringEncoding::kUtf16), dynamic(StringEncoding::kLatin1Utf16);
  utf16.memory.AnswerRealloc(33);
  EXPECT_EQ(TrapCodeOf(StoreUtf8(utf16, "a").status()), TrapCode::kPointerMisaligned);
  dynamic.memory.AnswerRealloc(33);
  EXPECT_EQ(TrapCodeOf(StoreUtf8(dynamic, "a").status()), TrapCode::kPointerMisaligned);
}

// Each further realloc of the protocol is checked as the first is.
struct Reallocs {
  StringEncoding encoding;
  const char* text;
  std::vector<uint32_t> good;  // answers before the bad one
  uint32_t bad;
  TrapCode trap;
};

class StoreStringReallocs : public testing::TestWithParam<Reallocs> {};

TEST_P(StoreStringReallocs, AreChecked) {
  TestGuest guest(GetParam().encoding);
  for (const uint32_t pointer : GetParam().good) guest.memory.AnswerRealloc(pointer);
  guest.memory.AnswerRealloc(GetParam().bad);
  EXPECT_EQ(TrapCodeOf(StoreUtf8(guest, GetParam().text).status()), GetParam().trap);
}

INSTANTIATE_TEST_SUITE_P(
    Protocol, StoreStringReallocs,
    testing::Values(
        // utf8 to utf16: the shrinking one
        Reallocs{StringEncoding::kUtf16, "é", {32}, 33, TrapCode::kPointerMisaligned},
        Reallocs{StringEncoding::kUtf16, "é", {32}, kPage, TrapCode::kPointerOutOfBounds},
        // utf8 to Latin-1: the shrinking one
        Reallocs{StringEncoding::kLatin1Utf16, "é", {32}, 33, TrapCode::kPointerMisaligned},
        Reallocs{StringEncoding::kLatin1Utf16, "é", {32}, kPage, TrapCode::kPointerOutOfBounds},
        // utf8 to latin1+utf16: the growing one, then the shrinking one
        Reallocs{StringEncoding::kLatin1Utf16, "λ", {32}, 33, TrapCode::kPointerMisaligned},
        Reallocs{StringEncoding::kLatin1Utf16, "λ", {32}, kPage - 2, TrapCode::kPointerOutOfBounds},
        Reallocs{StringEncoding::kLatin1Utf16, "λ", {32, 64}, 33, TrapCode::kPointerMisaligned},
        Reallocs{
            StringEncoding::kLatin1Utf16, "λ", {32, 64}, kPage, TrapCode::kPointerOutOfBounds}));

// From a guest with UTF-16 to one with UTF-8: the growing realloc, then the shrinking one.
TEST(StoreString, ChecksReallocsOfUtf16ToUtf8) {
  for (const std::vector<uint32_t>& good : {std::vector<uint32_t>{32}, {32, 64}}) {
    TestGuest source(StringEncoding::kUtf16), destination;
    source.memory.Write(32, Utf16(u"é"));
    Lifting lifting(source.context, MemoryUse::kSome);
    Lowering lowering(destination.context, MemoryUse::kSome, &lifting);
    const auto text = LoadString(lifting, {32, 1});
    ASSERT_TRUE(text.ok());
    for (const uint32_t pointer : good) destination.memory.AnswerRealloc(pointer);
    destination.memory.AnswerRealloc(kPage - 1);
    EXPECT_EQ(TrapCodeOf(StoreString(lowering, *text).status()), TrapCode::kPointerOutOfBounds);
  }
}

TEST(StoreString, PassesOnWhatReallocFailsWith) {
  TestGuest guest;
  guest.memory.AnswerRealloc(base::TrapStatus(TrapCode::kUnreachable, "abort"));
  EXPECT_EQ(TrapCodeOf(StoreUtf8(guest, "a").status()), TrapCode::kUnreachable);
}

TEST(StoreString, SurvivesAMemoryThatMoves) {
  TestGuest guest(StringEncoding::kUtf16);
  const std::string text(size_t{3} * kPage, 'x');
  const auto range = StoreUtf8(guest, text);
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(Load(guest, range->pointer, range->tagged_code_units).value(), text);
}

}  // namespace
}  // namespace davit::canon
