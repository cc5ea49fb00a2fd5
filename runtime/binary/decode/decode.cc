#include "runtime/binary/decode/decode.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/binary/decode/decode_canon.h"
#include "runtime/binary/decode/decode_common.h"
#include "runtime/binary/decode/decode_core.h"
#include "runtime/binary/decode/decode_names.h"
#include "runtime/binary/decode/decode_types.h"
#include "runtime/binary/decode/decode_value_types.h"
#include "runtime/wasm/core_sections.h"

namespace davit::binary {
namespace {

using base::BinaryError;
using base::BinaryFault;
using base::ByteReader;

// Magic, version 0x0d, layer 1.
constexpr uint8_t kPreamble[] = {0x00, 'a', 's', 'm', 0x0d, 0x00, 0x01, 0x00};

enum class SectionId : uint8_t {
  kCustom = 0,
  kCoreModule = 1,
  kCoreInstance = 2,
  kCoreType = 3,
  kComponent = 4,
  kInstance = 5,
  kAlias = 6,
  kType = 7,
  kCanon = 8,
  kStart = 9,
  kImport = 10,
  kExport = 11,
  kValue = 12,
};
constexpr uint8_t kLastSectionId = static_cast<uint8_t>(SectionId::kValue);

uint32_t MaxItems(Sort sort) {
  switch (sort) {
    case Sort::kCoreModule:
      return base::kMaxModules;
    case Sort::kComponent:
      return base::kMaxComponents;
    case Sort::kInstance:
    case Sort::kCoreInstance:
      return base::kMaxInstances;
    case Sort::kType:
    case Sort::kCoreType:
      return base::kMaxTypes;
    default:
      return base::kMaxIndexSpaceItems;
  }
}

absl::Status ReadPreamble(ByteReader& reader) {
  const uint64_t offset = reader.offset();
  DAVIT_ASSIGN_OR_RETURN(const std::span<const uint8_t> preamble,
                         reader.Bytes(std::size(kPreamble), "preamble of a component"));
  if (std::ranges::equal(preamble, kPreamble)) return absl::OkStatus();
  const bool is_core_module = std::ranges::equal(preamble, wasm::kCorePreamble);
  return BinaryError(BinaryFault::kMalformed, offset,
                     is_core_module ? "this is a core module, not a component"
                                    : "this is no preamble of a component");
}

absl::StatusOr<InstantiateArg> ReadInstantiateArg(ByteReader& reader,
                                                  const DecodeContext& context) {
  InstantiateArg arg{.offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(arg.name, ReadName(reader, "name of an instantiation argument"));
  DAVIT_ASSIGN_OR_RETURN(arg.item, ReadSortIdx(reader, context));
  return arg;
}

absl::StatusOr<InlineExport> ReadInlineExport(ByteReader& reader, const DecodeContext& context) {
  InlineExport item;
  DAVIT_ASSIGN_OR_RETURN(item.name, ReadExternName(reader, context));
  DAVIT_ASSIGN_OR_RETURN(item.item, ReadSortIdx(reader, context));
  return item;
}

absl::StatusOr<Instance> ReadInstance(ByteReader& reader, const DecodeContext& context) {
  Instance instance;
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "instance"));
  switch (opcode.value) {
    case 0x00: {
      Instantiate& expr = instance.expr.emplace<Instantiate>();
      DAVIT_ASSIGN_OR_RETURN(expr.component, reader.U32("index of a component"));
      DAVIT_ASSIGN_OR_RETURN(expr.args,
                             ReadVec(reader, "instantiation arguments", base::kMaxInstantiationArgs,
                                     [&] { return ReadInstantiateArg(reader, context); }));
      return instance;
    }
    case 0x01: {
      InlineExports& expr = instance.expr.emplace<InlineExports>();
      DAVIT_ASSIGN_OR_RETURN(expr.exports,
                             ReadVec(reader, "inline exports", base::kMaxInstantiationArgs,
                                     [&] { return ReadInlineExport(reader, context); }));
      return instance;
    }
    default:
      return opcode.Unknown("instance");
  }
}

absl::StatusOr<Import> ReadImport(ByteReader& reader, const DecodeContext& context) {
  Import import;
  DAVIT_ASSIGN_OR_RETURN(import.name, ReadExternName(reader, context));
  DAVIT_ASSIGN_OR_RETURN(import.desc, ReadExternDesc(reader, context));
  return import;
}

absl::StatusOr<Export> ReadExport(ByteReader& reader, const DecodeContext& context) {
  Export exported;
  DAVIT_ASSIGN_OR_RETURN(exported.name, ReadExternName(reader, context));
  DAVIT_ASSIGN_OR_RETURN(exported.item, ReadSortIdx(reader, context));
  DAVIT_ASSIGN_OR_RETURN(const bool is_ascribed, ReadFlag(reader, "presence of an export's type"));
  if (is_ascribed) {
    DAVIT_ASSIGN_OR_RETURN(exported.ascription, ReadExternDesc(reader, context));
  }
  return exported;
}

absl::StatusOr<Start> ReadStart(ByteReader& reader) {
  constexpr uint32_t kMaxStartArgs = base::kMaxFuncParams;
  Start start;
  DAVIT_ASSIGN_OR_RETURN(start.func, reader.U32("start function"));
  DAVIT_ASSIGN_OR_RETURN(start.args, ReadVec(reader, "start arguments", kMaxStartArgs,
                                             [&] { return reader.U32("index of a value"); }));
  DAVIT_ASSIGN_OR_RETURN(start.results, reader.U32("number of start results"));
  return start;
}

absl::StatusOr<ValueDef> ReadValue(ByteReader& reader, const DecodeContext& context) {
  ValueDef value{.offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(value.type, ReadValType(reader, context));
  DAVIT_ASSIGN_OR_RETURN(const uint32_t size, reader.U32("size of a value"));
  DAVIT_ASSIGN_OR_RETURN(value.bytes, reader.Bytes(size, "value"));
  return value;
}

// Decodes one component, nested ones by recursion.
class ComponentReader {
 public:
  explicit ComponentReader(const DecodeContext& context) : context_(context) {}

  absl::StatusOr<Component> Read(ByteReader reader) {
    component_.offset = reader.offset();
    DAVIT_RETURN_IF_ERROR(ReadPreamble(reader));
    while (!reader.done()) DAVIT_RETURN_IF_ERROR(ReadSection(reader));
    return std::move(component_);
  }

 private:
  absl::Status ReadSection(ByteReader& reader) {
    DAVIT_ASSIGN_OR_RETURN(const Opcode id, ReadOpcode(reader, "section id"));
    if (id.value > kLastSectionId) return id.Unknown("section id");
    DAVIT_ASSIGN_OR_RETURN(const uint32_t size, reader.U32("size of a section"));
    DAVIT_ASSIGN_OR_RETURN(ByteReader contents, reader.Sub(size, "section"));
    DAVIT_RETURN_IF_ERROR(ReadContents(static_cast<SectionId>(id.value), id.offset, contents));
    return contents.ExpectDone("section");
  }

  absl::Status ReadContents(SectionId id, uint64_t offset, ByteReader& contents) {
    switch (id) {
      case SectionId::kCustom:
        return ReadCustom(contents);
      case SectionId::kCoreModule:
        return ReadOne([&] { return ReadCoreModuleBytes(contents); }, contents);
      case SectionId::kCoreInstance:
        return ReadAll(contents, "core instances", [&] { return ReadCoreInstance(contents); });
      case SectionId::kCoreType:
        return ReadAll(contents, "core types", [&] { return ReadCoreTypeDef(contents, context_); });
      case SectionId::kComponent:
        return ReadOne([&] { return ReadNested(contents); }, contents);
      case SectionId::kInstance:
        return ReadAll(contents, "instances", [&] { return ReadInstance(contents, context_); });
      case SectionId::kAlias:
        return ReadAll(contents, "aliases", [&] { return ReadAlias(contents, context_); });
      case SectionId::kType:
        return ReadAll(contents, "types", [&] { return ReadTypeDef(contents, context_); });
      case SectionId::kCanon:
        return ReadAll(contents, "canonical definitions",
                       [&] { return ReadCanon(contents, context_); });
      case SectionId::kStart:
        DAVIT_RETURN_IF_ERROR(RequireValues("a start definition", offset));
        return ReadOne([&] { return ReadStart(contents); }, contents);
      case SectionId::kImport:
        return ReadAll(contents, "imports", [&] { return ReadImport(contents, context_); });
      case SectionId::kExport:
        return ReadAll(contents, "exports", [&] { return ReadExport(contents, context_); });
      case SectionId::kValue:
        DAVIT_RETURN_IF_ERROR(RequireValues("a value definition", offset));
        return ReadAll(contents, "values", [&] { return ReadValue(contents, context_); });
    }
    return absl::OkStatus();
  }

  absl::Status RequireValues(std::string_view construct, uint64_t offset) const {
    return RequireFeature(context_.features.values, "values", construct, offset);
  }

  // One definition by `read`, a section's only one or the next of its vector.
  template <typename ReadDefinition>
  absl::Status ReadOne(ReadDefinition read, const ByteReader& contents) {
    const uint64_t offset = contents.offset();
    DAVIT_RETURN_IF_ERROR(context_.CountDefinition(offset));
    DAVIT_ASSIGN_OR_RETURN(auto def, read());
    Definition definition{.def = std::move(def), .offset = offset};
    DAVIT_RETURN_IF_ERROR(CountItem(definition));
    component_.definitions.push_back(std::move(definition));
    return absl::OkStatus();
  }

  // vec(definition).
  template <typename ReadDefinition>
  absl::Status ReadAll(ByteReader& contents, std::string_view what, ReadDefinition read) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count, contents.Count(what, base::kMaxIndexSpaceItems));
    for (uint32_t i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(ReadOne(read, contents));
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<const Component>> ReadNested(ByteReader& contents) {
    DAVIT_ASSIGN_OR_RETURN(const DecodeContext nested, context_.Nested(contents.offset()));
    DAVIT_ASSIGN_OR_RETURN(const ByteReader all, contents.Sub(contents.remaining(), "component"));
    DAVIT_ASSIGN_OR_RETURN(Component component, ComponentReader(nested).Read(all));
    return std::make_shared<const Component>(std::move(component));
  }

  // Only the name of a custom section can be malformed.
  absl::Status ReadCustom(ByteReader& contents) {
    DAVIT_ASSIGN_OR_RETURN(const std::string_view name,
                           ReadName(contents, "name of a custom section"));
    if (name == kNameSection) component_.names = ReadComponentNames(contents.rest());
    return contents.Bytes(contents.remaining(), "custom section").status();
  }

  absl::Status CountItem(const Definition& definition) {
    const std::optional<Sort> sort = SortIntroducedBy(definition);
    if (!sort.has_value()) return absl::OkStatus();
    if (++item_counts_[static_cast<size_t>(*sort)] <= MaxItems(*sort)) return absl::OkStatus();
    return BinaryError(BinaryFault::kMalformed, definition.offset,
                       absl::StrCat("a component has more than ", MaxItems(*sort),
                                    " items of sort ", SortName(*sort)));
  }

  static constexpr size_t kSortCount = static_cast<size_t>(Sort::kInstance) + 1;

  const DecodeContext context_;
  Component component_;
  std::array<uint32_t, kSortCount> item_counts_ = {};
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Component>> Decode(std::shared_ptr<const std::string> bytes,
                                                        const Features& features) {
  const std::span<const uint8_t> span(reinterpret_cast<const uint8_t*>(bytes->data()),
                                      bytes->size());
  uint32_t definitions_left = kMaxDefinitions;
  const DecodeContext context{.features = features, .definitions_left = definitions_left};
  DAVIT_ASSIGN_OR_RETURN(Component component, ComponentReader(context).Read(ByteReader(span)));
  component.bytes = std::move(bytes);
  return std::make_shared<const Component>(std::move(component));
}

}  // namespace davit::binary
