#ifndef DAVIT_RUNTIME_CANON_NATIVE_NATIVE_VARIANT_H_
#define DAVIT_RUNTIME_CANON_NATIVE_NATIVE_VARIANT_H_

#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "runtime/canon/native/native_value.h"

// The C++ types for variants, enums, flags, options, results and handles, as of native_value.h.
namespace davit::canon::native {

template <typename T>
struct Native<std::optional<T>> {
  static constexpr bool kChecked = Native<T>::kChecked;
  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kOption, type));
    return MatchPart<T>(type.element(), tags);
  }
  static absl::Status Check(const std::optional<T>& value) {
    return value.has_value() ? Native<T>::Check(*value) : absl::OkStatus();
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, const std::optional<T>& value, Sink sink) {
    const auto payload = sink.Choose(node, value.has_value() ? 1 : 0);
    if (!value.has_value()) return absl::OkStatus();
    return Native<T>::Lower(*node.members[1].node, *value, payload);
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, std::optional<T>& out) {
    DAVIT_ASSIGN_OR_RETURN(const auto choice, source.Choose(node));
    if (choice.index == 0) {
      out.reset();
      return absl::OkStatus();
    }
    return Native<T>::Lift(*node.members[1].node, choice.payload, out.emplace());
  }
};

// A payload that std::monostate and void stand for does not exist.
template <typename T>
inline constexpr bool kHasPayload = !std::is_void_v<T> && !std::same_as<T, std::monostate>;
template <typename T>
constexpr bool IsChecked() {
  if constexpr (kHasPayload<T>) return Native<T>::kChecked;
  return false;
}

template <typename T, typename E>
struct Native<std::expected<T, E>> {
  using Value = std::expected<T, E>;

  static constexpr bool kChecked = IsChecked<T>() || IsChecked<E>();
  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kResult, type));
    DAVIT_RETURN_IF_ERROR(MatchPart<T>(type.fields()[0].type, tags));
    return MatchPart<E>(type.fields()[1].type, tags);
  }
  static absl::Status Check(const Value& value) {
    if (value.has_value()) {
      if constexpr (IsChecked<T>()) return Native<T>::Check(*value);
    } else {
      if constexpr (IsChecked<E>()) return Native<E>::Check(value.error());
    }
    return absl::OkStatus();
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, const Value& value, Sink sink) {
    const auto payload = sink.Choose(node, value.has_value() ? 0 : 1);
    if (value.has_value()) {
      if constexpr (kHasPayload<T>) return Native<T>::Lower(*node.members[0].node, *value, payload);
    } else {
      if constexpr (kHasPayload<E>) {
        return Native<E>::Lower(*node.members[1].node, value.error(), payload);
      }
    }
    return absl::OkStatus();
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, Value& out) {
    DAVIT_ASSIGN_OR_RETURN(const auto choice, source.Choose(node));
    if (choice.index == 1) return LiftError(node, choice.payload, out);
    if constexpr (std::is_void_v<T>) {
      out = Value();
    } else {
      T payload{};
      if constexpr (kHasPayload<T>) {
        DAVIT_RETURN_IF_ERROR(Native<T>::Lift(*node.members[0].node, choice.payload, payload));
      }
      out = Value(std::move(payload));
    }
    return absl::OkStatus();
  }

 private:
  template <typename Source>
  static absl::Status LiftError(const Node& node, Source source, Value& out) {
    E error{};
    if constexpr (kHasPayload<E>) {
      DAVIT_RETURN_IF_ERROR(Native<E>::Lift(*node.members[1].node, source, error));
    }
    out = std::unexpected(std::move(error));
    return absl::OkStatus();
  }
};

// The n-th alternative is the n-th case; std::monostate is a case without payload. Case names are
// not part of the C++ type and not matched.
template <typename... T>
struct Native<std::variant<T...>> {
  using Value = std::variant<T...>;

  static constexpr bool kChecked = true;
  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kVariant, type));
    return MatchFields<std::tuple<T...>>::Of(type.fields(), tags);
  }
  static absl::Status Check(const Value& value) {
    if (value.valueless_by_exception()) return absl::InvalidArgumentError("a variant is empty");
    return std::visit(
        []<typename U>(const U& payload) {
          if constexpr (IsChecked<U>()) return Native<U>::Check(payload);
          return absl::OkStatus();
        },
        value);
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, const Value& value, Sink sink) {
    const auto index = static_cast<uint32_t>(value.index());
    const auto out = sink.Choose(node, index);
    return std::visit(
        [&]<typename U>(const U& payload) {
          if constexpr (kHasPayload<U>) {
            return Native<U>::Lower(*node.members[index].node, payload, out);
          }
          return absl::OkStatus();
        },
        value);
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, Value& out) {
    DAVIT_ASSIGN_OR_RETURN(const auto choice, source.Choose(node));
    return LiftChosen(node, choice, out, std::index_sequence_for<T...>());
  }

 private:
  template <typename Choice, size_t... kIndex>
  static absl::Status LiftChosen(const Node& node, const Choice& choice, Value& out,
                                 std::index_sequence<kIndex...>) {
    absl::Status status;
    static_cast<void>(
        ((choice.index == kIndex && (status = LiftCase<kIndex>(node, choice, out), true)) || ...));
    return status;
  }
  template <size_t kIndex, typename Choice>
  static absl::Status LiftCase(const Node& node, const Choice& choice, Value& out) {
    using U = std::variant_alternative_t<kIndex, Value>;
    U& payload = out.template emplace<kIndex>();
    if constexpr (kHasPayload<U>) {
      return Native<U>::Lift(*node.members[kIndex].node, choice.payload, payload);
    }
    return absl::OkStatus();
  }
};

