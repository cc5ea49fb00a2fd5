#include "runtime/types/type_builder.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "runtime/base/limits.h"

namespace davit::types {
namespace {

// Flattening is cut here: whoever has more flat values passes a pointer.
constexpr size_t kFlatCut = base::kMaxFlatParams + 1;

uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  uint64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<uint64_t>::max() : sum;
}

uint64_t SaturatingMultiply(uint64_t a, uint64_t b) {
  uint64_t product;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<uint64_t>::max() : product;
}

// `alignment` is a power of two. A saturated `size` stays within one alignment of saturated.
uint64_t AlignTo(uint64_t size, uint64_t alignment) {
  return SaturatingAdd(size, alignment - 1) & ~(alignment - 1);
}

// Spec: CanonicalABI.md#alignment (discriminant_type)
uint8_t DiscriminantSize(size_t cases) {
  if (cases <= 1u << 8) return 1;
  if (cases <= 1u << 16) return 2;
  return 4;
}

// Spec: CanonicalABI.md#alignment (alignment_flags)
uint8_t FlagsSize(size_t labels) {
  if (labels <= 8) return 1;
  if (labels <= 16) return 2;
  return 4;
}

// Bytes of a value of fixed width, or 0 where the width depends on the parts or the pointer size.
uint32_t FixedWidth(Kind kind) {
  switch (kind) {
    case Kind::kBool:
    case Kind::kS8:
    case Kind::kU8:
      return 1;
    case Kind::kS16:
    case Kind::kU16:
      return 2;
    case Kind::kS32:
    case Kind::kU32:
    case Kind::kF32:
    case Kind::kChar:
    case Kind::kErrorContext:
    case Kind::kOwn:
    case Kind::kBorrow:
    case Kind::kStream:
    case Kind::kFuture:
      return 4;
    case Kind::kS64:
    case Kind::kU64:
    case Kind::kF64:
      return 8;
    default:
      return 0;
  }
}

CoreType FlatScalar(Kind kind) {
  switch (kind) {
    case Kind::kS64:
    case Kind::kU64:
      return CoreType::kI64;
    case Kind::kF32:
      return CoreType::kF32;
    case Kind::kF64:
      return CoreType::kF64;
    default:
      return CoreType::kI32;
  }
}

// Spec: CanonicalABI.md#flattening (join)
CoreType Join(CoreType a, CoreType b) {
  if (a == b) return a;
  const auto is_32_bit = [](CoreType t) { return t == CoreType::kI32 || t == CoreType::kF32; };
  return is_32_bit(a) && is_32_bit(b) ? CoreType::kI32 : CoreType::kI64;
}

void AppendFlat(std::vector<CoreType>& flat, const std::vector<CoreType>& more) {
  const size_t count = std::min(more.size(), kFlatCut - flat.size());
  flat.insert(flat.end(), more.begin(), more.begin() + static_cast<ptrdiff_t>(count));
}

using Extent = TypeBuilder::Extent;

Extent Extent32(const Type& type) { return {type.layout().size, type.layout().alignment}; }
Extent Extent64(const Type& type) { return {type.size64(), type.alignment64()}; }

using ExtentOf = Extent (*)(const Type&);

// Spec: CanonicalABI.md#element-size (elem_size_record). `offsets` may be null.
Extent RecordExtent(const std::vector<Field>& fields, ExtentOf extent_of,
                    std::vector<uint64_t>* offsets) {
  Extent record;
  for (const Field& field : fields) {
    const Extent part = extent_of(*field.type);
    record.size = AlignTo(record.size, part.alignment);
    if (offsets != nullptr) offsets->push_back(record.size);
    record.size = SaturatingAdd(record.size, part.size);
    record.alignment = std::max(record.alignment, part.alignment);
  }
  record.size = AlignTo(record.size, record.alignment);
  return record;
}

// The payload that all cases share the place of: as large and as aligned as each needs.
Extent PayloadExtent(const std::vector<Field>& cases, ExtentOf extent_of) {
  Extent payload;
  for (const Field& c : cases) {
    if (c.type == nullptr) continue;
    const Extent part = extent_of(*c.type);
    payload.size = std::max(payload.size, part.size);
    payload.alignment = std::max(payload.alignment, part.alignment);
  }
  return payload;
}

// Spec: CanonicalABI.md#element-size (elem_size_variant)
Extent VariantExtent(uint8_t discriminant_size, const Extent& payload) {
  Extent variant;
  variant.alignment = std::max<uint64_t>(discriminant_size, payload.alignment);
  variant.size = SaturatingAdd(AlignTo(discriminant_size, payload.alignment), payload.size);
  variant.size = AlignTo(variant.size, variant.alignment);
  return variant;
}

}  // namespace

