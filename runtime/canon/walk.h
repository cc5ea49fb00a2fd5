#ifndef DAVIT_RUNTIME_CANON_WALK_H_
#define DAVIT_RUNTIME_CANON_WALK_H_

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "absl/status/status.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/canon/plan.h"
#include "runtime/canon/steps.h"

// The one walk over a value, from a source to a sink. A Val or a guest can be either:
//
//   lower      ValSource  -> LowerSink
//   lift       LiftSource -> ValSink
//   transfer   LiftSource -> LowerSink
//
// Sources and sinks have an operation for each kind of type, with the same names; lift.h and
// lower.h document them. What the Canonical ABI demands of a value is checked there.
namespace davit::canon {

template <typename Source, typename Sink>
absl::Status Walk(const Node& node, Source source, Sink sink);

// Calls `visit` with std::type_identity<T> of the C++ type of a fixed-width number.
// REQUIRES: IsFixedWidthNumber(kind).
template <typename Visit>
auto VisitNumber(types::Kind kind, Visit visit) {
  using types::Kind;
  switch (kind) {
    case Kind::kS8:
      return visit(std::type_identity<int8_t>());
    case Kind::kU8:
      return visit(std::type_identity<uint8_t>());
    case Kind::kS16:
      return visit(std::type_identity<int16_t>());
    case Kind::kU16:
      return visit(std::type_identity<uint16_t>());
    case Kind::kS32:
      return visit(std::type_identity<int32_t>());
    case Kind::kS64:
      return visit(std::type_identity<int64_t>());
    case Kind::kU64:
      return visit(std::type_identity<uint64_t>());
    case Kind::kF32:
      return visit(std::type_identity<float>());
    case Kind::kF64:
      return visit(std::type_identity<double>());
    default:
      return visit(std::type_identity<uint32_t>());
  }
}

// Calls `each` for 0 to `size` - 1 until it fails, and looks in between whether the run was ended.
template <typename Each>
absl::Status ForEachItem(const Node& element, Steps& steps, uint32_t size, Each each) {
  for (uint32_t i = 0; i < size;) {
    const uint32_t end = i + std::min(size - i, element.items_per_look);
    DAVIT_RETURN_IF_ERROR(steps.Take((end - i) * element.steps));
    for (; i < end; ++i) DAVIT_RETURN_IF_ERROR(each(i));
  }
  return absl::OkStatus();
}

// The same for pieces of adjacent items, of each of which `each` gets the bounds.
template <typename Each>
absl::Status ForEachPiece(uint32_t item_bytes, Steps& steps, uint32_t size, Each each) {
  constexpr uint32_t kPieceBytes = Steps::kPerLook * Steps::kBytesPerStep / 2;
  const uint32_t most = std::max(1u, kPieceBytes / item_bytes);
  for (uint32_t begin = 0; begin < size;) {
    const uint32_t end = begin + std::min(size - begin, most);
    DAVIT_RETURN_IF_ERROR(
        steps.Take(uint64_t{end - begin} * item_bytes / Steps::kBytesPerStep + 1));
    each(begin, end);
    begin = end;
  }
  return absl::OkStatus();
}

// Copies adjacent numbers; neither array need be aligned for more than its own type.
template <typename From, typename To>
void CopyNumbers(const From* from, To* to, uint32_t size) {
  if (size == 0) return;
  if constexpr (sizeof(From) == sizeof(To)) {
    std::memmove(to, from, uint64_t{size} * sizeof(To));
  } else {
    for (uint32_t i = 0; i < size; ++i) to[i] = static_cast<To>(from[i]);
  }
}

template <typename T, typename Items, typename Out>
absl::Status WalkNumbers(const Items& items, const Out& out, uint32_t size) {
  const auto* from = items.template Numbers<T>();
  auto* to = out.template Numbers<T>();
  return ForEachPiece(sizeof(T), items.steps(), size, [&](uint32_t begin, uint32_t end) {
    if (from != nullptr && to != nullptr) return CopyNumbers(from + begin, to + begin, end - begin);
    for (uint32_t i = begin; i < end; ++i) {
      const T value = from == nullptr ? items.template Number<T>(i) : static_cast<T>(from[i]);
      if (to != nullptr) {
        to[i] = value;
      } else if constexpr (requires { out.Number(i, value); }) {
        out.Number(i, value);
      }
    }
  });
}

// Whether both sides hold items as the bytes that linear memory has.
template <typename Items, typename Out>
concept BothInMemory = requires(const Items& items, const Out& out) {
  { items.Bytes() } -> std::same_as<const uint8_t*>;
  { out.Bytes() } -> std::same_as<uint8_t*>;
};

// Whether a sink, or where a list's items go, has no use for any value of a type.
template <typename Sink>
bool Skips(const Sink& sink, const Node& node) {
  if constexpr (requires { sink.Skips(node); }) return sink.Skips(node);
  return false;
}

template <typename Items, typename Out>
bool CanCopyBytes(const Node& element, const Items& items, const Out& out) {
  if constexpr (BothInMemory<Items, Out>) {
    return element.bitwise && items.Bytes() != nullptr && out.Bytes() != nullptr;
  }
  return false;
}

template <typename Items, typename Out>
absl::Status CopyBytes(const Node& element, const Items& items, const Out& out, uint32_t size) {
  if constexpr (BothInMemory<Items, Out>) {
    const uint8_t* const from = items.Bytes();
    uint8_t* const to = out.Bytes();
    return ForEachPiece(element.size, items.steps(), size, [&](uint32_t begin, uint32_t end) {
      std::memmove(to + uint64_t{begin} * element.size, from + uint64_t{begin} * element.size,
                   uint64_t{end - begin} * element.size);
    });
  }
  return absl::OkStatus();
}

template <typename Items, typename Out>
absl::Status WalkItems(const Node& element, const Items& items, const Out& out, uint32_t size) {
  if (Skips(out, element)) return absl::OkStatus();
  if (CanCopyBytes(element, items, out)) return CopyBytes(element, items, out, size);
  if (types::IsFixedWidthNumber(element.kind)) {
    return VisitNumber(element.kind, [&]<typename T>(std::type_identity<T>) {
      return WalkNumbers<T>(items, out, size);
    });
  }
  return ForEachItem(element, items.steps(), size,
                     [&](uint32_t i) { return Walk(element, items.Item(i), out.Item(i)); });
}

template <typename Parts, typename Out>
absl::Status WalkParts(const Node& node, const Parts& parts, const Out& out) {
  for (size_t i = 0; i < node.members.size(); ++i) {
    DAVIT_RETURN_IF_ERROR(Walk(*node.members[i].node, parts.Part(i), out.Part(i)));
  }
  return absl::OkStatus();
}

template <typename Source, typename Sink>
absl::Status WalkList(const Node& node, Source source, Sink sink) {
  DAVIT_ASSIGN_OR_RETURN(const auto items, source.List(node));
  DAVIT_ASSIGN_OR_RETURN(const auto out, sink.List(node, items.size()));
  return WalkItems(*node.element, items, out, items.size());
}

template <typename Source, typename Sink>
absl::Status WalkFixedList(const Node& node, Source source, Sink sink) {
  const auto items = source.FixedList(node);
  DAVIT_ASSIGN_OR_RETURN(const auto out, sink.FixedList(node));
  return WalkItems(*node.element, items, out, node.length);
}

template <typename Source, typename Sink>
absl::Status WalkMap(const Node& node, Source source, Sink sink) {
  DAVIT_ASSIGN_OR_RETURN(const auto items, source.Map(node));
  DAVIT_ASSIGN_OR_RETURN(const auto out, sink.Map(node, items.size()));
  return ForEachItem(*node.element, items.steps(), items.size(), [&](uint32_t i) {
    return WalkParts(*node.element, items.Entry(i), out.Entry(i));
  });
}

// Variants, enums, options and results. Spec: CanonicalABI.md#despecialization
template <typename Source, typename Sink>
absl::Status WalkVariant(const Node& node, Source source, Sink sink) {
  DAVIT_ASSIGN_OR_RETURN(const auto choice, source.Choose(node));
  const auto payload = sink.Choose(node, choice.index);
  const Node* type = node.members[choice.index].node;
  return type == nullptr ? absl::OkStatus() : Walk(*type, choice.payload, payload);
}

template <typename Source, typename Sink>
absl::Status WalkString(Source source, Sink sink) {
  DAVIT_ASSIGN_OR_RETURN(const auto text, source.String());
  return sink.String(text);
}

template <typename Source, typename Sink>
absl::Status WalkChar(Source source, Sink sink) {
  DAVIT_ASSIGN_OR_RETURN(const uint32_t c, source.Char());
  sink.Char(c);
  return absl::OkStatus();
}

template <typename Source, typename Sink>
absl::Status WalkHandle(const Node& node, Source source, Sink sink) {
  if (node.kind == types::Kind::kOwn) {
    DAVIT_ASSIGN_OR_RETURN(const auto rep, source.Own(node));
    return sink.Own(node, rep);
  }
  DAVIT_ASSIGN_OR_RETURN(const auto rep, source.Borrow(node));
  return sink.Borrow(node, rep);
}

// Takes one value of the type of `node` from `source` to `sink`. The depth of recursion is that of
// the type. On failure the sink has received a part of the value.
template <typename Source, typename Sink>
absl::Status Walk(const Node& node, Source source, Sink sink) {
  using types::Kind;
  if (Skips(sink, node)) return absl::OkStatus();
  switch (node.kind) {
    case Kind::kBool:
      sink.Bool(source.Bool());
      return absl::OkStatus();
    case Kind::kS8:
    case Kind::kU8:
    case Kind::kS16:
    case Kind::kU16:
    case Kind::kS32:
    case Kind::kU32:
    case Kind::kS64:
    case Kind::kU64:
    case Kind::kF32:
    case Kind::kF64:
      VisitNumber(node.kind, [&]<typename T>(std::type_identity<T>) {
        sink.template Number<T>(source.template Number<T>());
      });
      return absl::OkStatus();
    case Kind::kChar:
      return WalkChar(source, sink);
    case Kind::kString:
      return WalkString(source, sink);
    case Kind::kRecord:
      return WalkParts(node, source.Record(node), sink.Record(node));
    case Kind::kTuple:
      return WalkParts(node, source.Tuple(node), sink.Tuple(node));
    case Kind::kVariant:
    case Kind::kEnum:
    case Kind::kOption:
    case Kind::kResult:
      return WalkVariant(node, source, sink);
    case Kind::kFlags:
      sink.Flags(node, source.Flags(node));
      return absl::OkStatus();
    case Kind::kList:
      return WalkList(node, source, sink);
    case Kind::kFixedList:
      return WalkFixedList(node, source, sink);
    case Kind::kMap:
      return WalkMap(node, source, sink);
    case Kind::kOwn:
    case Kind::kBorrow:
      return WalkHandle(node, source, sink);
    case Kind::kErrorContext:
    case Kind::kStream:
    case Kind::kFuture:
      break;
  }
  return base::FeatureError(types::KindName(node.kind), "values of this type cannot be passed");
}

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_WALK_H_
