#include "runtime/types/type.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/log/absl_check.h"
#include "runtime/base/limits.h"
#include "runtime/types/type_builder.h"

namespace davit::types {
namespace {

// Types up to this depth destroy their parts recursively; deeper ones never pass validation.
constexpr uint32_t kMaxRecursiveDepth = base::kMaxTypeDepth;

}  // namespace

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

}  // namespace davit::types