template <VariantType T>
struct Native<T> {
  using Traits = VariantTraits<T>;
  using Payloads = std::remove_cvref_t<decltype(Traits::Payloads(std::declval<T&>()))>;
  static_assert(std::variant_size_v<Payloads> == Traits::kNames.size());

  static constexpr bool kChecked = true;
  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kVariant, type));
    DAVIT_RETURN_IF_ERROR(MatchNames(Traits::kNames, type.fields()));
    return Native<Payloads>::Match(type, tags);
  }
  static absl::Status Check(const T& value) {
    return Native<Payloads>::Check(Traits::Payloads(value));
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, const T& value, Sink sink) {
    return Native<Payloads>::Lower(node, Traits::Payloads(value), sink);
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, T& out) {
    return Native<Payloads>::Lift(node, source, Traits::Payloads(out));
  }
};

template <EnumType T>
struct Native<T> {
  static constexpr bool kChecked = true;
  static absl::Status Match(const types::Type& type, Tags /*tags*/) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kEnum, type));
    return MatchNames(EnumTraits<T>::kNames, type.fields());
  }
  static absl::Status Check(T value) {
    if (static_cast<uint64_t>(std::to_underlying(value)) < EnumTraits<T>::kNames.size()) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError("an enum has a value that is no case");
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, T value, Sink sink) {
    sink.Choose(node, static_cast<uint32_t>(value));
    return absl::OkStatus();
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, T& out) {
    DAVIT_ASSIGN_OR_RETURN(const auto choice, source.Choose(node));
    out = static_cast<T>(choice.index);
    return absl::OkStatus();
  }
};

template <FlagsType T>
struct Native<T> {
  static constexpr bool kChecked = false;
  static absl::Status Match(const types::Type& type, Tags /*tags*/) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kFlags, type));
    return MatchNames(FlagsTraits<T>::kNames, type.fields());
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, T value, Sink sink) {
    sink.Flags(node, static_cast<uint32_t>(value) & node.label_mask);
    return absl::OkStatus();
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, T& out) {
    out = static_cast<T>(source.Flags(node));
    return absl::OkStatus();
  }
};

inline absl::Status MatchTag(ResourceTag tag, const types::Type& type, Tags tags) {
  if (tags != nullptr) return tags->Match(type.resource(), tag);
  return absl::InvalidArgumentError("the C++ type is for a resource type of the host");
}

// Of any resource type: who uses them tells the reps apart.
template <typename T>
struct NativeOwn {
  static constexpr bool kChecked = false;
  static absl::Status Match(const types::Type& type, Tags /*tags*/) {
    return MatchKind(Kind::kOwn, type);
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, T value, Sink sink) {
    return sink.Own(node, value.rep);
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, T& out) {
    DAVIT_ASSIGN_OR_RETURN(out.rep, source.Own(node));
    return absl::OkStatus();
  }
};

template <typename T>
struct NativeBorrow {
  static constexpr bool kChecked = false;
  static absl::Status Match(const types::Type& type, Tags /*tags*/) {
    return MatchKind(Kind::kBorrow, type);
  }
  template <typename Sink>
  static absl::Status Lower(const Node& node, T value, Sink sink) {
    return sink.Borrow(node, value.rep);
  }
  template <typename Source>
  static absl::Status Lift(const Node& node, Source source, T& out) {
    DAVIT_ASSIGN_OR_RETURN(out.rep, source.Borrow(node));
    return absl::OkStatus();
  }
};

template <>
struct Native<OwnRep> : NativeOwn<OwnRep> {};
template <>
struct Native<BorrowRep> : NativeBorrow<BorrowRep> {};

template <typename T>
struct Native<Own<T>> : NativeOwn<Own<T>> {
  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kOwn, type));
    return MatchTag(ResourceTag::Of<T>(), type, tags);
  }
};
template <typename T>
struct Native<Borrow<T>> : NativeBorrow<Borrow<T>> {
  static absl::Status Match(const types::Type& type, Tags tags) {
    DAVIT_RETURN_IF_ERROR(MatchKind(Kind::kBorrow, type));
    return MatchTag(ResourceTag::Of<T>(), type, tags);
  }
};

}  // namespace davit::canon::native

#endif  // DAVIT_RUNTIME_CANON_NATIVE_NATIVE_VARIANT_H_
