#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/types/path.h"
#include "runtime/types/type_proto.h"
#include "runtime/types/world_budget.h"

namespace davit::types {
namespace {

std::optional<Kind> DecodePrimitive(v1::PrimitiveType primitive) {
  switch (primitive) {
    case v1::PRIMITIVE_TYPE_BOOL:
      return Kind::kBool;
    case v1::PRIMITIVE_TYPE_S8:
      return Kind::kS8;
    case v1::PRIMITIVE_TYPE_U8:
      return Kind::kU8;
    case v1::PRIMITIVE_TYPE_S16:
      return Kind::kS16;
    case v1::PRIMITIVE_TYPE_U16:
      return Kind::kU16;
    case v1::PRIMITIVE_TYPE_S32:
      return Kind::kS32;
    case v1::PRIMITIVE_TYPE_U32:
      return Kind::kU32;
    case v1::PRIMITIVE_TYPE_S64:
      return Kind::kS64;
    case v1::PRIMITIVE_TYPE_U64:
      return Kind::kU64;
    case v1::PRIMITIVE_TYPE_F32:
      return Kind::kF32;
    case v1::PRIMITIVE_TYPE_F64:
      return Kind::kF64;
    case v1::PRIMITIVE_TYPE_CHAR:
      return Kind::kChar;
    case v1::PRIMITIVE_TYPE_STRING:
      return Kind::kString;
    case v1::PRIMITIVE_TYPE_ERROR_CONTEXT:
      return Kind::kErrorContext;
    default:
      return std::nullopt;
  }
}

std::optional<Opaque> DecodeOpaque(v1::OpaqueItem opaque) {
  switch (opaque) {
    case v1::OPAQUE_ITEM_COMPONENT:
      return Opaque::kComponent;
    case v1::OPAQUE_ITEM_CORE_MODULE:
      return Opaque::kCoreModule;
    case v1::OPAQUE_ITEM_VALUE:
      return Opaque::kValue;
    default:
      return std::nullopt;
  }
}

class Decoder {
 public:
  absl::Status Types(const google::protobuf::RepeatedPtrField<v1::TypeDef>& definitions);
  absl::StatusOr<std::vector<Extern>> Externs(
      const google::protobuf::RepeatedPtrField<v1::Extern>& externs, std::string_view step,
      uint32_t nesting);

 private:
  absl::Status Fault(std::string_view rule) const {
    return base::ArgumentError(path_.text(), rule);
  }
  absl::Status Name(std::string_view name);
  // 1 to `limit` of them.
  absl::Status Count(int count, uint32_t limit) const;

  absl::StatusOr<TypePtr> Ref(const v1::TypeRef& ref) const;
  absl::StatusOr<TypePtr> Ref(const v1::TypeRef& ref, std::string_view step);
  absl::StatusOr<TypePtr> Optional(bool is_set, const v1::TypeRef& ref, std::string_view step);
  absl::StatusOr<TypePtr> Define(const v1::TypeDef& definition);
  absl::Status CheckLimits(const Type& type) const;
  enum class Payload : uint8_t { kRequired, kOptional };
  absl::StatusOr<std::vector<Field>> Fields(const v1::TypeDef::Fields& fields, Payload payload);
  absl::StatusOr<std::vector<std::string>> Labels(const v1::TypeDef::Labels& labels,
                                                  uint32_t limit);
  absl::StatusOr<TypePtr> DefineTuple(const v1::TypeDef::Elements& members);
  absl::StatusOr<TypePtr> DefineResult(const v1::TypeDef::ResultType& result);
  absl::StatusOr<TypePtr> DefineFixedList(const v1::TypeDef::FixedListType& list);
  absl::StatusOr<TypePtr> DefineMap(const v1::TypeDef::MapType& map);

  absl::StatusOr<ItemPtr> DecodeItem(const v1::Extern& e, uint32_t nesting);
  absl::StatusOr<FuncType> Function(const v1::FuncType& func);

