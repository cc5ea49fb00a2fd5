#ifndef DAVIT_RUNTIME_TEXT_WIT_TEXT_H_
#define DAVIT_RUNTIME_TEXT_WIT_TEXT_H_

#include <cstddef>
#include <string>

#include "runtime/types/type.h"
#include "runtime/types/world.h"

// Types, functions and worlds as WIT text, for people and tools. Spec: WIT.md
//
// Recursion is bounded by the depth of types, which validation limits. Texts are cut after
// kMaxWitBytes and then end with a comment that says so, because a small component can describe a
// very large world.
namespace davit::text {

inline constexpr size_t kMaxWitBytes = 4u << 20;

// "list<tuple<u8, string>>". Types that WIT knows by name only are written out in their place:
// "record { a: u8 }". Resources are called by number: "borrow<resource-3>".
std::string ToWit(const types::Type& type);

// "func(a: u8, b: list<string>) -> string"
std::string ToWit(const types::FuncType& type);

// A document "package root:component; world root { ... }" followed by the packages whose interfaces
// the world imports or exports; interfaces of one name are merged. Types are named as the type
// exports of the interfaces name them, and what an interface takes from another is `use`d. Items
// that WIT cannot express (core modules, components, instances within instances) become comments.
std::string ToWit(const types::World& world);

}  // namespace davit::text

#endif  // DAVIT_RUNTIME_TEXT_WIT_TEXT_H_
