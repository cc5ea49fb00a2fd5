#ifndef DAVIT_RUNTIME_CANON_STRINGS_H_
#define DAVIT_RUNTIME_CANON_STRINGS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/canon/lifting.h"
#include "runtime/canon/lowering.h"

// Strings between the encodings of two sides. Spec: CanonicalABI.md#loading, #storing
namespace davit::canon {

// A string that is valid in its encoding, wherever its bytes are.
class Text {
 public:
  enum class Form : uint8_t { kUtf8, kUtf16, kLatin1 };

  // `utf8` is valid UTF-8, at most base::kMaxStringByteLength long, and outlives this.
  static Text OfHost(std::string_view utf8);
  // Of `code_units` at an offset of `memory`, which was checked, and which outlives this.
  static Text OfGuest(const MemoryView& memory, uint32_t offset, Form form, bool is_dynamic,
                      uint32_t code_units);

  Form form() const { return form_; }
  // Whether the form was chosen for this string alone, by an encoding of latin1+utf16.
  bool is_dynamic() const { return is_dynamic_; }
  uint32_t code_units() const { return code_units_; }
  uint64_t byte_length() const { return uint64_t{code_units_} * (form_ == Form::kUtf16 ? 2 : 1); }
  // Fetch these again after any guest code.
  const char* bytes() const {
    return memory_ == nullptr ? host_bytes_ : reinterpret_cast<const char*>(memory_->At(offset_));
  }
  const char16_t* units() const { return reinterpret_cast<const char16_t*>(bytes()); }

 private:
  Text() = default;

  const MemoryView* memory_ = nullptr;  // null: the host's
  const char* host_bytes_ = nullptr;
  uint32_t offset_ = 0;
  uint32_t code_units_ = 0;
  Form form_ = Form::kUtf8;
  bool is_dynamic_ = false;
};

// How a string is passed: the pointer, and the number of code units, whose top bit tells UTF-16
// from Latin-1 where the encoding is latin1+utf16.
struct StringRange {
  uint32_t pointer = 0;
  uint32_t tagged_code_units = 0;
};

// A guest's string. Traps with kStringTooLong, kPointerMisaligned, kPointerOutOfBounds or
// kInvalidString, or kHostCopyLimit: its bytes are charged before they are looked at.
// Spec: CanonicalABI.md#loading (load_string_from_range)
absl::StatusOr<Text> LoadString(Lifting& lifting, StringRange range);

// Puts `text` into newly allocated memory in the guest's encoding. Errors as of
// Lowering::Allocate. Spec: CanonicalABI.md#storing (store_string_into_range)
absl::StatusOr<StringRange> StoreString(Lowering& lowering, const Text& text);

// `text` as UTF-8 for the host. What it grows by is charged; kHostCopyLimit.
absl::Status AssignUtf8(Lifting& lifting, const Text& text, std::string& utf8);

bool IsValidUtf8(std::string_view bytes);

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_STRINGS_H_