  Path path_{"world"};
  WorldBudget budget_;
  std::vector<TypePtr> types_;
};

absl::Status Decoder::Name(std::string_view name) {
  if (name.size() > base::kMaxNameBytes) return Fault("the name is too long");
  if (!budget_.TakeNamed(name)) return Fault("the world is too large");
  return absl::OkStatus();
}

absl::Status Decoder::Count(int count, uint32_t limit) const {
  if (count >= 1 && static_cast<uint32_t>(count) <= limit) return absl::OkStatus();
  return Fault(absl::StrCat("want 1 to ", limit, " parts, got ", count));
}

// The types so far: a reference can only point backwards.
absl::StatusOr<TypePtr> Decoder::Ref(const v1::TypeRef& ref) const {
  if (ref.ref_case() == v1::TypeRef::kIndex) {
    if (ref.index() < types_.size()) return types_[ref.index()];
    return Fault(absl::StrCat("want an index below ", types_.size(), ", got ", ref.index()));
  }
  const std::optional<Kind> kind = DecodePrimitive(ref.primitive());
  if (!kind.has_value()) return Fault("want a type");
  return Primitive(*kind);
}

absl::StatusOr<TypePtr> Decoder::Ref(const v1::TypeRef& ref, std::string_view step) {
  const Path::Step in(path_, step);
  return Ref(ref);
}

absl::StatusOr<TypePtr> Decoder::Optional(bool is_set, const v1::TypeRef& ref,
                                          std::string_view step) {
  if (!is_set) return TypePtr();
  return Ref(ref, step);
}

absl::Status Decoder::Types(const google::protobuf::RepeatedPtrField<v1::TypeDef>& definitions) {
  const Path::Step in(path_, "types");
  for (int i = 0; i < definitions.size(); ++i) {
    const Path::Step at(path_, static_cast<size_t>(i));
    if (!budget_.TakeType()) return Fault("the world is too large");
    DAVIT_ASSIGN_OR_RETURN(TypePtr type, Define(definitions[i]));
    DAVIT_RETURN_IF_ERROR(CheckLimits(*type));
    types_.push_back(std::move(type));
  }
  return absl::OkStatus();
}

absl::Status Decoder::CheckLimits(const Type& type) const {
  if (type.depth() > base::kMaxTypeDepth) return Fault("the type is nested too deeply");
  if (type.node_count() > base::kMaxTypeSize) return Fault("the type has too many parts");
  if (type.size64() >= base::kMaxValueSize) return Fault("values of the type are too large");
  return absl::OkStatus();
}

// A flat switch over the kinds.
absl::StatusOr<TypePtr> Decoder::Define(const v1::TypeDef& definition) {
  switch (definition.kind_case()) {
    case v1::TypeDef::kRecord: {
      DAVIT_ASSIGN_OR_RETURN(auto fields, Fields(definition.record(), Payload::kRequired));
      return Record(std::move(fields));
    }
    case v1::TypeDef::kVariant: {
      DAVIT_ASSIGN_OR_RETURN(auto cases, Fields(definition.variant(), Payload::kOptional));
      return Variant(std::move(cases));
    }
    case v1::TypeDef::kEnum: {
      DAVIT_ASSIGN_OR_RETURN(auto cases, Labels(definition.enum_(), base::kMaxFields));
      return Enum(std::move(cases));
    }
    case v1::TypeDef::kFlags: {
      DAVIT_ASSIGN_OR_RETURN(auto labels, Labels(definition.flags(), base::kMaxFlagsLabels));
      return Flags(std::move(labels));
    }
    case v1::TypeDef::kOption: {
      DAVIT_ASSIGN_OR_RETURN(TypePtr some, Ref(definition.option(), "option"));
      return Option(std::move(some));
    }
    case v1::TypeDef::kList: {
      DAVIT_ASSIGN_OR_RETURN(TypePtr element, Ref(definition.list(), "list"));
      return List(std::move(element));
    }
    case v1::TypeDef::kStream: {
      const v1::TypeDef::ElementType& stream = definition.stream();
      DAVIT_ASSIGN_OR_RETURN(TypePtr element,
                             Optional(stream.has_element(), stream.element(), "stream"));
      return Stream(std::move(element));
    }
    case v1::TypeDef::kFuture: {
      const v1::TypeDef::ElementType& future = definition.future();
      DAVIT_ASSIGN_OR_RETURN(TypePtr element,
                             Optional(future.has_element(), future.element(), "future"));
      return Future(std::move(element));
    }
    case v1::TypeDef::kTuple:
      return DefineTuple(definition.tuple());
    case v1::TypeDef::kResult:
      return DefineResult(definition.result());
    case v1::TypeDef::kFixedList:
      return DefineFixedList(definition.fixed_list());
    case v1::TypeDef::kMap:
      return DefineMap(definition.map());
    case v1::TypeDef::kOwn:
      return Own(ResourceId(definition.own()));
    case v1::TypeDef::kBorrow:
      return Borrow(ResourceId(definition.borrow()));
    case v1::TypeDef::KIND_NOT_SET:
      break;
  }
  return Fault("want a type");
}

absl::StatusOr<std::vector<Field>> Decoder::Fields(const v1::TypeDef::Fields& fields,
                                                   Payload payload) {
  DAVIT_RETURN_IF_ERROR(Count(fields.fields_size(), base::kMaxFields));
  std::vector<Field> decoded;
  for (int i = 0; i < fields.fields_size(); ++i) {
    const Path::Step at(path_, static_cast<size_t>(i));
    const v1::TypeDef::Field& field = fields.fields(i);
    DAVIT_RETURN_IF_ERROR(Name(field.name()));
    if (payload == Payload::kRequired && !field.has_type()) return Fault("want a type");
    DAVIT_ASSIGN_OR_RETURN(TypePtr type, Optional(field.has_type(), field.type(), "type"));
    decoded.push_back({.name = field.name(), .type = std::move(type)});
  }
  return decoded;
}

absl::StatusOr<std::vector<std::string>> Decoder::Labels(const v1::TypeDef::Labels& labels,
                                                         uint32_t limit) {
  DAVIT_RETURN_IF_ERROR(Count(labels.labels_size(), limit));
  for (const std::string& label : labels.labels()) DAVIT_RETURN_IF_ERROR(Name(label));
  return std::vector<std::string>(labels.labels().begin(), labels.labels().end());
}

absl::StatusOr<TypePtr> Decoder::DefineTuple(const v1::TypeDef::Elements& members) {
  DAVIT_RETURN_IF_ERROR(Count(members.types_size(), base::kMaxFields));
  std::vector<TypePtr> decoded;
  for (const v1::TypeRef& member : members.types()) {
    const Path::Step at(path_, decoded.size());
    DAVIT_RETURN_IF_ERROR(Name(""));
    DAVIT_ASSIGN_OR_RETURN(TypePtr type, Ref(member));
    decoded.push_back(std::move(type));
  }
  return Tuple(std::move(decoded));
}

absl::StatusOr<TypePtr> Decoder::DefineResult(const v1::TypeDef::ResultType& result) {
  DAVIT_ASSIGN_OR_RETURN(TypePtr ok, Optional(result.has_ok(), result.ok(), "ok"));
  DAVIT_ASSIGN_OR_RETURN(TypePtr err, Optional(result.has_err(), result.err(), "err"));
  return Result(std::move(ok), std::move(err));
}

absl::StatusOr<TypePtr> Decoder::DefineFixedList(const v1::TypeDef::FixedListType& list) {
  if (list.length() == 0) return Fault("a fixed-length list must not be empty");
  DAVIT_ASSIGN_OR_RETURN(TypePtr element, Ref(list.element(), "element"));
  return FixedList(std::move(element), list.length());
}

absl::StatusOr<TypePtr> Decoder::DefineMap(const v1::TypeDef::MapType& map) {
  DAVIT_ASSIGN_OR_RETURN(TypePtr key, Ref(map.key(), "key"));
  DAVIT_ASSIGN_OR_RETURN(TypePtr value, Ref(map.value(), "value"));
  return Map(std::move(key), std::move(value));
}

absl::StatusOr<std::vector<Extern>> Decoder::Externs(
    const google::protobuf::RepeatedPtrField<v1::Extern>& externs, std::string_view step,
    uint32_t nesting) {
  const Path::Step in(path_, step);
  std::vector<Extern> decoded;
  for (const v1::Extern& e : externs) {
    const Path::Step at(path_, decoded.size());
    DAVIT_RETURN_IF_ERROR(Name(e.name()));
    DAVIT_ASSIGN_OR_RETURN(ItemPtr item, DecodeItem(e, nesting));
    decoded.push_back({.name = e.name(), .item = std::move(item)});
  }
  return decoded;
}

absl::StatusOr<ItemPtr> Decoder::DecodeItem(const v1::Extern& e, uint32_t nesting) {
  switch (e.item_case()) {
    case v1::Extern::kFunction: {
      DAVIT_ASSIGN_OR_RETURN(FuncType func, Function(e.function()));
      return MakeItem(std::move(func));
    }
    case v1::Extern::kInstance: {
      if (nesting == kMaxInstanceNesting) return Fault("instances are nested too deeply");
      DAVIT_ASSIGN_OR_RETURN(auto items, Externs(e.instance().items(), "items", nesting + 1));
      return MakeItem(Instance{.items = std::move(items)});
    }
    case v1::Extern::kType: {
      DAVIT_ASSIGN_OR_RETURN(TypePtr type, Ref(e.type(), "type"));
      return MakeItem(std::move(type));
    }
    case v1::Extern::kResource:
      return MakeItem(ResourceId(e.resource()));
    case v1::Extern::kOpaque:
      if (const auto opaque = DecodeOpaque(e.opaque())) return MakeItem(*opaque);
      break;
    case v1::Extern::ITEM_NOT_SET:
      break;
  }
  return Fault("want an item");
}

absl::StatusOr<FuncType> Decoder::Function(const v1::FuncType& func) {
  FuncType decoded{.is_async = func.async()};
  if (static_cast<uint32_t>(func.params_size()) > base::kMaxFuncParams) {
    return Fault(absl::StrCat("want at most ", base::kMaxFuncParams, " parameters"));
  }
  for (const v1::FuncType::Param& param : func.params()) {
    const Path::Step in(path_, "params");
    const Path::Step at(path_, decoded.params.size());
    DAVIT_RETURN_IF_ERROR(Name(param.name()));
    DAVIT_ASSIGN_OR_RETURN(TypePtr type, Ref(param.type()));
    decoded.params.push_back({.name = param.name(), .type = std::move(type)});
  }
  DAVIT_ASSIGN_OR_RETURN(decoded.result, Optional(func.has_result(), func.result(), "result"));
  return decoded;
}

}  // namespace

absl::StatusOr<World> FromProto(const v1::World& proto) {
  Decoder decoder;
  DAVIT_RETURN_IF_ERROR(decoder.Types(proto.types()));
  World world;
  DAVIT_ASSIGN_OR_RETURN(world.imports, decoder.Externs(proto.imports(), "imports", 0));
  DAVIT_ASSIGN_OR_RETURN(world.exports, decoder.Externs(proto.exports(), "exports", 0));
  return world;
}

}  // namespace davit::types
