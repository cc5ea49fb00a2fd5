#include "runtime/binary/decode/decode_canon_options.h"

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"

namespace davit::binary {
namespace {

// opts: a vector of options, each at most once.
class OptionsReader {
 public:
  OptionsReader(base::ByteReader& reader, const DecodeContext& context)
      : reader_(reader), context_(context) {}

  absl::StatusOr<CanonOptions> Read() {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                           reader_.Count("canonical options", base::kMaxCanonOptions));
    for (uint32_t i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(ReadOption());
    return options_;
  }

 private:
  absl::Status ReadOption() {
    DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader_, "canonical option"));
    switch (opcode.value) {
      case 0x00:
        return Encoding(StringEncoding::kUtf8, opcode);
      case 0x01:
        return Encoding(StringEncoding::kUtf16, opcode);
      case 0x02:
        return Encoding(StringEncoding::kLatin1Utf16, opcode);
      case 0x03:
        return Index("memory", options_.memory, opcode);
      case 0x04:
        return Index("realloc", options_.realloc, opcode);
      case 0x05:
        return Index("post-return", options_.post_return, opcode);
      case 0x06:
        return Async(opcode);
      case 0x07:
        DAVIT_RETURN_IF_ERROR(
            RequireFeature(context_.features.async, "async", "the option callback", opcode.offset));
        return Index("callback", options_.callback, opcode);
      default:
        return opcode.Unknown("canonical option");
    }
  }

  absl::Status Encoding(StringEncoding encoding, const Opcode& opcode) {
    if (has_encoding_) return Duplicate("string-encoding", opcode);
    has_encoding_ = true;
    options_.string_encoding = encoding;
    return absl::OkStatus();
  }

  absl::Status Index(std::string_view name, std::optional<uint32_t>& index, const Opcode& opcode) {
    if (index.has_value()) return Duplicate(name, opcode);
    DAVIT_ASSIGN_OR_RETURN(index, reader_.U32("index of a canonical option"));
    return absl::OkStatus();
  }

  absl::Status Async(const Opcode& opcode) {
    DAVIT_RETURN_IF_ERROR(
        RequireFeature(context_.features.async, "async", "the option async", opcode.offset));
    if (options_.is_async) return Duplicate("async", opcode);
    options_.is_async = true;
    return absl::OkStatus();
  }

  static absl::Status Duplicate(std::string_view name, const Opcode& opcode) {
    return base::BinaryError(base::BinaryFault::kInvalid, opcode.offset,
                             absl::StrCat("canonical option '", name, "' is given twice"));
  }

  base::ByteReader& reader_;
  const DecodeContext& context_;
  CanonOptions options_;
  bool has_encoding_ = false;
};

}  // namespace

absl::StatusOr<CanonOptions> ReadCanonOptions(base::ByteReader& reader,
                                              const DecodeContext& context) {
  return OptionsReader(reader, context).Read();
}

}  // namespace davit::binary
