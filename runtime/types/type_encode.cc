#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/types/type_proto.h"
#include "runtime/types/world_budget.h"

namespace davit::types {
namespace {

absl::Status TooLarge() {
  return base::LimitError("world_bytes", kMaxWorldBytes, "the world is too large to be described");
}

v1::PrimitiveType EncodePrimitive(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return v1::PRIMITIVE_TYPE_BOOL;
    case Kind::kS8:
      return v1::PRIMITIVE_TYPE_S8;
    case Kind::kU8:
      return v1::PRIMITIVE_TYPE_U8;
    case Kind::kS16:
      return v1::PRIMITIVE_TYPE_S16;
    case Kind::kU16:
      return v1::PRIMITIVE_TYPE_U16;
    case Kind::kS32:
      return v1::PRIMITIVE_TYPE_S32;
    case Kind::kU32:
      return v1::PRIMITIVE_TYPE_U32;
    case Kind::kS64:
      return v1::PRIMITIVE_TYPE_S64;
    case Kind::kU64:
      return v1::PRIMITIVE_TYPE_U64;
    case Kind::kF32:
      return v1::PRIMITIVE_TYPE_F32;
    case Kind::kF64:
      return v1::PRIMITIVE_TYPE_F64;
    case Kind::kChar:
      return v1::PRIMITIVE_TYPE_CHAR;
    case Kind::kString:
      return v1::PRIMITIVE_TYPE_STRING;
    case Kind::kErrorContext:
      return v1::PRIMITIVE_TYPE_ERROR_CONTEXT;
    default:
      return v1::PRIMITIVE_TYPE_UNSPECIFIED;
  }
}

v1::OpaqueItem EncodeOpaque(Opaque opaque) {
  switch (opaque) {
    case Opaque::kComponent:
      return v1::OPAQUE_ITEM_COMPONENT;
    case Opaque::kCoreModule:
      return v1::OPAQUE_ITEM_CORE_MODULE;
    case Opaque::kValue:
      return v1::OPAQUE_ITEM_VALUE;
  }
  return v1::OPAQUE_ITEM_UNSPECIFIED;
}

class Encoder {
 public:
  absl::Status Externs(const std::vector<Extern>& externs, uint32_t nesting,
                       google::protobuf::RepeatedPtrField<v1::Extern>& out);
  v1::World& world() { return world_; }

 private:
  absl::Status Item(const FuncType& type, uint32_t nesting, v1::Extern& out);
  absl::Status Item(const TypePtr& type, uint32_t nesting, v1::Extern& out);
  absl::Status Item(ResourceId resource, uint32_t nesting, v1::Extern& out);
  absl::Status Item(const Instance& instance, uint32_t nesting, v1::Extern& out);
  absl::Status Item(Opaque opaque, uint32_t nesting, v1::Extern& out);

  absl::Status Ref(const Type& type, v1::TypeRef& out);
  absl::StatusOr<v1::TypeDef> Define(const Type& type);
  absl::Status Parts(const Type& type, v1::TypeDef& out);
  absl::Status Fields(const Type& type, v1::TypeDef::Fields& out);
  absl::Status Labels(const Type& type, v1::TypeDef::Labels& out);
  absl::Status Members(const Type& type, v1::TypeDef::Elements& out);
  absl::Status Outcomes(const Type& type, v1::TypeDef::ResultType& out);
  absl::Status Element(const Type& type, v1::TypeDef::ElementType& out);

