#include "absl/strings/str_cat.h"
#include "runtime/binary/validate/subtyping.h"

namespace davit::binary {
namespace {

using types::Kind;

std::string DifferenceOfPayload(const std::optional<ValueType>& given,
                                const std::optional<ValueType>& wanted) {
  if (!given.has_value()) return "expected a type, found none";
  if (!wanted.has_value()) return "expected no type";
  return Difference(*given, *wanted);
}

bool SamePayload(const Member& a, const Member& b) {
  if (a.type.has_value() != b.type.has_value()) return false;
  return !a.type.has_value() || a.type->structure() == b.type->structure();
}

// "record field `x`", "ok variant", "tuple field 0", ...
std::string PlaceOf(Kind kind, size_t index, std::string_view label) {
  switch (kind) {
    case Kind::kRecord:
      return absl::StrCat("record field `", label, "`");
    case Kind::kVariant:
      return absl::StrCat("variant case `", label, "`");
    case Kind::kTuple:
      return absl::StrCat("tuple field ", index);
    case Kind::kResult:
      return index == 0 ? "ok variant" : "err variant";
    case Kind::kMap:
      return index == 0 ? "map key" : "map value";
    default:
      return absl::StrCat(types::KindName(kind), " element");
  }
}

std::string DifferenceOfMembers(const ValueShape& given, const ValueShape& wanted) {
  if (given.members.size() != wanted.members.size()) {
    return absl::StrCat(types::KindName(wanted.kind), ": expected ", wanted.members.size(),
                        " members, found ", given.members.size());
  }
  for (size_t i = 0; i < given.members.size(); ++i) {
    const Member& have = given.members[i];
    const Member& want = wanted.members[i];
    if (have.label != want.label) {
      return absl::StrCat(types::KindName(wanted.kind), ": expected member named `", want.label,
                          "`, found `", have.label, "`");
    }
    if (!SamePayload(have, want)) {
      return absl::StrCat("type mismatch in ", PlaceOf(wanted.kind, i, want.label), ": ",
                          DifferenceOfPayload(have.type, want.type));
    }
  }
  return "types differ";
}

}  // namespace

std::string Difference(const ValueType& given, const ValueType& wanted) {
  const ValueShape& have = *given.shape;
  const ValueShape& want = *wanted.shape;
  if (have.kind != want.kind) {
    return absl::StrCat("expected ", types::KindName(want.kind), ", found ",
                        types::KindName(have.kind));
  }
  if (have.kind == Kind::kOwn || have.kind == Kind::kBorrow) {
    return "resource types are not the same";
  }
  if (have.length != want.length) {
    return absl::StrCat("expected a list of length ", want.length, ", found ", have.length);
  }
  return DifferenceOfMembers(have, want);
}

std::string Difference(const FuncType& given, const FuncType& wanted) {
  if (given.is_async != wanted.is_async) {
    return wanted.is_async ? "expected an async function" : "expected a function that is not async";
  }
  if (given.params.size() != wanted.params.size()) {
    return absl::StrCat("expected ", wanted.params.size(), " parameters, found ",
                        given.params.size());
  }
  for (size_t i = 0; i < given.params.size(); ++i) {
    const Member& have = given.params[i];
    const Member& want = wanted.params[i];
    if (have.label != want.label) {
      return absl::StrCat("expected parameter named `", want.label, "`, found `", have.label, "`");
    }
    if (!SamePayload(have, want)) {
      return absl::StrCat("type mismatch in function parameter `", want.label,
                          "`: ", Difference(*have.type, *want.type));
    }
  }
  if (given.result.has_value() != wanted.result.has_value()) {
    return wanted.result.has_value() ? "expected a result, found none" : "expected no result";
  }
  if (!given.result.has_value()) return "types differ";
  return absl::StrCat("type mismatch with result type: ",
                      Difference(*given.result, *wanted.result));
}

}  // namespace davit::binary
