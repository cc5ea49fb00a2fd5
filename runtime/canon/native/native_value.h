#ifndef DAVIT_RUNTIME_CANON_NATIVE_NATIVE_VALUE_H_
#define DAVIT_RUNTIME_CANON_NATIVE_NATIVE_VALUE_H_

#include <array>
#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/canon/lift.h"
#include "runtime/canon/lower.h"
#include "runtime/canon/native/native_traits.h"
#include "runtime/canon/native/resource_tags.h"
#include "runtime/canon/plan.h"
#include "runtime/canon/walk.h"
#include "runtime/types/type.h"

// How each C++ type is matched, checked, lowered and lifted. native.h is the API.
namespace davit::canon::native {

// Each Native<T> has
//   kChecked                  whether values of T can be wrong although their type is right
//   Match(type, tags)         OK when T represents the WIT type, else INVALID_ARGUMENT
//   Check(value)              OK, or why the value must not be lowered; needed if kChecked
//   Lower(node, value, sink)  errors as of LowerSink
//   Lift(node, source, out)   errors as of LiftSource; types that only view have none
// REQUIRES for Lower and Lift: Match() of the type of `node`, Check() of the value.
template <typename T>
struct Native;

// Which resources are the host's; null where nobody knows.
using Tags = const ResourceTags*;
using types::Kind;

inline absl::Status Mismatch(std::string_view want, const types::Type& type) {
  return absl::InvalidArgumentError(
      absl::StrCat("the C++ type is for ", want, ", not for ", types::KindName(type.kind())));
}

inline absl::Status MatchKind(Kind want, const types::Type& type) {
  return type.kind() == want ? absl::OkStatus() : Mismatch(types::KindName(want), type);
}

// The match of a part that may be absent, which std::monostate and void stand for.
template <typename T>
absl::Status MatchPart(const types::TypePtr& type, Tags tags) {
  constexpr bool kIsAbsent = std::is_void_v<T> || std::same_as<T, std::monostate>;
  if constexpr (kIsAbsent) {
    return type == nullptr ? absl::OkStatus() : Mismatch("no payload", *type);
  } else {
    if (type == nullptr) return absl::InvalidArgumentError("the WIT type has no payload here");
    return Native<T>::Match(*type, tags);
  }
}

// ---- Numbers, bool, char ----

template <typename T>
concept Number = std::same_as<T, int8_t> || std::same_as<T, uint8_t> || std::same_as<T, int16_t> ||
                 std::same_as<T, uint16_t> || std::same_as<T, int32_t> ||
                 std::same_as<T, uint32_t> || std::same_as<T, int64_t> ||
                 std::same_as<T, uint64_t> || std::same_as<T, float> || std::same_as<T, double>;

template <Number T>
constexpr Kind KindOfNumber() {
  if constexpr (std::same_as<T, float>) return Kind::kF32;
  if constexpr (std::same_as<T, double>) return Kind::kF64;
  if constexpr (sizeof(T) == 1) return std::is_signed_v<T> ? Kind::kS8 : Kind::kU8;
  if constexpr (sizeof(T) == 2) return std::is_signed_v<T> ? Kind::kS16 : Kind::kU16;
  if constexpr (sizeof(T) == 4) return std::is_signed_v<T> ? Kind::kS32 : Kind::kU32;
  return std::is_signed_v<T> ? Kind::kS64 : Kind::kU64;
}

template <Number T>
struct Native<T> {
  static constexpr bool kChecked = false;
  static absl::Status Match(const types::Type& type, Tags /*tags*/) {
    return MatchKind(KindOfNumber<T>(), type);
  }
  template <typename Sink>
  static absl::Status Lower(const Node& /*node*/, T value, Sink sink) {
    sink.Number(value);
    return absl::OkStatus();
  }
  template <typename Source>
  static absl::Status Lift(const Node& /*node*/, Source source, T& out) {
    out = source.template Number<T>();
    return absl::OkStatus();
  }
};

template <>
struct Native<bool> {
  static constexpr bool kChecked = false;
  static absl::Status Match(const types::Type& type, Tags /*tags*/) {
    return MatchKind(Kind::kBool, type);
  }
  template <typename Sink>
  static absl::Status Lower(const Node& /*node*/, bool value, Sink sink) {
    sink.Bool(value);
    return absl::OkStatus();
  }
  template <typename Source>
  static absl::Status Lift(const Node& /*node*/, Source source, bool& out) {
    out = source.Bool();
    return absl::OkStatus();
  }
};

template <>
struct Native<char32_t> {
  static constexpr bool kChecked = true;
  static absl::Status Match(const types::Type& type, Tags /*tags*/) {
    return MatchKind(Kind::kChar, type);
  }
  static absl::Status Check(char32_t value) {
    if (IsScalarValue(value)) return absl::OkStatus();
    return absl::InvalidArgumentError("a char is not a Unicode scalar value");
  }
  template <typename Sink>
  static absl::Status Lower(const Node& /*node*/, char32_t value, Sink sink) {
    sink.Char(value);
    return absl::OkStatus();
  }
  template <typename Source>
  static absl::Status Lift(const Node& /*node*/, Source source, char32_t& out) {
    DAVIT_ASSIGN_OR_RETURN(out, source.Char());
    return absl::OkStatus();
  }
};

// ---- Strings ----

template <typename T>
  requires std::same_as<T, std::string> || std::same_as<T, std::string_view>
struct Native<T> {
  static constexpr bool kChecked = true;
  static absl::Status Match(const types::Type& type, Tags /*tags*/) {
    return MatchKind(Kind::kString, type);
  }
  static absl::Status Check(std::string_view value) {
    if (value.size() > base::kMaxStringByteLength) {
      return absl::InvalidArgumentError("a string is longer than 2^28-1 bytes");
    }
    if (IsValidUtf8(value)) return absl::OkStatus();
    return absl::InvalidArgumentError("a string is not valid UTF-8");
  }
  template <typename Sink>
  static absl::Status Lower(const Node& /*node*/, std::string_view value, Sink sink) {
    return sink.String(Text::OfHost(value));
  }
  template <typename Source>
  static absl::Status Lift(const Node& /*node*/, Source source, std::string& out)
    requires std::same_as<T, std::string>
  {
    DAVIT_ASSIGN_OR_RETURN(const Text text, source.String());
    return AssignUtf8(source.lifting(), text, out);
  }
};

// ---- Lists ----

// What std::vector and std::span have in common.
template <typename List, typename Item>
struct NativeList {
  // bool and char are bytes of other meaning in memory than in C++.
  static constexpr bool kIsBytes = Number<Item>;
  static constexpr bool kChecked = true;

  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kList, type));
    return MatchPart<Item>(type.element(), tags);
  }
  static absl::Status Check(const List& list) {
    if (list.size() > base::kMaxListByteLength) {
      return absl::InvalidArgumentError("a list is longer than 2^28-1 bytes");
    }
    if constexpr (Native<Item>::kChecked) {
      for (const auto& item : list) DAVIT_RETURN_IF_ERROR(Native<Item>::Check(item));
    }
    return absl::OkStatus();
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, const List& list, Sink sink) {
    const auto size = static_cast<uint32_t>(list.size());
    DAVIT_ASSIGN_OR_RETURN(const auto out, sink.List(node, size));
    if constexpr (kIsBytes) {
      if (Item* const to = out.template Numbers<Item>()) CopyNumbers(list.data(), to, size);
    } else {
      for (uint32_t i = 0; i < size; ++i) {
        const Item& item = list[i];
        DAVIT_RETURN_IF_ERROR(Native<Item>::Lower(*node.element, item, out.Item(i)));
      }
    }
    return absl::OkStatus();
  }
};

