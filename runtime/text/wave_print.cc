#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/text/wave.h"
#include "runtime/text/wave_literal.h"
#include "runtime/text/wave_val.h"
#include "runtime/types/path.h"
#include "simdutf.h"

namespace davit::text {
namespace {

using KindCase = v1::Val::KindCase;

// Whether `number`, which the wire carries in 32 bits, is in the range of an 8 or 16 bit kind.
template <typename T>
bool InRange(types::Kind kind, T number) {
  switch (kind) {
    case types::Kind::kU8:
      return std::in_range<uint8_t>(number);
    case types::Kind::kS8:
      return std::in_range<int8_t>(number);
    case types::Kind::kU16:
      return std::in_range<uint16_t>(number);
    case types::Kind::kS16:
      return std::in_range<int16_t>(number);
    default:
      return true;
  }
}

// A label that parses as itself where keywords mean something else.
void AppendCase(std::string& out, std::string_view name) {
  if (IsKeyword(name)) out.push_back('%');
  out.append(name);
}

// Walks a value along its type. Vals come from anywhere: nothing about them is taken for granted.
class Printer {
 public:
  absl::Status Value(const v1::Val& val, const types::Type& type);
  std::string Take() && { return std::move(out_); }

 private:
  absl::Status Fault(std::string_view what) const {
    return base::ArgumentError(path_.text(), what);
  }
  absl::Status Mismatch(const v1::Val& val, const types::Type& type) const {
    return Fault(absl::StrCat("want ", types::KindName(type.kind()), ", got ", CaseName(val)));
  }

  template <typename T>
  absl::Status Number(types::Kind kind, T number);
  absl::Status Char(uint32_t code);
  absl::Status String(const std::string& text);
  absl::Status List(const v1::Val& val, const types::Type& type);
  absl::Status PackedList(const v1::Val& val, const types::Type& type);
  absl::Status CheckLength(size_t length, const types::Type& type) const;
  absl::Status Tuple(const v1::TupleVal& val, const types::Type& type);
  absl::Status Record(const v1::RecordVal& val, const types::Type& type);
  absl::Status Variant(const v1::VariantVal& val, const types::Type& type);
  absl::Status Enum(const std::string& name, const types::Type& type);
  absl::Status Option(const v1::OptionVal& val, const types::Type& type);
  absl::Status Result(const v1::ResultVal& val, const types::Type& type);
  absl::Status Payload(std::string_view name, const v1::Val* val, const types::Type* type);
  absl::Status Flags(const v1::FlagsVal& val, const types::Type& type);
  absl::Status Map(const v1::MapVal& val, const types::Type& type);