  v1::World world_;
  WorldBudget budget_;
  absl::flat_hash_map<const Type*, uint32_t> indices_;
};

absl::Status Encoder::Externs(const std::vector<Extern>& externs, uint32_t nesting,
                              google::protobuf::RepeatedPtrField<v1::Extern>& out) {
  for (const Extern& e : externs) {
    if (!budget_.TakeNamed(e.name)) return TooLarge();
    v1::Extern& to = *out.Add();
    to.set_name(e.name);
    DAVIT_RETURN_IF_ERROR(
        std::visit([&](const auto& of) { return Item(of, nesting, to); }, e.item->of));
  }
  return absl::OkStatus();
}

absl::Status Encoder::Item(const FuncType& type, uint32_t, v1::Extern& out) {
  v1::FuncType& func = *out.mutable_function();
  func.set_async(type.is_async);
  for (const Param& param : type.params) {
    if (!budget_.TakeNamed(param.name)) return TooLarge();
    v1::FuncType::Param& to = *func.add_params();
    to.set_name(param.name);
    DAVIT_RETURN_IF_ERROR(Ref(*param.type, *to.mutable_type()));
  }
  return type.result == nullptr ? absl::OkStatus() : Ref(*type.result, *func.mutable_result());
}

absl::Status Encoder::Item(const TypePtr& type, uint32_t, v1::Extern& out) {
  return Ref(*type, *out.mutable_type());
}

absl::Status Encoder::Item(ResourceId resource, uint32_t, v1::Extern& out) {
  out.set_resource(resource.value);
  return absl::OkStatus();
}

absl::Status Encoder::Item(const Instance& instance, uint32_t nesting, v1::Extern& out) {
  if (nesting == kMaxInstanceNesting) {
    return base::LimitError("world_nesting", kMaxInstanceNesting,
                            "instances are nested too deeply to be described");
  }
  return Externs(instance.items, nesting + 1, *out.mutable_instance()->mutable_items());
}

absl::Status Encoder::Item(Opaque opaque, uint32_t, v1::Extern& out) {
  out.set_opaque(EncodeOpaque(opaque));
  return absl::OkStatus();
}

// A type gets its index when all that it refers to have theirs.
absl::Status Encoder::Ref(const Type& type, v1::TypeRef& out) {
  if (IsPrimitive(type.kind())) {
    out.set_primitive(EncodePrimitive(type.kind()));
    return absl::OkStatus();
  }
  auto known = indices_.find(&type);
  if (known == indices_.end()) {
    DAVIT_ASSIGN_OR_RETURN(v1::TypeDef definition, Define(type));
    const auto index = static_cast<uint32_t>(world_.types_size());
    *world_.add_types() = std::move(definition);
    known = indices_.emplace(&type, index).first;
  }
  out.set_index(known->second);
  return absl::OkStatus();
}

absl::StatusOr<v1::TypeDef> Encoder::Define(const Type& type) {
  if (type.depth() > base::kMaxTypeDepth) {
    return base::LimitError("type_depth", base::kMaxTypeDepth, "a type is nested too deeply");
  }
  if (!budget_.TakeType()) return TooLarge();
  v1::TypeDef definition;
  DAVIT_RETURN_IF_ERROR(Parts(type, definition));
  return definition;
}

// A flat switch: one line to a kind, mostly.
absl::Status Encoder::Parts(const Type& type, v1::TypeDef& out) {
  switch (type.kind()) {
    case Kind::kRecord:
      return Fields(type, *out.mutable_record());
    case Kind::kTuple:
      return Members(type, *out.mutable_tuple());
    case Kind::kVariant:
      return Fields(type, *out.mutable_variant());
    case Kind::kEnum:
      return Labels(type, *out.mutable_enum_());
    case Kind::kFlags:
      return Labels(type, *out.mutable_flags());
    case Kind::kOption:
      return Ref(*type.element(), *out.mutable_option());
    case Kind::kResult:
      return Outcomes(type, *out.mutable_result());
    case Kind::kList:
      return Ref(*type.element(), *out.mutable_list());
    case Kind::kFixedList:
      out.mutable_fixed_list()->set_length(type.length());
      return Ref(*type.element(), *out.mutable_fixed_list()->mutable_element());
    case Kind::kMap:
      DAVIT_RETURN_IF_ERROR(Ref(*type.fields()[0].type, *out.mutable_map()->mutable_key()));
      return Ref(*type.fields()[1].type, *out.mutable_map()->mutable_value());
    case Kind::kOwn:
      out.set_own(type.resource().value);
      return absl::OkStatus();
    case Kind::kBorrow:
      out.set_borrow(type.resource().value);
      return absl::OkStatus();
    case Kind::kStream:
      return Element(type, *out.mutable_stream());
    case Kind::kFuture:
      return Element(type, *out.mutable_future());
    default:
      return absl::InternalError("a primitive has no definition");
  }
}

absl::Status Encoder::Fields(const Type& type, v1::TypeDef::Fields& out) {
  for (const Field& field : type.fields()) {
    if (!budget_.TakeNamed(field.name)) return TooLarge();
    v1::TypeDef::Field& to = *out.add_fields();
    to.set_name(field.name);
    if (field.type != nullptr) DAVIT_RETURN_IF_ERROR(Ref(*field.type, *to.mutable_type()));
  }
  return absl::OkStatus();
}

absl::Status Encoder::Labels(const Type& type, v1::TypeDef::Labels& out) {
  for (const Field& field : type.fields()) {
    if (!budget_.TakeNamed(field.name)) return TooLarge();
    out.add_labels(field.name);
  }
  return absl::OkStatus();
}

absl::Status Encoder::Members(const Type& type, v1::TypeDef::Elements& out) {
  for (const Field& field : type.fields()) {
    if (!budget_.TakeNamed("")) return TooLarge();
    DAVIT_RETURN_IF_ERROR(Ref(*field.type, *out.add_types()));
  }
  return absl::OkStatus();
}

absl::Status Encoder::Outcomes(const Type& type, v1::TypeDef::ResultType& out) {
  const TypePtr& ok = type.fields()[0].type;
  const TypePtr& err = type.fields()[1].type;
  if (ok != nullptr) DAVIT_RETURN_IF_ERROR(Ref(*ok, *out.mutable_ok()));
  return err == nullptr ? absl::OkStatus() : Ref(*err, *out.mutable_err());
}

absl::Status Encoder::Element(const Type& type, v1::TypeDef::ElementType& out) {
  if (type.element() == nullptr) return absl::OkStatus();
  return Ref(*type.element(), *out.mutable_element());
}

}  // namespace

absl::StatusOr<v1::World> ToProto(const World& world) {
  Encoder encoder;
  v1::World& out = encoder.world();
  DAVIT_RETURN_IF_ERROR(encoder.Externs(world.imports, 0, *out.mutable_imports()));
  DAVIT_RETURN_IF_ERROR(encoder.Externs(world.exports, 0, *out.mutable_exports()));
  return std::move(out);
}

}  // namespace davit::types
