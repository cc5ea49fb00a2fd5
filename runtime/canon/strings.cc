#include "runtime/canon/strings.h"

#include <algorithm>
#include <cstring>

#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/canon/steps.h"
#include "simdutf.h"

namespace davit::canon {
namespace {

using base::TrapCode;
using base::TrapStatus;
using Form = Text::Form;

constexpr uint32_t kUtf16Tag = uint32_t{1} << 31;

Area StringArea(uint32_t alignment, uint64_t size) {
  return {.kind = AreaKind::kString, .alignment = alignment, .size = size};
}

// Most strings are short and ASCII: found out here without a call.
constexpr size_t kMaxShort = 32;

bool IsShortAscii(std::string_view bytes) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t bits = 0;
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= bytes.size(); i += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i, sizeof(word));
    bits |= word;
  }
  for (; i < bytes.size(); ++i) bits |= static_cast<uint8_t>(bytes[i]);
  return (bits & kHighBits) == 0;
}

// ---- Loading ----

// Whether the valid part of `bytes` is followed by the beginning of a character and nothing more.
bool EndsInsideCharacter(const char* bytes, uint32_t length, size_t valid) {
  const size_t rest = length - valid;
  const auto lead = static_cast<uint8_t>(bytes[valid]);
  const size_t needed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return lead >= 0xc2 && lead <= 0xf4 && rest < needed &&
         std::all_of(
             bytes + valid + 1, bytes + length,
             [](char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; });
}

absl::Status InvalidUtf8(const Text& text) {
  const auto result = simdutf::validate_utf8_with_errors(text.bytes(), text.code_units());
  if (EndsInsideCharacter(text.bytes(), text.code_units(), result.count)) {
    return TrapStatus(TrapCode::kInvalidString, "incomplete utf-8 byte sequence");
  }
  return TrapStatus(TrapCode::kInvalidString, "invalid utf-8 encoding of a string");
}

absl::Status Validate(const Text& text) {
  switch (text.form()) {
    case Form::kUtf8:
      if (IsValidUtf8({text.bytes(), text.code_units()})) return absl::OkStatus();
      return InvalidUtf8(text);
    case Form::kUtf16:
      if (simdutf::validate_utf16le(text.units(), text.code_units())) return absl::OkStatus();
      return TrapStatus(TrapCode::kInvalidString, "unpaired surrogate in a utf-16 string");
    case Form::kLatin1:
      return absl::OkStatus();
  }
  return absl::InternalError("no such form of a string");
}

// ---- Storing: one function for each way of the specification ----

class Store {
 public:
  Store(Lowering& lowering, const Text& text) : lowering_(lowering), text_(text) {}

  absl::StatusOr<StringRange> AsUtf8();
  absl::StatusOr<StringRange> AsUtf16();
  absl::StatusOr<StringRange> AsLatin1OrUtf16();

 private:
  absl::StatusOr<StringRange> Copy(uint32_t unit_size, uint32_t alignment);
  absl::StatusOr<StringRange> TranscodeToUtf8(uint64_t worst_case);
  absl::StatusOr<StringRange> TranscodeToUtf16();
  absl::StatusOr<StringRange> TryLatin1();
  absl::StatusOr<StringRange> GrowToUtf16(uint32_t pointer);
  absl::StatusOr<StringRange> TryToShrinkToLatin1();
  // Replaces an area whose beginning is in use by one without the rest.
  absl::StatusOr<uint32_t> Shrink(const Allocation& old, uint32_t alignment, uint64_t used);

  char* BytesAt(uint32_t pointer) const {
    return reinterpret_cast<char*>(lowering_.memory().At(pointer));
  }
  char16_t* UnitsAt(uint32_t pointer) const {
    return reinterpret_cast<char16_t*>(BytesAt(pointer));
  }
  // Each writes the whole text and returns the number of code units written.
  size_t WriteUtf8(uint32_t pointer) const;
  size_t WriteUtf16(uint32_t pointer) const;
  bool IsAscii() const;

  Lowering& lowering_;
  const Text& text_;
};

bool Store::IsAscii() const {
  return text_.form() == Form::kUtf16
             ? simdutf::validate_utf16le_as_ascii(text_.units(), text_.code_units())
             : simdutf::validate_ascii(text_.bytes(), text_.code_units());
}

size_t Store::WriteUtf8(uint32_t pointer) const {
  if (text_.form() == Form::kLatin1) {
    return simdutf::convert_latin1_to_utf8(text_.bytes(), text_.code_units(), BytesAt(pointer));
  }
  return simdutf::convert_utf16le_to_utf8(text_.units(), text_.code_units(), BytesAt(pointer));
}