  std::string out_;
  types::Path path_{"value"};
};

template <typename T>
absl::Status Printer::Number(types::Kind kind, T number) {
  if constexpr (std::is_integral_v<T>) {
    if (!InRange(kind, number)) {
      return Fault(absl::StrCat("want ", types::KindName(kind), ", got ", number));
    }
  }
  AppendNumber(out_, number);
  return absl::OkStatus();
}

absl::Status Printer::Char(uint32_t code) {
  if (!IsScalarValue(code)) {
    return Fault(absl::StrCat("want char, got 0x", absl::Hex(code)));
  }
  AppendChar(out_, code);
  return absl::OkStatus();
}

absl::Status Printer::String(const std::string& text) {
  if (!simdutf::validate_utf8(text.data(), text.size())) return Fault("invalid UTF-8");
  AppendString(out_, text);
  return absl::OkStatus();
}

absl::Status Printer::CheckLength(size_t length, const types::Type& type) const {
  if (type.kind() != types::Kind::kFixedList || length == type.length()) return absl::OkStatus();
  return Fault(absl::StrCat("want ", type.length(), " items, got ", length));
}

absl::Status Printer::PackedList(const v1::Val& val, const types::Type& type) {
  absl::Status status = absl::OkStatus();
  VisitPacked(val, [&](types::Kind element, auto numbers) {
    if (element != type.element()->kind()) {
      status = Fault(absl::StrCat("want a list of ", types::KindName(type.element()->kind()),
                                  ", got ", CaseName(val)));
      return;
    }
    status = CheckLength(numbers.size(), type);
    Separator separator;
    for (size_t i = 0; i < numbers.size() && status.ok(); ++i) {
      const types::Path::Step step(path_, i);
      separator.Before(out_);
      status = Number(element, numbers[i]);
    }
  });
  return status;
}

absl::Status Printer::List(const v1::Val& val, const types::Type& type) {
  out_.push_back('[');
  if (val.kind_case() == KindCase::kList) {
    const auto& items = val.list().items();
    DAVIT_RETURN_IF_ERROR(CheckLength(static_cast<size_t>(items.size()), type));
    Separator separator;
    for (int i = 0; i < items.size(); ++i) {
      const types::Path::Step step(path_, static_cast<size_t>(i));
      separator.Before(out_);
      DAVIT_RETURN_IF_ERROR(Value(items[i], *type.element()));
    }
  } else {
    DAVIT_RETURN_IF_ERROR(PackedList(val, type));
  }
  out_.push_back(']');
  return absl::OkStatus();
}

absl::Status Printer::Tuple(const v1::TupleVal& val, const types::Type& type) {
  const size_t members = type.fields().size();
  if (static_cast<size_t>(val.items_size()) != members) {
    return Fault(absl::StrCat("want a tuple of ", members, ", got one of ", val.items_size()));
  }
  out_.push_back('(');
  Separator separator;
  for (size_t i = 0; i < members; ++i) {
    const types::Path::Step step(path_, absl::StrCat(i));
    separator.Before(out_);
    DAVIT_RETURN_IF_ERROR(Value(val.items(static_cast<int>(i)), *type.fields()[i].type));
  }
  out_.push_back(')');
  return absl::OkStatus();
}

// The value of the field `name`, which is looked for from `hint` on, where it usually is.
const v1::Val* FindField(const v1::RecordVal& val, const std::string& name, size_t hint) {
  const auto& fields = val.fields();
  if (std::cmp_less(hint, fields.size()) && fields[static_cast<int>(hint)].name() == name) {
    return &fields[static_cast<int>(hint)].value();
  }
  const auto found = std::ranges::find(fields, name, &v1::FieldVal::name);
  return found == fields.end() ? nullptr : &found->value();
}

absl::Status Printer::Record(const v1::RecordVal& val, const types::Type& type) {
  if (static_cast<size_t>(val.fields_size()) != type.fields().size()) {
    return Fault(absl::StrCat("want a record of ", type.fields().size(), " fields, got one of ",
                              val.fields_size()));
  }
  out_.push_back('{');
  Separator separator;
  for (size_t i = 0; i < type.fields().size(); ++i) {
    const types::Field& field = type.fields()[i];
    const v1::Val* const value = FindField(val, field.name, i);
    if (value == nullptr) return Fault(absl::StrCat("field '", field.name, "' is missing"));
    const types::Path::Step step(path_, field.name);
    const bool none = field.type->kind() == types::Kind::kOption &&
                      value->kind_case() == KindCase::kOption && !value->option().has_some();
    if (none) continue;
    separator.Before(out_);
    absl::StrAppend(&out_, field.name, ": ");
    DAVIT_RETURN_IF_ERROR(Value(*value, *field.type));
  }
  out_.append(separator.empty() ? ":}" : "}");
  return absl::OkStatus();
}

// A case and, in parentheses, its payload; both or neither of `val` and `type` are null.
absl::Status Printer::Payload(std::string_view name, const v1::Val* val, const types::Type* type) {
  const types::Path::Step step(path_, name);
  if (val == nullptr && type == nullptr) return absl::OkStatus();
  if (type == nullptr) return Fault("want no payload");
  if (val == nullptr) return Fault("its payload is missing");
  out_.push_back('(');
  DAVIT_RETURN_IF_ERROR(Value(*val, *type));
  out_.push_back(')');
  return absl::OkStatus();
}

absl::Status Printer::Variant(const v1::VariantVal& val, const types::Type& type) {
  const auto found = std::ranges::find(type.fields(), val.case_(), &types::Field::name);
  if (found == type.fields().end()) return Fault("no such case");
  AppendCase(out_, found->name);
  return Payload(found->name, val.has_payload() ? &val.payload() : nullptr, found->type.get());
}

absl::Status Printer::Enum(const std::string& name, const types::Type& type) {
  if (!std::ranges::contains(type.fields(), name, &types::Field::name))
    return Fault("no such case");
  AppendCase(out_, name);
  return absl::OkStatus();
}

absl::Status Printer::Option(const v1::OptionVal& val, const types::Type& type) {
  out_.append(val.has_some() ? "some" : "none");
  if (!val.has_some()) return absl::OkStatus();
  return Payload("some", &val.some(), type.element().get());
}

absl::Status Printer::Result(const v1::ResultVal& val, const types::Type& type) {
  if (val.outcome_case() == v1::ResultVal::OUTCOME_NOT_SET) return Fault("want ok or err");
  const bool is_ok = val.outcome_case() == v1::ResultVal::kOk;
  const v1::ResultVal::Payload& payload = is_ok ? val.ok() : val.err();
  const std::string_view name = is_ok ? "ok" : "err";
  out_.append(name);
  return Payload(name, payload.has_value() ? &payload.value() : nullptr,
                 type.fields()[is_ok ? 0 : 1].type.get());
}

absl::Status Printer::Flags(const v1::FlagsVal& val, const types::Type& type) {
  out_.push_back('{');
  Separator separator;
  for (const std::string& label : val.labels()) {
    if (!std::ranges::contains(type.fields(), label, &types::Field::name))
      return Fault("no such flag");
    separator.Before(out_);
    out_.append(label);
  }
  out_.push_back('}');
  return absl::OkStatus();
}

absl::Status Printer::Map(const v1::MapVal& val, const types::Type& type) {
  out_.push_back('[');
  Separator separator;
  for (int i = 0; i < val.entries_size(); ++i) {
    const types::Path::Step step(path_, static_cast<size_t>(i));
    separator.Before(out_);
    out_.push_back('(');
    DAVIT_RETURN_IF_ERROR(Value(val.entries(i).key(), *type.fields()[0].type));
    out_.append(", ");
    DAVIT_RETURN_IF_ERROR(Value(val.entries(i).value(), *type.fields()[1].type));
    out_.push_back(')');
  }
  out_.push_back(']');
  return absl::OkStatus();
}

bool IsPackedListOf(const v1::Val& val, types::Kind kind) {
  const bool is_list = kind == types::Kind::kList || kind == types::Kind::kFixedList;
  return is_list && VisitPacked(val, [](types::Kind, auto) {});
}

// A flat switch: one line to a kind.
absl::Status Printer::Value(const v1::Val& val, const types::Type& type) {
  const types::Kind kind = type.kind();
  if (CaseOf(kind) == KindCase::KIND_NOT_SET) {
    return Fault(absl::StrCat(types::KindName(kind), " values have no text"));
  }
  if (val.kind_case() != CaseOf(kind) && !IsPackedListOf(val, kind)) return Mismatch(val, type);
  switch (kind) {
    case types::Kind::kBool:
      out_.append(val.bool_() ? "true" : "false");
      return absl::OkStatus();
    case types::Kind::kS8:
      return Number(kind, val.s8());
    case types::Kind::kU8:
      return Number(kind, val.u8());
    case types::Kind::kS16:
      return Number(kind, val.s16());
    case types::Kind::kU16:
      return Number(kind, val.u16());
    case types::Kind::kS32:
      return Number(kind, val.s32());
    case types::Kind::kU32:
      return Number(kind, val.u32());
    case types::Kind::kS64:
      return Number(kind, val.s64());
    case types::Kind::kU64:
      return Number(kind, val.u64());
    case types::Kind::kF32:
      return Number(kind, val.f32());
    case types::Kind::kF64:
      return Number(kind, val.f64());
    case types::Kind::kChar:
      return Char(val.char_());
    case types::Kind::kString:
      return String(val.string());
    case types::Kind::kRecord:
      return Record(val.record(), type);
    case types::Kind::kTuple:
      return Tuple(val.tuple(), type);
    case types::Kind::kVariant:
      return Variant(val.variant(), type);
    case types::Kind::kEnum:
      return Enum(val.enum_(), type);
    case types::Kind::kOption:
      return Option(val.option(), type);
    case types::Kind::kResult:
      return Result(val.result(), type);
    case types::Kind::kFlags:
      return Flags(val.flags(), type);
    case types::Kind::kList:
    case types::Kind::kFixedList:
      return List(val, type);
    case types::Kind::kMap:
      return Map(val.map(), type);
    case types::Kind::kOwn:
      return String(val.own());
    case types::Kind::kBorrow:
      return String(val.borrow());
    case types::Kind::kErrorContext:
    case types::Kind::kStream:
    case types::Kind::kFuture:
      break;
  }
  return Mismatch(val, type);
}

}  // namespace

absl::StatusOr<std::string> ToWave(const v1::Val& val, const types::Type& type) {
  if (type.depth() > base::kMaxTypeDepth) {
    return base::ArgumentError("value", "its type is nested too deeply");
  }
  Printer printer;
  DAVIT_RETURN_IF_ERROR(printer.Value(val, type));
  return std::move(printer).Take();
}

}  // namespace davit::text
