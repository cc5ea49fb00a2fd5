#include "runtime/types/type.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/log/absl_check.h"
#include "runtime/base/limits.h"

namespace davit::types {
namespace {

// Flattening is cut here: whoever has more flat values passes a pointer.
constexpr size_t kFlatCut = base::kMaxFlatParams + 1;

// Types up to this depth destroy their parts recursively; deeper ones never pass validation.
constexpr uint32_t kMaxRecursiveDepth = base::kMaxTypeDepth;

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

// What a type occupies in a memory of some pointer size.
struct Extent {
  uint64_t size = 0;
  uint64_t alignment = 1;
};

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

// Fills in a type that nobody else sees yet.
class TypeBuilder {
 public:
  explicit TypeBuilder(Kind kind) : type_(new Type()) { type_->kind_ = kind; }

  TypeBuilder& Fields(std::vector<Field> fields) {
    type_->fields_ = std::move(fields);
    return *this;
  }
  TypeBuilder& Element(TypePtr element) {
    type_->fields_.push_back(Field{.name = {}, .type = std::move(element)});
    return *this;
  }
  TypeBuilder& Length(uint32_t length) {
    type_->length_ = length;
    return *this;
  }
  TypeBuilder& Resource(ResourceId resource) {
    type_->resource_ = resource;
    return *this;
  }
  TypeBuilder& Entry(TypePtr entry) {
    type_->entry_ = std::move(entry);
    return *this;
  }

  TypePtr Build() {
    Measure();
    LayOut();
    FlattenType();
    return std::move(type_);
  }

 private:
  void Measure();
  void LayOut();
  void LayOutAs(Extent extent32, Extent extent64);
  void LayOutFixedList();
  void LayOutVariant();
  void FlattenType();
  void FlattenVariant();