void TypeBuilder::Measure() {
  const Kind kind = type_->kind_;
  type_->contains_borrow_ = kind == Kind::kBorrow;
  type_->contains_resource_ = kind == Kind::kBorrow || kind == Kind::kOwn;
  type_->contains_pointer_ = kind == Kind::kString || kind == Kind::kList || kind == Kind::kMap;
  const bool in_memory = kind != Kind::kStream && kind != Kind::kFuture;
  for (const Field& field : type_->fields_) {
    if (field.type == nullptr) {
      type_->node_count_ = SaturatingAdd(type_->node_count_, 1);
      continue;
    }
    const Type& part = *field.type;
    type_->node_count_ = SaturatingAdd(type_->node_count_, part.node_count_);
    type_->depth_ = std::max(type_->depth_, part.depth_ + 1);
    type_->contains_borrow_ |= part.contains_borrow_;
    type_->contains_resource_ |= part.contains_resource_;
    type_->contains_pointer_ |= in_memory && part.contains_pointer_;
  }
}

void TypeBuilder::LayOutAs(Extent extent32, Extent extent64) {
  type_->layout_.size = extent32.size;
  type_->layout_.alignment = static_cast<uint32_t>(extent32.alignment);
  type_->size64_ = extent64.size;
  type_->alignment64_ = static_cast<uint32_t>(extent64.alignment);
}

// Spec: CanonicalABI.md#element-size (elem_size_list)
void TypeBuilder::LayOutFixedList() {
  Extent extent32 = Extent32(*type_->element());
  Extent extent64 = Extent64(*type_->element());
  extent32.size = SaturatingMultiply(extent32.size, type_->length_);
  extent64.size = SaturatingMultiply(extent64.size, type_->length_);
  LayOutAs(extent32, extent64);
}

void TypeBuilder::LayOutVariant() {
  Layout& layout = type_->layout_;
  const Extent payload32 = PayloadExtent(type_->fields_, Extent32);
  const Extent payload64 = PayloadExtent(type_->fields_, Extent64);
  layout.discriminant_size = DiscriminantSize(type_->fields_.size());
  layout.payload_offset =
      static_cast<uint32_t>(AlignTo(layout.discriminant_size, payload32.alignment));
  LayOutAs(VariantExtent(layout.discriminant_size, payload32),
           VariantExtent(layout.discriminant_size, payload64));
}

// Spec: CanonicalABI.md#alignment, #element-size
void TypeBuilder::LayOut() {
  switch (type_->kind_) {
    case Kind::kString:
    case Kind::kList:
    case Kind::kMap:
      return LayOutAs({.size = 8, .alignment = 4}, {.size = 16, .alignment = 8});
    case Kind::kRecord:
    case Kind::kTuple:
      return LayOutAs(RecordExtent(type_->fields_, Extent32, &type_->layout_.offsets),
                      RecordExtent(type_->fields_, Extent64, nullptr));
    case Kind::kVariant:
    case Kind::kEnum:
    case Kind::kOption:
    case Kind::kResult:
      return LayOutVariant();
    case Kind::kFixedList:
      return LayOutFixedList();
    case Kind::kFlags: {
      const uint64_t bytes = FlagsSize(type_->fields_.size());
      return LayOutAs({.size = bytes, .alignment = bytes}, {.size = bytes, .alignment = bytes});
    }
    default: {
      const uint64_t bytes = FixedWidth(type_->kind_);
      return LayOutAs({.size = bytes, .alignment = bytes}, {.size = bytes, .alignment = bytes});
    }
  }
}

// Spec: CanonicalABI.md#flattening (flatten_variant)
void TypeBuilder::FlattenVariant() {
  std::vector<CoreType>& flat = type_->flat_;
  flat.push_back(CoreType::kI32);
  for (const Field& c : type_->fields_) {
    if (c.type == nullptr) continue;
    const std::vector<CoreType>& payload = c.type->flat();
    for (size_t i = 0; i < payload.size() && i + 1 < kFlatCut; ++i) {
      if (i + 1 < flat.size()) {
        flat[i + 1] = Join(flat[i + 1], payload[i]);
      } else {
        flat.push_back(payload[i]);
      }
    }
  }
}

// Spec: CanonicalABI.md#flattening (flatten_type)
void TypeBuilder::FlattenType() {
  std::vector<CoreType>& flat = type_->flat_;
  switch (type_->kind_) {
    case Kind::kString:
    case Kind::kList:
    case Kind::kMap:
      flat = {CoreType::kI32, CoreType::kI32};
      return;
    case Kind::kRecord:
    case Kind::kTuple:
      for (const Field& field : type_->fields_) AppendFlat(flat, field.type->flat());
      return;
    case Kind::kVariant:
    case Kind::kEnum:
    case Kind::kOption:
    case Kind::kResult:
      return FlattenVariant();
    case Kind::kFixedList:
      // An element has at least one flat value, so that kFlatCut of them are enough.
      for (size_t i = 0; i < std::min<size_t>(type_->length_, kFlatCut); ++i) {
        AppendFlat(flat, type_->element()->flat());
      }
      return;
    default:
      flat = {FlatScalar(type_->kind_)};
      return;
  }
}

}  // namespace davit::types