size_t Store::WriteUtf16(uint32_t pointer) const {
  switch (text_.form()) {
    case Form::kUtf8:
      return simdutf::convert_utf8_to_utf16le(text_.bytes(), text_.code_units(), UnitsAt(pointer));
    case Form::kLatin1:
      return simdutf::convert_latin1_to_utf16le(text_.bytes(), text_.code_units(),
                                                UnitsAt(pointer));
    case Form::kUtf16:
      std::memmove(BytesAt(pointer), text_.bytes(), text_.byte_length());
      return text_.code_units();
  }
  return 0;
}

absl::StatusOr<uint32_t> Store::Shrink(const Allocation& old, uint32_t alignment, uint64_t used) {
  if (used == old.size) return old.pointer;
  return lowering_.Reallocate(old, StringArea(alignment, used));
}

// store_string_copy
absl::StatusOr<StringRange> Store::Copy(uint32_t unit_size, uint32_t alignment) {
  const uint64_t size = uint64_t{unit_size} * text_.code_units();
  DAVIT_ASSIGN_OR_RETURN(const uint32_t pointer, lowering_.Allocate(StringArea(alignment, size)));
  if (size == text_.byte_length()) {
    if (size != 0) std::memmove(BytesAt(pointer), text_.bytes(), size);
  } else {
    WriteUtf16(pointer);  // Latin-1, inflated
  }
  return StringRange{pointer, text_.code_units()};
}

// store_string_to_utf8
absl::StatusOr<StringRange> Store::TranscodeToUtf8(uint64_t worst_case) {
  const uint64_t optimistic = text_.code_units();
  DAVIT_ASSIGN_OR_RETURN(uint32_t pointer, lowering_.Allocate(StringArea(1, optimistic)));
  if (IsAscii()) {
    WriteUtf8(pointer);
    return StringRange{pointer, text_.code_units()};
  }
  DAVIT_ASSIGN_OR_RETURN(pointer,
                         lowering_.Reallocate({pointer, optimistic}, StringArea(1, worst_case)));
  const size_t size = WriteUtf8(pointer);
  DAVIT_ASSIGN_OR_RETURN(pointer, Shrink({pointer, worst_case}, 1, size));
  return StringRange{pointer, static_cast<uint32_t>(size)};
}

// store_utf8_to_utf16
absl::StatusOr<StringRange> Store::TranscodeToUtf16() {
  const uint64_t worst_case = 2 * uint64_t{text_.code_units()};
  DAVIT_ASSIGN_OR_RETURN(uint32_t pointer, lowering_.Allocate(StringArea(2, worst_case)));
  const size_t units = WriteUtf16(pointer);
  DAVIT_ASSIGN_OR_RETURN(pointer, Shrink({pointer, worst_case}, 2, 2 * units));
  return StringRange{pointer, static_cast<uint32_t>(units)};
}

// store_string_to_latin1_or_utf16
absl::StatusOr<StringRange> Store::TryLatin1() {
  const uint64_t optimistic = text_.code_units();
  DAVIT_ASSIGN_OR_RETURN(uint32_t pointer, lowering_.Allocate(StringArea(2, optimistic)));
  if (optimistic == 0) return StringRange{pointer, 0};
  const size_t size =
      text_.form() == Form::kUtf8
          ? simdutf::convert_utf8_to_latin1(text_.bytes(), optimistic, BytesAt(pointer))
          : simdutf::convert_utf16le_to_latin1(text_.units(), optimistic, BytesAt(pointer));
  if (size == 0) return GrowToUtf16(pointer);
  DAVIT_ASSIGN_OR_RETURN(pointer, Shrink({pointer, optimistic}, 2, size));
  return StringRange{pointer, static_cast<uint32_t>(size)};
}

// The rest of store_string_to_latin1_or_utf16, once a character outside Latin-1 is known. What was
// written before is written again.
absl::StatusOr<StringRange> Store::GrowToUtf16(uint32_t pointer) {
  const uint64_t optimistic = text_.code_units();
  const uint64_t worst_case = 2 * optimistic;
  DAVIT_ASSIGN_OR_RETURN(pointer,
                         lowering_.Reallocate({pointer, optimistic}, StringArea(2, worst_case)));
  const size_t units = WriteUtf16(pointer);
  DAVIT_ASSIGN_OR_RETURN(pointer, Shrink({pointer, worst_case}, 2, 2 * units));
  return StringRange{pointer, static_cast<uint32_t>(units) | kUtf16Tag};
}

