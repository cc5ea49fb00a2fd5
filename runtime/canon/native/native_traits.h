#ifndef DAVIT_RUNTIME_CANON_NATIVE_NATIVE_TRAITS_H_
#define DAVIT_RUNTIME_CANON_NATIVE_NATIVE_TRAITS_H_

#include <concepts>
#include <cstdint>
#include <expected>
#include <type_traits>
#include <variant>

#include "runtime/handles/handle_table.h"

// C++ types for WIT types, where the language has none of its own.
namespace davit::canon {

// A WIT result. void is a missing ok payload, std::monostate a missing err payload.
template <typename T = void, typename E = std::monostate>
using Result = std::expected<T, E>;

// Resources by their rep: what a host function gets for a handle of its own resource types.
struct OwnRep {
  handles::Rep rep;
};
struct BorrowRep {
  handles::Rep rep;
};

// The same, of the one resource type that the host has defined with T (Linker::DefineResource): a
// function that takes or gives these cannot be imported with another. T is a name only, and may be
// incomplete.
template <typename T>
struct Own {
  handles::Rep rep;
  friend bool operator==(Own, Own) = default;
};
template <typename T>
struct Borrow {
  handles::Rep rep;
  friend bool operator==(Borrow, Borrow) = default;
};

// Declares that a struct stands for a WIT record. Specialise it beside the struct:
//
//   struct Item { uint32_t id; std::string name; };
//   template <>
//   struct davit::canon::RecordTraits<Item> {
//     static constexpr std::array<std::string_view, 2> kNames = {"id", "name"};
//     static auto Tie(auto& item) { return std::tie(item.id, item.name); }
//   };
//
// The names are those of WIT, in its order; Tie gives references to the members in that order. The
// struct must be default constructible to be lifted.
template <typename T>
struct RecordTraits;

// Declares that an enum stands for a WIT enum: its values are 0, 1, ... in the order of the cases.
//
//   template <>
//   struct davit::canon::EnumTraits<Color> {
//     static constexpr std::array<std::string_view, 3> kNames = {"red", "green", "blue"};
//   };
template <typename T>
struct EnumTraits;

// Declares that an enum stands for WIT flags: bit n of its value is the n-th label.
template <typename T>
struct FlagsTraits;

// Declares that a class stands for a WIT variant, by the names of its cases; without, any
// std::variant of the payloads does.
//
//   template <>
//   struct davit::canon::VariantTraits<Shape> {
//     static constexpr std::array<std::string_view, 2> kNames = {"none", "circle"};
//     static auto& Payloads(auto& shape) { return shape.payloads(); }
//   };
//
// Payloads gives a reference to a std::variant that the class is made of, const where the class is.
template <typename T>
struct VariantTraits;

template <typename T>
concept RecordType = requires { RecordTraits<T>::kNames.size(); };
template <typename T>
concept EnumType = std::is_enum_v<T> && requires { EnumTraits<T>::kNames.size(); };
template <typename T>
concept FlagsType = std::is_enum_v<T> && requires { FlagsTraits<T>::kNames.size(); };

template <typename T>
concept VariantType = requires { VariantTraits<T>::kNames.size(); };

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_NATIVE_NATIVE_TRAITS_H_