  std::shared_ptr<Type> type_;
};

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

Type::~Type() {
  if (depth_ <= kMaxRecursiveDepth) return;
  // The outermost deep type on this thread collects the parts of those that die within it.
  thread_local std::vector<TypePtr>* dying = nullptr;
  std::vector<TypePtr> mine;
  const bool outermost = dying == nullptr;
  if (outermost) dying = &mine;
  for (Field& field : fields_) dying->push_back(std::move(field.type));
  dying->push_back(std::move(entry_));
  if (!outermost) return;
  while (!mine.empty()) {
    const TypePtr part = std::move(mine.back());
    mine.pop_back();
  }
  dying = nullptr;
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return "bool";
    case Kind::kS8:
      return "s8";
    case Kind::kU8:
      return "u8";
    case Kind::kS16:
      return "s16";
    case Kind::kU16:
      return "u16";
    case Kind::kS32:
      return "s32";
    case Kind::kU32:
      return "u32";
    case Kind::kS64:
      return "s64";
    case Kind::kU64:
      return "u64";
    case Kind::kF32:
      return "f32";
    case Kind::kF64:
      return "f64";
    case Kind::kChar:
      return "char";
    case Kind::kString:
      return "string";
    case Kind::kErrorContext:
      return "error-context";
    case Kind::kRecord:
      return "record";
    case Kind::kTuple:
      return "tuple";
    case Kind::kVariant:
      return "variant";
    case Kind::kEnum:
      return "enum";
    case Kind::kOption:
      return "option";
    case Kind::kResult:
      return "result";
    case Kind::kFlags:
      return "flags";
    case Kind::kList:
    case Kind::kFixedList:
      return "list";
    case Kind::kMap:
      return "map";
    case Kind::kOwn:
      return "own";
    case Kind::kBorrow:
      return "borrow";
    case Kind::kStream:
      return "stream";
    case Kind::kFuture:
      return "future";
  }
  return "unknown";
}

TypePtr Primitive(Kind kind) {
  static constexpr size_t kCount = static_cast<size_t>(Kind::kErrorContext) + 1;
  static const auto* const kPrimitives = [] {
    auto* primitives = new std::array<TypePtr, kCount>();
    for (size_t i = 0; i < kCount; ++i) {
      (*primitives)[i] = TypeBuilder(static_cast<Kind>(i)).Build();
    }
    return primitives;
  }();
  ABSL_DCHECK(IsPrimitive(kind));
  return (*kPrimitives)[static_cast<size_t>(kind) % kCount];
}

TypePtr Record(std::vector<Field> fields) {
  return TypeBuilder(Kind::kRecord).Fields(std::move(fields)).Build();
}

TypePtr Tuple(std::vector<TypePtr> members) {
  TypeBuilder builder(Kind::kTuple);
  for (TypePtr& member : members) builder.Element(std::move(member));
  return builder.Build();
}

TypePtr Variant(std::vector<Field> cases) {
  return TypeBuilder(Kind::kVariant).Fields(std::move(cases)).Build();
}

namespace {

std::vector<Field> Labels(std::vector<std::string> names) {
  std::vector<Field> fields;
  fields.reserve(names.size());
  for (std::string& name : names) fields.push_back({.name = std::move(name), .type = nullptr});
  return fields;
}

}  // namespace

TypePtr Enum(std::vector<std::string> cases) {
  return TypeBuilder(Kind::kEnum).Fields(Labels(std::move(cases))).Build();
}

TypePtr Flags(std::vector<std::string> labels) {
  return TypeBuilder(Kind::kFlags).Fields(Labels(std::move(labels))).Build();
}

TypePtr Option(TypePtr some) { return TypeBuilder(Kind::kOption).Element(std::move(some)).Build(); }

TypePtr Result(TypePtr ok, TypePtr err) {
  return TypeBuilder(Kind::kResult).Element(std::move(ok)).Element(std::move(err)).Build();
}

TypePtr List(TypePtr element) {
  return TypeBuilder(Kind::kList).Element(std::move(element)).Build();
}

TypePtr FixedList(TypePtr element, uint32_t length) {
  return TypeBuilder(Kind::kFixedList).Element(std::move(element)).Length(length).Build();
}

TypePtr Map(TypePtr key, TypePtr value) {
  TypePtr entry = Tuple({key, value});
  return TypeBuilder(Kind::kMap)
      .Element(std::move(key))
      .Element(std::move(value))
      .Entry(std::move(entry))
      .Build();
}

TypePtr Own(ResourceId resource) { return TypeBuilder(Kind::kOwn).Resource(resource).Build(); }

TypePtr Borrow(ResourceId resource) {
  return TypeBuilder(Kind::kBorrow).Resource(resource).Build();
}

TypePtr Stream(TypePtr element) {
  return TypeBuilder(Kind::kStream).Element(std::move(element)).Build();
}

TypePtr Future(TypePtr element) {
  return TypeBuilder(Kind::kFuture).Element(std::move(element)).Build();
}

namespace {

// Everything but the types of the fields.
bool EqualAtTop(const Type& a, const Type& b) {
  return a.kind() == b.kind() && a.length() == b.length() && a.resource() == b.resource() &&
         a.depth() == b.depth() && a.node_count() == b.node_count() &&
         std::equal(a.fields().begin(), a.fields().end(), b.fields().begin(), b.fields().end(),
                    [](const Field& x, const Field& y) {
                      return x.name == y.name && (x.type == nullptr) == (y.type == nullptr);
                    });
}

}  // namespace

bool Equal(const Type& a, const Type& b) {
  std::vector<std::pair<const Type*, const Type*>> pending = {{&a, &b}};
  while (!pending.empty()) {
    const auto [x, y] = pending.back();
    pending.pop_back();
    if (x == y) continue;
    if (!EqualAtTop(*x, *y)) return false;
    for (size_t i = 0; i < x->fields().size(); ++i) {
      if (x->fields()[i].type == nullptr) continue;
      pending.emplace_back(x->fields()[i].type.get(), y->fields()[i].type.get());
    }
  }
  return true;
}

bool Equal(const TypePtr& a, const TypePtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return Equal(*a, *b);
}

bool Equal(const FuncType& a, const FuncType& b) {
  return a.is_async == b.is_async && Equal(a.result, b.result) &&
         std::equal(a.params.begin(), a.params.end(), b.params.begin(), b.params.end(),
                    [](const Param& x, const Param& y) {
                      return x.name == y.name && Equal(x.type, y.type);
                    });
}

CoreSignature Flatten(const FuncType& type, Direction direction) {
  CoreSignature signature;
  for (const Param& param : type.params) AppendFlat(signature.params, param.type->flat());
  if (signature.params.size() > base::kMaxFlatParams) signature.params = {CoreType::kI32};
  if (type.result == nullptr) return signature;
  if (type.result->flat().size() <= base::kMaxFlatResults) {
    signature.results = type.result->flat();
  } else if (direction == Direction::kLift) {
    signature.results = {CoreType::kI32};
  } else {
    signature.params.push_back(CoreType::kI32);
  }
  return signature;
}

}  // namespace davit::types
