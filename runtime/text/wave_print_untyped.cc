#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/text/wave.h"
#include "runtime/text/wave_literal.h"
#include "runtime/text/wave_val.h"

namespace davit::text {
namespace {

using KindCase = v1::Val::KindCase;

// Shows a value as it is. Names that are no labels are quoted, so that they cannot pass for more.
class UntypedPrinter {
 public:
  void Value(const v1::Val& val, uint32_t depth);
  std::string Take() && { return std::move(out_); }

 private:
  template <typename Items, typename PrintItem>
  void Sequence(char open, const Items& items, char close, PrintItem item) {
    out_.push_back(open);
    Separator separator;
    for (const auto& i : items) {
      separator.Before(out_);
      item(i);
    }
    out_.push_back(close);
  }
  void Name(std::string_view name) {
    if (IsLabel(name)) {
      out_.append(name);
    } else {
      AppendString(out_, name);
    }
  }
  void Case(std::string_view name) {
    if (IsKeyword(name)) out_.push_back('%');
    Name(name);
  }
  void Payload(std::string_view name, const v1::Val* val, uint32_t depth) {
    out_.append(name);
    if (val == nullptr) return;
    out_.push_back('(');
    Value(*val, depth);
    out_.push_back(')');
  }
  void Record(const v1::RecordVal& val, uint32_t depth);
  void Result(const v1::ResultVal& val, uint32_t depth);
  void Map(const v1::MapVal& val, uint32_t depth);
  void Packed(const v1::Val& val);

  std::string out_;
};

void UntypedPrinter::Record(const v1::RecordVal& val, uint32_t depth) {
  if (val.fields().empty()) {
    out_.append("{:}");
    return;
  }
  Sequence('{', val.fields(), '}', [&](const v1::FieldVal& field) {
    Name(field.name());
    out_.append(": ");
    Value(field.value(), depth);
  });
}

void UntypedPrinter::Result(const v1::ResultVal& val, uint32_t depth) {
  const bool is_err = val.outcome_case() == v1::ResultVal::kErr;
  const v1::ResultVal::Payload& payload = is_err ? val.err() : val.ok();
  if (val.outcome_case() == v1::ResultVal::OUTCOME_NOT_SET) {
    out_.push_back('?');
  } else {
    Payload(is_err ? "err" : "ok", payload.has_value() ? &payload.value() : nullptr, depth);
  }
}

void UntypedPrinter::Map(const v1::MapVal& val, uint32_t depth) {
  Sequence('[', val.entries(), ']', [&](const v1::EntryVal& entry) {
    out_.push_back('(');
    Value(entry.key(), depth);
    out_.append(", ");
    Value(entry.value(), depth);
    out_.push_back(')');
  });
}

void UntypedPrinter::Packed(const v1::Val& val) {
  const bool packed = VisitPacked(val, [&](types::Kind, auto numbers) {
    Sequence('[', numbers, ']', [&](auto number) { AppendNumber(out_, number); });
  });
  if (!packed) out_.push_back('?');
}

// A flat switch: one line to a case.
void UntypedPrinter::Value(const v1::Val& val, uint32_t depth) {
  if (depth == 0) {
    out_.push_back('?');
    return;
  }
  const auto value = [&](const v1::Val& item) { Value(item, depth - 1); };
  switch (val.kind_case()) {
    case KindCase::kBool:
      out_.append(val.bool_() ? "true" : "false");
      return;
    case KindCase::kS8:
      return AppendNumber(out_, val.s8());
    case KindCase::kU8:
      return AppendNumber(out_, val.u8());
    case KindCase::kS16:
      return AppendNumber(out_, val.s16());
    case KindCase::kU16:
      return AppendNumber(out_, val.u16());
    case KindCase::kS32:
      return AppendNumber(out_, val.s32());
    case KindCase::kU32:
      return AppendNumber(out_, val.u32());
    case KindCase::kS64:
      return AppendNumber(out_, val.s64());
    case KindCase::kU64:
      return AppendNumber(out_, val.u64());
    case KindCase::kF32:
      return AppendNumber(out_, val.f32());
    case KindCase::kF64:
      return AppendNumber(out_, val.f64());
    case KindCase::kChar:
      return AppendChar(out_, val.char_());
    case KindCase::kString:
      return AppendString(out_, val.string());
    case KindCase::kOwn:
      return AppendString(out_, val.own());
    case KindCase::kBorrow:
      return AppendString(out_, val.borrow());
    case KindCase::kEnum:
      return Case(val.enum_());
    case KindCase::kList:
      return Sequence('[', val.list().items(), ']', value);
    case KindCase::kTuple:
      return Sequence('(', val.tuple().items(), ')', value);
    case KindCase::kRecord:
      return Record(val.record(), depth - 1);
    case KindCase::kVariant:
      Case(val.variant().case_());
      return Payload("", val.variant().has_payload() ? &val.variant().payload() : nullptr,
                     depth - 1);
    case KindCase::kOption:
      return val.option().has_some() ? Payload("some", &val.option().some(), depth - 1)
                                     : Payload("none", nullptr, depth - 1);
    case KindCase::kResult:
      return Result(val.result(), depth - 1);
    case KindCase::kFlags:
      return Sequence('{', val.flags().labels(), '}',
                      [&](const std::string& label) { Name(label); });
    case KindCase::kMap:
      return Map(val.map(), depth - 1);
    default:
      return Packed(val);
  }
}

}  // namespace

std::string ToWaveUntyped(const v1::Val& val) {
  UntypedPrinter printer;
  printer.Value(val, base::kMaxTypeDepth);
  return std::move(printer).Take();
}

}  // namespace davit::text
