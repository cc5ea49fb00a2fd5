#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/lift.h"
#include "runtime/canon/strings.h"
#include "runtime/canon/vals/val_numbers.h"
#include "runtime/canon/vals/vals.h"
#include "runtime/canon/walk.h"

// Whether Vals fit their types. Nothing is allocated, and no path is made, unless one does not.
namespace davit::canon {
namespace {

using types::Kind;
using v1::Val;

// One step of the way to a part of a value. Lives on the stack of the check that made it.
struct Step {
  const Step* parent = nullptr;
  std::string_view name;  // empty: an index
  uint64_t index = 0;
  ArgHandles* handles = nullptr;  // of the first step only
};

std::string PathOf(const Step& step) {
  if (step.parent == nullptr) return std::string(step.name);
  const std::string parent = PathOf(*step.parent);
  return step.name.empty() ? absl::StrCat(parent, "[", step.index, "]")
                           : absl::StrCat(parent, ".", step.name);
}

absl::Status Mismatch(const Step& at, std::string_view description) {
  return base::ArgumentError(PathOf(at), description);
}

// A name that the client has sent, fit for a message.
std::string Quote(std::string_view name) {
  constexpr size_t kMaxQuoted = 100;
  const std::string_view cut = name.substr(0, kMaxQuoted);
  return absl::StrCat("\"", absl::CHexEscape(cut), cut.size() < name.size() ? "...\"" : "\"");
}

// "u32", "list<u8>", "nothing": what a Val holds.
std::string CaseName(const Val& val) {
  const auto* field = Val::descriptor()->FindFieldByNumber(val.kind_case());
  if (field == nullptr) return "nothing";
  std::string_view name = field->name();
  return absl::ConsumeSuffix(&name, "_list") ? absl::StrCat("list<", name, ">") : std::string(name);
}

std::string TypeName(const Node& node) {
  const bool is_list = node.kind == Kind::kList || node.kind == Kind::kFixedList;
  if (!is_list) return std::string(types::KindName(node.kind));
  const std::string_view element = types::KindName(node.element->kind);
  if (node.kind == Kind::kList) return absl::StrCat("list<", element, ">");
  return absl::StrCat("list<", element, ", ", node.length, ">");
}

absl::Status WrongCase(const Step& at, const Node& node, const Val& val) {
  return Mismatch(at, absl::StrCat("want ", TypeName(node), ", got ", CaseName(val)));
}

// Whether a number fits its type: those that are narrower than on the wire may not.
template <typename T, typename Wide>
bool InRange(Wide value) {
  if constexpr (sizeof(T) < sizeof(Wide)) {
    return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
  }
  return true;
}

absl::Status OutOfRange(const Step& at, Kind kind, int64_t value) {
  return Mismatch(at, absl::StrCat(value, " is out of the range of ", types::KindName(kind)));
}

absl::Status Check(const Step& at, const Node& node, const Val& val);

absl::Status CheckNumber(const Step& at, const Node& node, const Val& val) {
  return VisitNumber(node.kind, [&]<typename T>(std::type_identity<T>) {
    if (val.kind_case() != ValNumber<T>::kCase) [[unlikely]] {
      return WrongCase(at, node, val);
    }
    const auto value = ValNumber<T>::Get(val);
    if (!InRange<T>(value)) return OutOfRange(at, node.kind, static_cast<int64_t>(value));
    return absl::OkStatus();
  });
}

absl::Status CheckChar(const Step& at, const Node& node, const Val& val) {
  if (!val.has_char_()) return WrongCase(at, node, val);
  if (IsScalarValue(val.char_())) return absl::OkStatus();
  return Mismatch(at, absl::StrCat("0x", absl::Hex(val.char_()), " is not a Unicode scalar value"));
}

absl::Status CheckString(const Step& at, const Node& node, const Val& val) {
  if (!val.has_string()) return WrongCase(at, node, val);
  const std::string& string = val.string();
  if (string.size() > base::kMaxStringByteLength) {
    return Mismatch(at, absl::StrCat("a string of ", string.size(), " bytes is too long: ",
                                     base::kMaxStringByteLength, " are allowed"));
  }
  return IsValidUtf8(string) ? absl::OkStatus() : Mismatch(at, "the string is not valid UTF-8");
}

absl::Status CheckFlags(const Step& at, const Node& node, const Val& val) {
  if (!val.has_flags()) return WrongCase(at, node, val);
  uint32_t seen = 0;
  const auto& labels = val.flags().labels();
  for (int i = 0; i < labels.size(); ++i) {
    const auto found = FindMember(node, labels[i], i);
    if (!found) return Mismatch(at, absl::StrCat("unknown flags label ", Quote(labels[i])));
    const uint32_t bit = uint32_t{1} << *found;
    if (seen & bit) return Mismatch(at, absl::StrCat("duplicate flags label ", Quote(labels[i])));
    seen |= bit;
  }
  return absl::OkStatus();
}

absl::Status CheckMissing(const Step& at, const Node& node, const std::vector<bool>& seen) {
  const auto missing = std::find(seen.begin(), seen.end(), false);
  if (missing == seen.end()) return absl::OkStatus();
  return Mismatch(at,
                  absl::StrCat("missing field ", Quote(node.members[missing - seen.begin()].name)));
}

absl::Status CheckRecord(const Step& at, const Node& node, const Val& val) {
  if (!val.has_record()) return WrongCase(at, node, val);
  const auto& fields = val.record().fields();
  std::vector<bool> seen;  // empty as long as the fields are in order
  for (int i = 0; i < fields.size(); ++i) {
    const auto found = FindMember(node, fields[i].name(), i);
    if (!found) return Mismatch(at, absl::StrCat("unknown field ", Quote(fields[i].name())));
    if (seen.empty() && *found != static_cast<uint32_t>(i)) {
      seen.resize(node.members.size());
      std::fill_n(seen.begin(), i, true);
    }
    if (!seen.empty()) {
      if (seen[*found]) {
        return Mismatch(at, absl::StrCat("duplicate field ", Quote(fields[i].name())));
      }
      seen[*found] = true;
    }
    const Member& member = node.members[*found];
    DAVIT_RETURN_IF_ERROR(
        Check({.parent = &at, .name = member.name}, *member.node, fields[i].value()));
  }
  if (seen.empty()) {
    if (static_cast<size_t>(fields.size()) == node.members.size()) return absl::OkStatus();
    seen.resize(node.members.size());
    std::fill_n(seen.begin(), fields.size(), true);
  }
  return CheckMissing(at, node, seen);
}

absl::Status CheckTuple(const Step& at, const Node& node, const Val& val) {
  if (!val.has_tuple()) return WrongCase(at, node, val);
  const auto& items = val.tuple().items();
  if (static_cast<size_t>(items.size()) != node.members.size()) {
    return Mismatch(at,
                    absl::StrCat("want a tuple of ", node.members.size(), ", got ", items.size()));
  }
  for (int i = 0; i < items.size(); ++i) {
    const Step item{.parent = &at, .index = static_cast<uint64_t>(i)};
    DAVIT_RETURN_IF_ERROR(Check(item, *node.members[i].node, items[i]));
  }
  return absl::OkStatus();
}

// A payload that must be there or must not.
absl::Status CheckPayload(const Step& at, const Member& chosen, bool has_payload,
                          const Val& payload) {
  if (has_payload != (chosen.node != nullptr)) {
    return Mismatch(at, absl::StrCat("case ", Quote(chosen.name),
                                     has_payload ? " has no payload" : " needs a payload"));
  }
  if (!has_payload) return absl::OkStatus();
  return Check({.parent = &at, .name = chosen.name}, *chosen.node, payload);
}

absl::Status CheckVariant(const Step& at, const Node& node, const Val& val) {
  if (!val.has_variant()) return WrongCase(at, node, val);
  const v1::VariantVal& variant = val.variant();
  const auto found = FindMember(node, variant.case_(), 0);
  if (!found) return Mismatch(at, absl::StrCat("unknown variant case ", Quote(variant.case_())));
  return CheckPayload(at, node.members[*found], variant.has_payload(), variant.payload());
}

absl::Status CheckEnum(const Step& at, const Node& node, const Val& val) {
  if (!val.has_enum_()) return WrongCase(at, node, val);
  if (FindMember(node, val.enum_(), 0)) return absl::OkStatus();
  return Mismatch(at, absl::StrCat("unknown enum case ", Quote(val.enum_())));
}

absl::Status CheckOption(const Step& at, const Node& node, const Val& val) {
  if (!val.has_option()) return WrongCase(at, node, val);
  if (!val.option().has_some()) return absl::OkStatus();
  return Check({.parent = &at, .name = "some"}, *node.members[1].node, val.option().some());
}

absl::Status CheckResult(const Step& at, const Node& node, const Val& val) {
  if (!val.has_result()) return WrongCase(at, node, val);
  const v1::ResultVal& result = val.result();
  if (result.outcome_case() == v1::ResultVal::OUTCOME_NOT_SET) {
    return Mismatch(at, "want result, got neither ok nor err");
  }
  const bool is_err = result.has_err();
  const v1::ResultVal::Payload& side = is_err ? result.err() : result.ok();
  const Member chosen{.name = is_err ? "err" : "ok", .node = node.members[is_err ? 1 : 0].node};
  return CheckPayload(at, chosen, side.has_value(), side.value());
}

absl::Status CheckListSize(const Step& at, uint64_t size, const Node& element) {
  if (size * element.size <= base::kMaxListByteLength) return absl::OkStatus();
  return Mismatch(at, absl::StrCat("a list of ", size, " items is too long: it takes more than ",
                                   base::kMaxListByteLength, " bytes"));
}

absl::Status CheckFixedLength(const Step& at, const Node& node, uint64_t size) {
  if (node.kind != Kind::kFixedList || size == node.length) return absl::OkStatus();
  return Mismatch(at, absl::StrCat("want ", node.length, " items, got ", size));
}

template <typename T, typename Packed>
absl::Status CheckPackedRange(const Step& at, Kind kind, const Packed& packed) {
  for (uint64_t i = 0; i < packed.size; ++i) {
    if (InRange<T>(packed.data[i])) continue;
    return OutOfRange({.parent = &at, .index = i}, kind, static_cast<int64_t>(packed.data[i]));
  }
  return absl::OkStatus();
}

// A list of numbers in its packed form.
absl::Status CheckPacked(const Step& at, const Node& node, const Val& val) {
  const Node& element = *node.element;
  if (!types::IsFixedWidthNumber(element.kind)) return WrongCase(at, node, val);
  return VisitNumber(element.kind, [&]<typename T>(std::type_identity<T>) -> absl::Status {
    if (val.kind_case() != ValNumber<T>::kPackedCase) return WrongCase(at, node, val);
    const auto packed = ValNumber<T>::Packed(val);
    DAVIT_RETURN_IF_ERROR(CheckListSize(at, packed.size, element));
    DAVIT_RETURN_IF_ERROR(CheckFixedLength(at, node, packed.size));
    if constexpr (sizeof(T) == sizeof(*packed.data)) return absl::OkStatus();
    return CheckPackedRange<T>(at, element.kind, packed);
  });
}

absl::Status CheckList(const Step& at, const Node& node, const Val& val) {
  if (!val.has_list()) return CheckPacked(at, node, val);
  const auto& items = val.list().items();
  DAVIT_RETURN_IF_ERROR(CheckListSize(at, items.size(), *node.element));
  DAVIT_RETURN_IF_ERROR(CheckFixedLength(at, node, items.size()));
  for (int i = 0; i < items.size(); ++i) {
    const Step item{.parent = &at, .index = static_cast<uint64_t>(i)};
    DAVIT_RETURN_IF_ERROR(Check(item, *node.element, items[i]));
  }
  return absl::OkStatus();
}

absl::Status CheckMap(const Step& at, const Node& node, const Val& val) {
  if (!val.has_map()) return WrongCase(at, node, val);
  const auto& entries = val.map().entries();
  const std::vector<Member>& members = node.element->members;
  DAVIT_RETURN_IF_ERROR(CheckListSize(at, entries.size(), *node.element));
  for (int i = 0; i < entries.size(); ++i) {
    const Step entry{.parent = &at, .index = static_cast<uint64_t>(i)};
    DAVIT_RETURN_IF_ERROR(
        Check({.parent = &entry, .name = "key"}, *members[0].node, entries[i].key()));
    DAVIT_RETURN_IF_ERROR(
        Check({.parent = &entry, .name = "value"}, *members[1].node, entries[i].value()));
  }
  return absl::OkStatus();
}

ArgHandles* HandlesOf(const Step& at) {
  const Step* first = &at;
  while (first->parent != nullptr) first = first->parent;
  return first->handles;
}

absl::Status CheckHandle(const Step& at, const Node& node, const Val& val) {
  const bool is_own = node.kind == Kind::kOwn;
  if (is_own ? !val.has_own() : !val.has_borrow()) return WrongCase(at, node, val);
  const std::string& name = is_own ? val.own() : val.borrow();
  if (name.empty()) return Mismatch(at, "the name of the resource is empty");
  ArgHandles* const handles = HandlesOf(at);
  if (handles == nullptr) return absl::OkStatus();
  const absl::Status status =
      is_own ? handles->CheckOwn(node.resource, name) : handles->CheckBorrow(node.resource, name);
  return status.ok() ? status : Mismatch(at, status.message());
}

// The depth of recursion is that of the type.
absl::Status Check(const Step& at, const Node& node, const Val& val) {
  switch (node.kind) {
    case Kind::kBool:
      return val.has_bool_() ? absl::OkStatus() : WrongCase(at, node, val);
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
      return CheckNumber(at, node, val);
    case Kind::kChar:
      return CheckChar(at, node, val);
    case Kind::kString:
      return CheckString(at, node, val);
    case Kind::kRecord:
      return CheckRecord(at, node, val);
    case Kind::kTuple:
      return CheckTuple(at, node, val);
    case Kind::kVariant:
      return CheckVariant(at, node, val);
    case Kind::kEnum:
      return CheckEnum(at, node, val);
    case Kind::kOption:
      return CheckOption(at, node, val);
    case Kind::kResult:
      return CheckResult(at, node, val);
    case Kind::kFlags:
      return CheckFlags(at, node, val);
    case Kind::kList:
    case Kind::kFixedList:
      return CheckList(at, node, val);
    case Kind::kMap:
      return CheckMap(at, node, val);
    case Kind::kOwn:
    case Kind::kBorrow:
      return CheckHandle(at, node, val);
    case Kind::kErrorContext:
    case Kind::kStream:
    case Kind::kFuture:
      break;
  }
  return Mismatch(at, absl::StrCat("values of type ", TypeName(node), " cannot be passed"));
}

absl::Status CheckCount(std::string_view what, size_t want, size_t got) {
  if (want == got) return absl::OkStatus();
  return base::ArgumentError(what, absl::StrCat("want ", want, ", got ", got));
}

}  // namespace

absl::Status CheckArgs(const FuncPlan& plan, const ValArgs& args, ArgHandles* handles) {
  const std::vector<Member>& params = plan.params().members;
  DAVIT_RETURN_IF_ERROR(CheckCount("args", params.size(), args.size()));
  const Step root{.name = "args", .handles = handles};
  for (int i = 0; i < args.size(); ++i) {
    const Step arg{.parent = &root, .index = static_cast<uint64_t>(i)};
    DAVIT_RETURN_IF_ERROR(Check(arg, *params[i].node, args[i]));
  }
  return absl::OkStatus();
}

absl::Status CheckResults(const FuncPlan& plan, const ValArgs& results) {
  DAVIT_RETURN_IF_ERROR(CheckCount("results", plan.result() == nullptr ? 0 : 1, results.size()));
  if (results.empty()) return absl::OkStatus();
  const Step root{.name = "results"};
  return Check({.parent = &root, .index = 0}, *plan.result(), results[0]);
}

}  // namespace davit::canon
