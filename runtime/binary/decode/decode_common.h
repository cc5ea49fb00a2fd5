#ifndef DAVIT_RUNTIME_BINARY_DECODE_DECODE_COMMON_H_
#define DAVIT_RUNTIME_BINARY_DECODE_DECODE_COMMON_H_

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/features.h"

// What every part of the component decoder reads: flags, vectors, sorts, names, aliases. Private to
// the decoder. Errors are those of Decode().
namespace davit::binary {

// Definitions and declarators of a whole binary, nested components and types included. Each takes
// some 150 bytes in the tree and may take one in the binary: without this limit a small binary
// makes a large tree.
inline constexpr uint32_t kMaxDefinitions = 1'000'000;

// What holds at one place of the binary. Cheap to copy; what it refers to must outlive it.
struct DecodeContext {
  const Features& features;
  uint32_t& definitions_left;
  uint32_t nesting = 0;  // components and component, instance or module types around this place

  // The context inside one more of those. Error: deeper than kMaxComponentNesting.
  absl::StatusOr<DecodeContext> Nested(uint64_t offset) const;
  // Takes note of a definition or declarator at `offset`. Error: more than kMaxDefinitions.
  absl::Status CountDefinition(uint64_t offset) const;
};

// OK when `enabled`, else the FeatureError that names `feature` and what needs it.
absl::Status RequireFeature(bool enabled, std::string_view feature, std::string_view construct,
                            uint64_t offset);

// A leading byte and where it is.
struct Opcode {
  uint8_t value = 0;
  uint64_t offset = 0;

  // The error "invalid byte 0x62 for <what>".
  absl::Status Unknown(std::string_view what) const;
};
absl::StatusOr<Opcode> ReadOpcode(base::ByteReader& reader, std::string_view what);

// A byte that must be `expected`, part of the encoding of `what`.
absl::Status ExpectByte(base::ByteReader& reader, uint8_t expected, std::string_view what);

// 0x00 or 0x01.
absl::StatusOr<bool> ReadFlag(base::ByteReader& reader, std::string_view what);

absl::StatusOr<std::string_view> ReadName(base::ByteReader& reader, std::string_view what);

// vec(T): a count, at most `limit`, and that many items by `read_item`, which returns StatusOr<T>.
template <typename ReadItem>
auto ReadVec(base::ByteReader& reader, std::string_view what, uint32_t limit, ReadItem read_item)
    -> absl::StatusOr<std::vector<typename std::invoke_result_t<ReadItem>::value_type>> {
  // An item is much larger than the byte that may encode it, and vectors nest: memory follows what
  // was read, not what was announced.
  constexpr uint32_t kReserveAtMost = 64;
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.Count(what, limit));
  std::vector<typename std::invoke_result_t<ReadItem>::value_type> items;
  items.reserve(std::min(count, kReserveAtMost));
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(auto item, read_item());
    items.push_back(std::move(item));
  }
  return items;
}

// core:sort, sort, core:sortidx, sortidx. Spec: Binary.md#instance-definitions
absl::StatusOr<Sort> ReadCoreSort(base::ByteReader& reader, std::string_view what);
absl::StatusOr<Sort> ReadSort(base::ByteReader& reader, const DecodeContext& context,
                              std::string_view what);
absl::StatusOr<SortIdx> ReadCoreSortIdx(base::ByteReader& reader);
absl::StatusOr<SortIdx> ReadSortIdx(base::ByteReader& reader, const DecodeContext& context);

// nameattributes: a name with its attributes. Spec: Binary.md#import-and-export-definitions
absl::StatusOr<ExternName> ReadExternName(base::ByteReader& reader, const DecodeContext& context);

// alias. Spec: Binary.md#alias-definitions
absl::StatusOr<Alias> ReadAlias(base::ByteReader& reader, const DecodeContext& context);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_DECODE_DECODE_COMMON_H_