template <typename Item>
struct Native<std::span<const Item>> : NativeList<std::span<const Item>, Item> {
  // A view of the guest's memory, wild as soon as guest code runs. Numbers only: nothing else lies
  // in memory as it does in C++.
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, std::span<const Item>& out)
    requires Number<Item>
  {
    DAVIT_ASSIGN_OR_RETURN(const auto items, source.List(node));
    DAVIT_RETURN_IF_ERROR(source.lifting().Charge(uint64_t{items.size()} * sizeof(Item)));
    out = {items.template Numbers<Item>(), items.size()};
    return absl::OkStatus();
  }
};

template <typename Item>
struct Native<std::vector<Item>> : NativeList<std::vector<Item>, Item> {
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, std::vector<Item>& out) {
    DAVIT_ASSIGN_OR_RETURN(const auto items, source.List(node));
    DAVIT_RETURN_IF_ERROR(source.lifting().Charge(uint64_t{items.size()} * sizeof(Item)));
    if constexpr (Number<Item>) {
      const Item* numbers = items.template Numbers<Item>();
      out.assign(numbers, numbers + items.size());
      return absl::OkStatus();
    } else {
      return LiftItems(*node.element, items, out);
    }
  }

 private:
  template <typename Items>
  static absl::Status LiftItems(const Node& element, const Items& items, std::vector<Item>& out) {
    out.clear();
    out.reserve(items.size());
    return ForEachItem(element, items.steps(), items.size(), [&](uint32_t i) -> absl::Status {
      Item item{};
      DAVIT_RETURN_IF_ERROR(Native<Item>::Lift(element, items.Item(i), item));
      out.push_back(std::move(item));
      return absl::OkStatus();
    });
  }
};

// ---- Tuples, records, maps' entries: parts one after the other ----

template <typename T>
using Plain = std::remove_cvref_t<T>;

// Each function takes a std::tuple of values or of references.
template <typename... T>
absl::Status CheckEach(const std::tuple<T...>& values) {
  absl::Status status;
  const auto check = [&status]<typename U>(const U& value) {
    if constexpr (Native<U>::kChecked) status = Native<U>::Check(value);
    return status.ok();
  };
  std::apply([&](const auto&... value) { static_cast<void>((check(value) && ...)); }, values);
  return status;
}