// store_probably_utf16_to_latin1_or_utf16
absl::StatusOr<StringRange> Store::TryToShrinkToLatin1() {
  DAVIT_ASSIGN_OR_RETURN(const StringRange utf16, Copy(2, 2));
  char16_t* const units = UnitsAt(utf16.pointer);
  const uint32_t count = utf16.tagged_code_units;
  if (std::any_of(units, units + count, [](char16_t unit) { return unit > 0xff; })) {
    return StringRange{utf16.pointer, count | kUtf16Tag};
  }
  char* const bytes = BytesAt(utf16.pointer);
  for (uint32_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(units[i]);
  DAVIT_ASSIGN_OR_RETURN(
      const uint32_t pointer,
      lowering_.Reallocate({utf16.pointer, 2 * uint64_t{count}}, StringArea(1, count)));
  return StringRange{pointer, count};
}

absl::StatusOr<StringRange> Store::AsUtf8() {
  switch (text_.form()) {
    case Form::kUtf8:
      return Copy(1, 1);
    case Form::kUtf16:
      return TranscodeToUtf8(3 * uint64_t{text_.code_units()});
    case Form::kLatin1:
      return TranscodeToUtf8(2 * uint64_t{text_.code_units()});
  }
  return absl::InternalError("no such form of a string");
}

absl::StatusOr<StringRange> Store::AsUtf16() {
  return text_.form() == Form::kUtf8 ? TranscodeToUtf16() : Copy(2, 2);
}

absl::StatusOr<StringRange> Store::AsLatin1OrUtf16() {
  if (!text_.is_dynamic()) return TryLatin1();
  return text_.form() == Form::kLatin1 ? Copy(1, 2) : TryToShrinkToLatin1();
}

}  // namespace

Text Text::OfHost(std::string_view utf8) {
  Text text;
  text.host_bytes_ = utf8.data();
  text.code_units_ = static_cast<uint32_t>(utf8.size());
  return text;
}

Text Text::OfGuest(const MemoryView& memory, uint32_t offset, Form form, bool is_dynamic,
                   uint32_t code_units) {
  Text text;
  text.memory_ = &memory;
  text.offset_ = offset;
  text.form_ = form;
  text.is_dynamic_ = is_dynamic;
  text.code_units_ = code_units;
  return text;
}

absl::StatusOr<Text> LoadString(Lifting& lifting, StringRange range) {
  const StringEncoding encoding = lifting.context().encoding;
  const bool is_dynamic = encoding == StringEncoding::kLatin1Utf16;
  Form form = encoding == StringEncoding::kUtf8 ? Form::kUtf8 : Form::kUtf16;
  uint32_t units = range.tagged_code_units;
  if (is_dynamic && (units & kUtf16Tag) == 0) form = Form::kLatin1;
  if (is_dynamic) units &= ~kUtf16Tag;
  const Text text = Text::OfGuest(lifting.memory(), range.pointer, form, is_dynamic, units);
  if (text.byte_length() > base::kMaxStringByteLength) [[unlikely]] {
    return TrapStatus(TrapCode::kStringTooLong,
                      "string content out-of-bounds: a string is longer than 2^28-1 bytes");
  }
  const uint32_t alignment = form == Form::kUtf8 ? 1 : 2;
  DAVIT_RETURN_IF_ERROR(
      CheckPointer(lifting.memory(), range.pointer, StringArea(alignment, text.byte_length())));
  DAVIT_RETURN_IF_ERROR(lifting.Charge(text.byte_length()));
  DAVIT_RETURN_IF_ERROR(lifting.steps().Take(text.byte_length() / Steps::kBytesPerStep));
  DAVIT_RETURN_IF_ERROR(Validate(text));
  return text;
}

absl::StatusOr<StringRange> StoreString(Lowering& lowering, const Text& text) {
  Store store(lowering, text);
  switch (lowering.context().encoding) {
    case StringEncoding::kUtf8:
      return store.AsUtf8();
    case StringEncoding::kUtf16:
      return store.AsUtf16();
    case StringEncoding::kLatin1Utf16:
      return store.AsLatin1OrUtf16();
  }
  return absl::InternalError("no such string encoding");
}

absl::Status AssignUtf8(Lifting& lifting, const Text& text, std::string& utf8) {
  if (text.form() == Form::kUtf8) {
    utf8.assign(text.bytes(), text.code_units());
    return absl::OkStatus();
  }
  const size_t length = text.form() == Form::kUtf16
                            ? simdutf::utf8_length_from_utf16le(text.units(), text.code_units())
                            : simdutf::utf8_length_from_latin1(text.bytes(), text.code_units());
  DAVIT_RETURN_IF_ERROR(lifting.Charge(length - std::min<uint64_t>(length, text.byte_length())));
  utf8.resize_and_overwrite(length, [&text](char* out, size_t) {
    return text.form() == Form::kUtf16
               ? simdutf::convert_utf16le_to_utf8(text.units(), text.code_units(), out)
               : simdutf::convert_latin1_to_utf8(text.bytes(), text.code_units(), out);
  });
  return absl::OkStatus();
}

bool IsValidUtf8(std::string_view bytes) {
  return (bytes.size() <= kMaxShort && IsShortAscii(bytes)) ||
         simdutf::validate_utf8(bytes.data(), bytes.size());
}

}  // namespace davit::canon
