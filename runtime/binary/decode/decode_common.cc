#include "runtime/binary/decode/decode_common.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"

namespace davit::binary {
namespace {

using base::BinaryError;
using base::BinaryFault;

absl::StatusOr<Sort> CoreSortOf(const Opcode& opcode, std::string_view what) {
  switch (opcode.value) {
    case 0x00:
      return Sort::kCoreFunc;
    case 0x01:
      return Sort::kCoreTable;
    case 0x02:
      return Sort::kCoreMemory;
    case 0x03:
      return Sort::kCoreGlobal;
    case 0x04:
      return Sort::kCoreTag;
    case 0x10:
      return Sort::kCoreType;
    case 0x11:
      return Sort::kCoreModule;
    case 0x12:
      return Sort::kCoreInstance;
    default:
      return opcode.Unknown(what);
  }
}

constexpr bool IsOuterAliasSort(Sort sort) {
  return sort == Sort::kCoreModule || sort == Sort::kCoreType || sort == Sort::kType ||
         sort == Sort::kComponent;
}

// The prefix of a name: whether attributes follow it. 0x00 and 0x01 mean the same.
absl::StatusOr<bool> ReadNamePrefix(base::ByteReader& reader, const DecodeContext& context) {
  DAVIT_ASSIGN_OR_RETURN(const Opcode prefix, ReadOpcode(reader, "name attributes"));
  if (prefix.value <= 0x01) return false;
  if (prefix.value != 0x02) return prefix.Unknown("prefix of an import or export name");
  DAVIT_RETURN_IF_ERROR(
      RequireFeature(context.features.implements || context.features.canonical_names, "implements",
                     "a name with attributes", prefix.offset));
  return true;
}

absl::Status ReadAttribute(base::ByteReader& reader, const DecodeContext& context,
                           NameAttributes& attributes) {
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "name attribute"));
  const Features& features = context.features;
  const auto read = [&](bool enabled, std::string_view feature, std::string_view attribute,
                        std::optional<std::string_view>& value) -> absl::Status {
    DAVIT_RETURN_IF_ERROR(RequireFeature(enabled, feature, attribute, opcode.offset));
    if (value.has_value()) {
      return BinaryError(BinaryFault::kInvalid, opcode.offset,
                         absl::StrCat("duplicate '", attribute, "' attribute of a name"));
    }
    DAVIT_ASSIGN_OR_RETURN(value, ReadName(reader, attribute));
    return absl::OkStatus();
  };
  switch (opcode.value) {
    case 0x00:
      return read(features.implements, "implements", "implements", attributes.implements);
    case 0x01:
      return read(features.canonical_names, "canonical_names", "versionsuffix",
                  attributes.version_suffix);
    case 0x02:
      return read(features.implements, "implements", "external-id", attributes.external_id);
    default:
      return opcode.Unknown("name attribute");
  }
}

}  // namespace

absl::StatusOr<DecodeContext> DecodeContext::Nested(uint64_t offset) const {
  if (nesting >= base::kMaxComponentNesting) {
    return BinaryError(BinaryFault::kMalformed, offset,
                       absl::StrCat("components and types are nested more than ",
                                    base::kMaxComponentNesting, " deep"));
  }
  return DecodeContext{
      .features = features, .definitions_left = definitions_left, .nesting = nesting + 1};
}

absl::Status DecodeContext::CountDefinition(uint64_t offset) const {
  if (definitions_left == 0) {
    return BinaryError(BinaryFault::kMalformed, offset,
                       absl::StrCat("more than ", kMaxDefinitions, " definitions"));
  }
  --definitions_left;
  return absl::OkStatus();
}

absl::Status RequireFeature(bool enabled, std::string_view feature, std::string_view construct,
                            uint64_t offset) {
  if (enabled) return absl::OkStatus();
  return base::FeatureError(
      feature, absl::StrCat(construct, " needs it (at offset 0x", absl::Hex(offset), ")"));
}

absl::Status Opcode::Unknown(std::string_view what) const {
  return BinaryError(
      BinaryFault::kMalformed, offset,
      absl::StrCat("invalid byte 0x", absl::Hex(value, absl::kZeroPad2), " for ", what));
}

absl::StatusOr<Opcode> ReadOpcode(base::ByteReader& reader, std::string_view what) {
  Opcode opcode{.offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(opcode.value, reader.Byte(what));
  return opcode;
}

absl::Status ExpectByte(base::ByteReader& reader, uint8_t expected, std::string_view what) {
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, what));
  if (opcode.value == expected) return absl::OkStatus();
  return opcode.Unknown(what);
}