template <typename Parts, typename... T>
absl::Status LowerEach(const Node& node, const Parts& parts, const std::tuple<T...>& values) {
  absl::Status status;
  uint32_t i = 0;
  const auto lower = [&]<typename U>(const U& value) {
    status = Native<U>::Lower(*node.members[i].node, value, parts.Part(i));
    ++i;
    return status.ok();
  };
  std::apply([&](const auto&... value) { static_cast<void>((lower(value) && ...)); }, values);
  return status;
}

// Not const: of references that are written through, or of values.
template <typename Parts, typename Values>
absl::Status LiftEach(const Node& node, const Parts& parts, Values&& values) {
  absl::Status status;
  uint32_t i = 0;
  const auto lift = [&]<typename U>(U& value) {
    status = Native<U>::Lift(*node.members[i].node, parts.Part(i), value);
    ++i;
    return status.ok();
  };
  std::apply([&](auto&... value) { static_cast<void>((lift(value) && ...)); }, values);
  return status;
}

template <typename Tuple>
struct MatchFields;
template <typename... T>
struct MatchFields<std::tuple<T...>> {
  static absl::Status Of(const std::vector<types::Field>& fields, [[maybe_unused]] Tags tags) {
    if (fields.size() != sizeof...(T)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the C++ type has ", sizeof...(T), " parts, the WIT type ", fields.size()));
    }
    absl::Status status;
    [[maybe_unused]] size_t i = 0;
    static_cast<void>(((status = MatchPart<Plain<T>>(fields[i++].type, tags)).ok() && ...));
    return status;
  }
};

template <typename... T>
struct Native<std::tuple<T...>> {
  static constexpr bool kChecked = (Native<T>::kChecked || ...);
  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kTuple, type));
    return MatchFields<std::tuple<T...>>::Of(type.fields(), tags);
  }
  static absl::Status Check(const std::tuple<T...>& value) { return CheckEach(value); }
  template <typename Sink>
  static absl::Status Lower(const Node& node, const std::tuple<T...>& value, Sink sink) {
    return LowerEach(node, sink.Tuple(node), value);
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, std::tuple<T...>& out) {
    return LiftEach(node, source.Tuple(node), out);
  }
};

template <typename Names>
absl::Status MatchNames(const Names& names, const std::vector<types::Field>& fields) {
  for (size_t i = 0; i < fields.size() && i < names.size(); ++i) {
    if (fields[i].name == names[i]) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the C++ type has ", names[i], " where the WIT type has ", fields[i].name));
  }
  if (names.size() == fields.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the C++ type has ", names.size(), " names, the WIT type ", fields.size()));
}

template <RecordType T>
struct Native<T> {
  using Traits = RecordTraits<T>;
  using Ties = decltype(Traits::Tie(std::declval<T&>()));
  static_assert(std::tuple_size_v<Ties> == Traits::kNames.size());

  static constexpr bool kChecked = true;
  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kRecord, type));
    DAVIT_RETURN_IF_ERROR(MatchNames(Traits::kNames, type.fields()));
    return MatchFields<Ties>::Of(type.fields(), tags);
  }
  static absl::Status Check(const T& value) { return CheckEach(Traits::Tie(value)); }
  template <typename Sink>
  static absl::Status Lower(const Node& node, const T& value, Sink sink) {
    return LowerEach(node, sink.Record(node), Traits::Tie(value));
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, T& out) {
    return LiftEach(node, source.Record(node), Traits::Tie(out));
  }
};

template <typename Key, typename Value>
struct Native<std::vector<std::pair<Key, Value>>> {
  using Map = std::vector<std::pair<Key, Value>>;

  static constexpr bool kChecked = true;
  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kMap, type));
    return MatchFields<std::tuple<Key, Value>>::Of(type.fields(), tags);
  }
  static absl::Status Check(const Map& map) {
    if (map.size() > base::kMaxListByteLength) {
      return absl::InvalidArgumentError("a map is longer than 2^28-1 bytes");
    }
    for (const auto& [key, value] : map) DAVIT_RETURN_IF_ERROR(CheckEach(std::tie(key, value)));
    return absl::OkStatus();
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, const Map& map, Sink sink) {
    DAVIT_ASSIGN_OR_RETURN(const auto out, sink.Map(node, static_cast<uint32_t>(map.size())));
    for (uint32_t i = 0; i < map.size(); ++i) {
      const auto& [key, value] = map[i];
      DAVIT_RETURN_IF_ERROR(LowerEach(*node.element, out.Entry(i), std::tie(key, value)));
    }
    return absl::OkStatus();
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, Map& out) {
    DAVIT_ASSIGN_OR_RETURN(const auto items, source.Map(node));
    DAVIT_RETURN_IF_ERROR(
        source.lifting().Charge(uint64_t{items.size()} * sizeof(std::pair<Key, Value>)));
    out.clear();
    out.resize(items.size());
    return ForEachItem(*node.element, items.steps(), items.size(), [&](uint32_t i) {
      auto& [key, value] = out[i];
      return LiftEach(*node.element, items.Entry(i), std::tie(key, value));
    });
  }
};

}  // namespace davit::canon::native

#endif  // DAVIT_RUNTIME_CANON_NATIVE_NATIVE_VALUE_H_
