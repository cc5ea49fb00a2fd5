#include "runtime/binary/decode/decode_names.h"

#include "runtime/base/byte_reader.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/decode/decode_common.h"

namespace davit::binary {
namespace {

using base::ByteReader;

absl::Status ReadSortNames(ByteReader& reader, const DecodeContext& context, NameSection& names) {
  DAVIT_ASSIGN_OR_RETURN(const Sort sort, ReadSort(reader, context, "sort of names"));
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.Count("names", base::kMaxIndexSpaceItems));
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t index, reader.U32("index of a name"));
    DAVIT_ASSIGN_OR_RETURN(const std::string_view name, ReadName(reader, "name"));
    names.names.emplace_back(SortIdx{.sort = sort, .index = index}, name);
  }
  return absl::OkStatus();
}

absl::Status ReadSubsection(ByteReader& reader, const DecodeContext& context, NameSection& names) {
  DAVIT_ASSIGN_OR_RETURN(const uint8_t id, reader.Byte("name subsection"));
  DAVIT_ASSIGN_OR_RETURN(const uint32_t size, reader.U32("size of a name subsection"));
  DAVIT_ASSIGN_OR_RETURN(ByteReader contents, reader.Sub(size, "name subsection"));
  if (id == 0) {
    DAVIT_ASSIGN_OR_RETURN(names.component, ReadName(contents, "name of a component"));
    return absl::OkStatus();
  }
  return id == 1 ? ReadSortNames(contents, context, names) : absl::OkStatus();
}

}  // namespace

NameSection ReadComponentNames(std::span<const uint8_t> contents) {
  const Features features{.values = true};
  uint32_t no_definitions = 0;
  const DecodeContext context{.features = features, .definitions_left = no_definitions};
  NameSection names;
  ByteReader reader(contents);
  while (!reader.done()) {
    if (!ReadSubsection(reader, context, names).ok()) break;
  }
  return names;
}

}  // namespace davit::binary