absl::StatusOr<bool> ReadFlag(base::ByteReader& reader, std::string_view what) {
  DAVIT_ASSIGN_OR_RETURN(const Opcode flag, ReadOpcode(reader, what));
  if (flag.value > 1) return flag.Unknown(what);
  return flag.value == 1;
}

absl::StatusOr<std::string_view> ReadName(base::ByteReader& reader, std::string_view what) {
  return reader.Name(what, base::kMaxNameBytes);
}

absl::StatusOr<Sort> ReadCoreSort(base::ByteReader& reader, std::string_view what) {
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, what));
  return CoreSortOf(opcode, what);
}

absl::StatusOr<Sort> ReadSort(base::ByteReader& reader, const DecodeContext& context,
                              std::string_view what) {
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, what));
  switch (opcode.value) {
    case 0x00:
      return ReadCoreSort(reader, what);
    case 0x01:
      return Sort::kFunc;
    case 0x02:
      DAVIT_RETURN_IF_ERROR(
          RequireFeature(context.features.values, "values", "the sort 'value'", opcode.offset));
      return Sort::kValue;
    case 0x03:
      return Sort::kType;
    case 0x04:
      return Sort::kComponent;
    case 0x05:
      return Sort::kInstance;
    default:
      return opcode.Unknown(what);
  }
}

absl::StatusOr<SortIdx> ReadCoreSortIdx(base::ByteReader& reader) {
  SortIdx item;
  DAVIT_ASSIGN_OR_RETURN(item.sort, ReadCoreSort(reader, "core sort"));
  DAVIT_ASSIGN_OR_RETURN(item.index, reader.U32("index of a core item"));
  return item;
}

absl::StatusOr<SortIdx> ReadSortIdx(base::ByteReader& reader, const DecodeContext& context) {
  SortIdx item;
  DAVIT_ASSIGN_OR_RETURN(item.sort, ReadSort(reader, context, "sort"));
  DAVIT_ASSIGN_OR_RETURN(item.index, reader.U32("index of an item"));
  return item;
}

absl::StatusOr<ExternName> ReadExternName(base::ByteReader& reader, const DecodeContext& context) {
  ExternName name{.offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(const bool has_attributes, ReadNamePrefix(reader, context));
  DAVIT_ASSIGN_OR_RETURN(name.name, ReadName(reader, "import or export name"));
  if (!has_attributes) return name;
  // More would repeat one, which ReadAttribute refuses.
  constexpr uint32_t kMaxAttributes = 16;
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.Count("name attributes", kMaxAttributes));
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_RETURN_IF_ERROR(ReadAttribute(reader, context, name.attributes));
  }
  return name;
}

absl::StatusOr<Alias> ReadAlias(base::ByteReader& reader, const DecodeContext& context) {
  Alias alias;
  const uint64_t sort_offset = reader.offset();
  DAVIT_ASSIGN_OR_RETURN(alias.sort, ReadSort(reader, context, "sort of an alias"));
  DAVIT_ASSIGN_OR_RETURN(const Opcode target, ReadOpcode(reader, "alias target"));
  switch (target.value) {
    case 0x00:
      alias.target = AliasTarget::kExport;
      break;
    case 0x01:
      alias.target = AliasTarget::kCoreExport;
      break;
    case 0x02:
      alias.target = AliasTarget::kOuter;
      break;
    default:
      return target.Unknown("alias target");
  }
  if (alias.target != AliasTarget::kOuter) {
    DAVIT_ASSIGN_OR_RETURN(alias.instance, reader.U32("instance of an alias"));
    DAVIT_ASSIGN_OR_RETURN(alias.name, ReadName(reader, "name of an alias"));
    return alias;
  }
  if (!IsOuterAliasSort(alias.sort)) {
    return BinaryError(BinaryFault::kMalformed, sort_offset,
                       absl::StrCat("an outer alias cannot be of sort ", SortName(alias.sort)));
  }
  DAVIT_ASSIGN_OR_RETURN(alias.outer_count, reader.U32("scope count of an outer alias"));
  DAVIT_ASSIGN_OR_RETURN(alias.outer_index, reader.U32("index of an outer alias"));
  return alias;
}

}  // namespace davit::binary
