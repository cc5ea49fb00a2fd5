#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/charconv.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/text/wave.h"
#include "runtime/text/wave_lexer.h"
#include "runtime/text/wave_literal.h"
#include "runtime/types/path.h"
#include "simdutf.h"

namespace davit::text {
namespace {

using TokenKind = WaveToken::Kind;

// Longer numbers and labels are cut where an error quotes them.
constexpr size_t kMaxQuoted = 40;

std::string Describe(const WaveToken& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end";
    case TokenKind::kError:
      return std::string(token.text);
    case TokenKind::kChar:
      return "a char";
    case TokenKind::kString:
    case TokenKind::kMultilineString:
      return "a string";
    default:
      return absl::StrCat("'", token.text.substr(0, kMaxQuoted),
                          token.text.size() > kMaxQuoted ? "..." : "", "'");
  }
}

bool IsOptionOrResult(const types::Type& type) {
  return type.kind() == types::Kind::kOption || type.kind() == types::Kind::kResult;
}

// A recursive descent over the type, which decides what each token means.
class Parser {
 public:
  Parser(std::string_view text, std::string root, size_t first_column)
      : lexer_(text), path_(std::move(root)), first_column_(first_column) {
    Advance();
  }

  absl::Status Value(const types::Type& type, v1::Val& out);
  absl::StatusOr<std::vector<v1::Val>> Args(std::span<const types::Param> params);
  absl::Status End() const {
    return token_.kind == TokenKind::kEnd ? absl::OkStatus() : Want("the end");
  }

 private:
  void Advance() { token_ = lexer_.Next(); }
  bool Skip(char punctuation) {
    if (!token_.Is(punctuation)) return false;
    Advance();
    return true;
  }
  absl::Status Expect(char punctuation) {
    return Skip(punctuation) ? absl::OkStatus()
                             : Want(absl::StrCat("'", std::string(1, punctuation), "'"));
  }
  bool IsKeyword(std::string_view keyword) const {
    return token_.kind == TokenKind::kLabel && token_.text == keyword;
  }

  absl::Status Fault(size_t offset, std::string_view what) const {
    return base::ArgumentError(
        path_.text(), absl::StrCat(what, " (", lexer_.Position(offset, first_column_), ")"));
  }
  absl::Status Want(std::string_view what) const {
    return Fault(token_.offset, absl::StrCat("want ", what, ", got ", Describe(token_)));
  }

  absl::Status Bool(v1::Val& out);
  template <typename T>
  absl::StatusOr<T> Integer(types::Kind kind);
  template <typename T>
  absl::StatusOr<T> Float(types::Kind kind);
  absl::Status Char(v1::Val& out);
  absl::StatusOr<std::string> String(std::string_view want);
  absl::StatusOr<std::string> Case();

  // Items up to `close`, which is taken, too; the opening has been.
  template <typename ParseItem>
  absl::Status Sequence(char close, ParseItem item);
  absl::Status List(const types::Type& type, v1::Val& out);
  absl::Status Items(const types::Type& type, v1::Val& out, size_t& count);
  template <typename T, typename Values>
  absl::Status PackedItems(types::Kind element, Values* values, size_t& count);
  absl::Status Tuple(const types::Type& type, v1::Val& out);
  absl::Status Record(const types::Type& type, v1::Val& out);
  absl::Status RecordFields(const types::Type& type, std::vector<std::optional<v1::Val>>& values);
  absl::Status FinishRecord(const types::Type& type, std::vector<std::optional<v1::Val>> values,
                            size_t end, v1::Val& out);
  absl::Status Payload(const types::Type& type, std::string_view step, v1::Val& out);
  absl::Status Variant(const types::Type& type, v1::Val& out);
  absl::Status Enum(const types::Type& type, v1::Val& out);
  absl::Status Option(const types::Type& type, v1::Val& out);
  absl::Status Result(const types::Type& type, v1::Val& out);
  absl::Status Outcome(const types::TypePtr& type, std::string_view step,
                       v1::ResultVal::Payload& outcome);
  absl::Status Flags(const types::Type& type, v1::Val& out);
  absl::Status Map(const types::Type& type, v1::Val& out);
  absl::Status Entry(const types::Type& type, size_t index, char separator, v1::MapVal& map);

  WaveLexer lexer_;
  WaveToken token_;
  types::Path path_;
  const size_t first_column_;
};

std::optional<size_t> IndexOf(const std::vector<types::Field>& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &types::Field::name);
  if (found == fields.end()) return std::nullopt;
  return static_cast<size_t>(found - fields.begin());
}

absl::Status Parser::Bool(v1::Val& out) {
  if (!IsKeyword("true") && !IsKeyword("false")) return Want("bool");
  out.set_bool_(IsKeyword("true"));
  Advance();
  return absl::OkStatus();
}

template <typename T>
absl::StatusOr<T> Parser::Integer(types::Kind kind) {
  if (token_.kind != TokenKind::kNumber) return Want(types::KindName(kind));
  const std::string_view text = token_.text;
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    return Want(absl::StrCat(types::KindName(kind), " in its range"));
  }
  if (error != std::errc() || end != text.data() + text.size()) return Want(types::KindName(kind));
  Advance();
  return value;
}

// Too large a number is infinite, too small a one zero, as in IEEE 754 rounding.
template <typename T>
absl::StatusOr<T> Parser::Float(types::Kind kind) {
  T value = 0;
  if (IsKeyword("nan")) {
    value = std::numeric_limits<T>::quiet_NaN();
  } else if (IsKeyword("inf")) {
    value = std::numeric_limits<T>::infinity();
  } else if (token_.kind != TokenKind::kNumber) {
    return Want(types::KindName(kind));
  } else if (token_.text == "-inf") {
    value = -std::numeric_limits<T>::infinity();
  } else {
    const char* const begin = token_.text.data();
    const char* const end = begin + token_.text.size();
    const auto parsed = absl::from_chars(begin, end, value);
    if (parsed.ptr != end) return Want(types::KindName(kind));
    const bool overflowed = parsed.ec == std::errc::result_out_of_range && std::abs(value) >= 1;
    if (overflowed) value = std::copysign(std::numeric_limits<T>::infinity(), value);
  }
  Advance();
  return value;
}

absl::Status Parser::Char(v1::Val& out) {
  if (token_.kind != TokenKind::kChar) return Want("char");
  const auto scalar = DecodeChar(token_.text);
  if (!scalar.has_value()) {
    return Fault(token_.offset + scalar.error().offset, scalar.error().message);
  }
  out.set_char_(*scalar);
  Advance();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Parser::String(std::string_view want) {
  const bool multiline = token_.kind == TokenKind::kMultilineString;
  if (!multiline && token_.kind != TokenKind::kString) return Want(want);
  auto value = multiline ? DecodeMultilineString(token_.text) : DecodeString(token_.text);
  if (!value.has_value()) {
    return Fault(token_.offset + value.error().offset, value.error().message);
  }
  Advance();
  return *std::move(value);
}

// The label of a variant or enum case, without its '%'.
absl::StatusOr<std::string> Parser::Case() {
  if (token_.kind != TokenKind::kLabel) return Want("a case");
  if (text::IsKeyword(token_.text)) {
    return Fault(token_.offset, absl::StrCat("a case of this name is written %", token_.text));
  }
  std::string name(absl::StripPrefix(token_.text, "%"));
  Advance();
  return name;
}

template <typename ParseItem>
absl::Status Parser::Sequence(char close, ParseItem item) {
  while (!token_.Is(close)) {
    DAVIT_RETURN_IF_ERROR(item());
    if (!Skip(',') && !token_.Is(close)) {
      return Want(absl::StrCat("',' or '", std::string(1, close), "'"));
    }
  }
  Advance();
  return absl::OkStatus();
}

absl::Status Parser::List(const types::Type& type, v1::Val& out) {
  const size_t start = token_.offset;
  if (!Skip('[')) return Want("list");
  size_t count = 0;
  DAVIT_RETURN_IF_ERROR(Items(type, out, count));
  if (type.kind() == types::Kind::kFixedList && count != type.length()) {
    return Fault(start, absl::StrCat("want ", type.length(), " items, got ", count));
  }
  return absl::OkStatus();
}

template <typename T, typename Values>
absl::Status Parser::PackedItems(types::Kind element, Values* values, size_t& count) {
  return Sequence(']', [&]() -> absl::Status {
    const types::Path::Step step(path_, count++);
    if constexpr (std::is_floating_point_v<T>) {
      DAVIT_ASSIGN_OR_RETURN(const T value, Float<T>(element));
      values->Add(value);
    } else {
      DAVIT_ASSIGN_OR_RETURN(const T value, Integer<T>(element));
      values->Add(value);
    }
    return absl::OkStatus();
  });
}

absl::Status Parser::Items(const types::Type& type, v1::Val& out, size_t& count) {
  const types::Kind element = type.element()->kind();
  switch (element) {
    case types::Kind::kU8:
      out.mutable_u8_list();
      return Sequence(']', [&]() -> absl::Status {
        const types::Path::Step step(path_, count++);
        DAVIT_ASSIGN_OR_RETURN(const uint8_t value, Integer<uint8_t>(element));
        out.mutable_u8_list()->push_back(static_cast<char>(value));
        return absl::OkStatus();
      });
    case types::Kind::kS8:
      return PackedItems<int8_t>(element, out.mutable_s8_list()->mutable_values(), count);
    case types::Kind::kU16:
      return PackedItems<uint16_t>(element, out.mutable_u16_list()->mutable_values(), count);
    case types::Kind::kS16:
      return PackedItems<int16_t>(element, out.mutable_s16_list()->mutable_values(), count);
    case types::Kind::kU32:
      return PackedItems<uint32_t>(element, out.mutable_u32_list()->mutable_values(), count);
    case types::Kind::kS32:
      return PackedItems<int32_t>(element, out.mutable_s32_list()->mutable_values(), count);
    case types::Kind::kU64:
      return PackedItems<uint64_t>(element, out.mutable_u64_list()->mutable_values(), count);
    case types::Kind::kS64:
      return PackedItems<int64_t>(element, out.mutable_s64_list()->mutable_values(), count);
    case types::Kind::kF32:
      return PackedItems<float>(element, out.mutable_f32_list()->mutable_values(), count);
    case types::Kind::kF64:
      return PackedItems<double>(element, out.mutable_f64_list()->mutable_values(), count);
    default:
      out.mutable_list();
      return Sequence(']', [&] {
        const types::Path::Step step(path_, count++);
        return Value(*type.element(), *out.mutable_list()->add_items());
      });
  }
}

absl::Status Parser::Tuple(const types::Type& type, v1::Val& out) {
  if (!Skip('(')) return Want("tuple");
  v1::TupleVal& tuple = *out.mutable_tuple();
  for (size_t i = 0; i < type.fields().size(); ++i) {
    const types::Path::Step step(path_, absl::StrCat(i));
    if (i > 0) DAVIT_RETURN_IF_ERROR(Expect(','));
    DAVIT_RETURN_IF_ERROR(Value(*type.fields()[i].type, *tuple.add_items()));
  }
  Skip(',');
  return Expect(')');
}

absl::Status Parser::Record(const types::Type& type, v1::Val& out) {
  if (!Skip('{')) return Want("record");
  std::vector<std::optional<v1::Val>> values(type.fields().size());
  const bool empty = Skip(':');
  if (!empty && token_.Is('}')) return Want("a field, or ':' in a record without any");
  const size_t end = token_.offset;
  if (empty) {
    DAVIT_RETURN_IF_ERROR(Expect('}'));
  } else {
    DAVIT_RETURN_IF_ERROR(RecordFields(type, values));
  }
  return FinishRecord(type, std::move(values), end, out);
}

absl::Status Parser::RecordFields(const types::Type& type,
                                  std::vector<std::optional<v1::Val>>& values) {
  return Sequence('}', [&]() -> absl::Status {
    if (token_.kind != TokenKind::kLabel) return Want("a field");
    const std::string_view name = absl::StripPrefix(token_.text, "%");
    const std::optional<size_t> index = IndexOf(type.fields(), name);
    if (!index.has_value()) return Fault(token_.offset, absl::StrCat("no field '", name, "'"));
    std::optional<v1::Val>& value = values[*index];
    if (value.has_value()) {
      return Fault(token_.offset, absl::StrCat("field '", name, "' is there twice"));
    }
    Advance();
    DAVIT_RETURN_IF_ERROR(Expect(':'));
    const types::Path::Step step(path_, name);
    return Value(*type.fields()[*index].type, value.emplace());
  });
}

// Moves the fields into type order; those that are left out must be options and are none.
absl::Status Parser::FinishRecord(const types::Type& type,
                                  std::vector<std::optional<v1::Val>> values, size_t end,
                                  v1::Val& out) {
  v1::RecordVal& record = *out.mutable_record();
  for (size_t i = 0; i < values.size(); ++i) {
    const types::Field& field = type.fields()[i];
    v1::FieldVal& to = *record.add_fields();
    to.set_name(field.name);
    if (values[i].has_value()) {
      *to.mutable_value() = *std::move(values[i]);
    } else if (field.type->kind() == types::Kind::kOption) {
      to.mutable_value()->mutable_option();
    } else {
      return Fault(end, absl::StrCat("field '", field.name, "' is missing"));
    }
  }
  return absl::OkStatus();
}

absl::Status Parser::Payload(const types::Type& type, std::string_view step, v1::Val& out) {
  const types::Path::Step in(path_, step);
  DAVIT_RETURN_IF_ERROR(Expect('('));
  DAVIT_RETURN_IF_ERROR(Value(type, out));
  return Expect(')');
}

absl::Status Parser::Variant(const types::Type& type, v1::Val& out) {
  const size_t start = token_.offset;
  DAVIT_ASSIGN_OR_RETURN(std::string name, Case());
  const std::optional<size_t> index = IndexOf(type.fields(), name);
  if (!index.has_value()) return Fault(start, absl::StrCat("no case '", name, "'"));
  v1::VariantVal& variant = *out.mutable_variant();
  variant.set_case_(name);
  const types::TypePtr& payload = type.fields()[*index].type;
  if (payload == nullptr) return absl::OkStatus();
  return Payload(*payload, name, *variant.mutable_payload());
}

absl::Status Parser::Enum(const types::Type& type, v1::Val& out) {
  const size_t start = token_.offset;
  DAVIT_ASSIGN_OR_RETURN(std::string name, Case());
  if (!IndexOf(type.fields(), name).has_value()) {
    return Fault(start, absl::StrCat("no case '", name, "'"));
  }
  out.set_enum_(std::move(name));
  return absl::OkStatus();
}

absl::Status Parser::Option(const types::Type& type, v1::Val& out) {
  const types::Type& payload = *type.element();
  v1::OptionVal& option = *out.mutable_option();
  if (IsKeyword("none")) {
    Advance();
    return absl::OkStatus();
  }
  if (IsKeyword("some")) {
    Advance();
    return Payload(payload, "some", *option.mutable_some());
  }
  if (IsOptionOrResult(payload)) return Want("some(...) or none");
  return Value(payload, *option.mutable_some());
}

absl::Status Parser::Outcome(const types::TypePtr& type, std::string_view step,
                             v1::ResultVal::Payload& outcome) {
  Advance();
  if (type == nullptr) return absl::OkStatus();
  return Payload(*type, step, *outcome.mutable_value());
}

absl::Status Parser::Result(const types::Type& type, v1::Val& out) {
  const types::TypePtr& ok = type.fields()[0].type;
  v1::ResultVal& result = *out.mutable_result();
  if (IsKeyword("ok")) return Outcome(ok, "ok", *result.mutable_ok());
  if (IsKeyword("err")) return Outcome(type.fields()[1].type, "err", *result.mutable_err());
  if (ok == nullptr || IsOptionOrResult(*ok)) return Want("ok or err");
  return Value(*ok, *result.mutable_ok()->mutable_value());
}

absl::Status Parser::Flags(const types::Type& type, v1::Val& out) {
  if (!Skip('{')) return Want("flags");
  v1::FlagsVal& flags = *out.mutable_flags();
  std::vector<bool> seen(type.fields().size());
  return Sequence('}', [&]() -> absl::Status {
    if (token_.kind != TokenKind::kLabel) return Want("a flag");
    const std::string_view name = absl::StripPrefix(token_.text, "%");
    const std::optional<size_t> index = IndexOf(type.fields(), name);
    if (!index.has_value()) return Fault(token_.offset, absl::StrCat("no flag '", name, "'"));
    if (seen[*index]) {
      return Fault(token_.offset, absl::StrCat("flag '", name, "' is there twice"));
    }
    seen[*index] = true;
    flags.add_labels(std::string(name));
    Advance();
    return absl::OkStatus();
  });
}

absl::Status Parser::Entry(const types::Type& type, size_t index, char separator, v1::MapVal& map) {
  const types::Path::Step step(path_, index);
  v1::EntryVal& entry = *map.add_entries();
  DAVIT_RETURN_IF_ERROR(Value(*type.fields()[0].type, *entry.mutable_key()));
  DAVIT_RETURN_IF_ERROR(Expect(separator));
  return Value(*type.fields()[1].type, *entry.mutable_value());
}

absl::Status Parser::Map(const types::Type& type, v1::Val& out) {
  v1::MapVal& map = *out.mutable_map();
  size_t index = 0;
  if (Skip('{')) {
    if (Skip(':')) return Expect('}');
    return Sequence('}', [&] { return Entry(type, index++, ':', map); });
  }
  if (!Skip('[')) return Want("map");
  return Sequence(']', [&]() -> absl::Status {
    if (!Skip('(')) return Want("a (key, value) tuple");
    DAVIT_RETURN_IF_ERROR(Entry(type, index++, ',', map));
    Skip(',');
    return Expect(')');
  });
}

// A flat switch: one line to a kind.
absl::Status Parser::Value(const types::Type& type, v1::Val& out) {
  const types::Kind kind = type.kind();
  const auto set = [&](auto value, auto setter) -> absl::Status {
    DAVIT_RETURN_IF_ERROR(value.status());
    (out.*setter)(*std::move(value));
    return absl::OkStatus();
  };
  switch (kind) {
    case types::Kind::kBool:
      return Bool(out);
    case types::Kind::kS8:
      return set(Integer<int8_t>(kind), &v1::Val::set_s8);
    case types::Kind::kU8:
      return set(Integer<uint8_t>(kind), &v1::Val::set_u8);
    case types::Kind::kS16:
      return set(Integer<int16_t>(kind), &v1::Val::set_s16);
    case types::Kind::kU16:
      return set(Integer<uint16_t>(kind), &v1::Val::set_u16);
    case types::Kind::kS32:
      return set(Integer<int32_t>(kind), &v1::Val::set_s32);
    case types::Kind::kU32:
      return set(Integer<uint32_t>(kind), &v1::Val::set_u32);
    case types::Kind::kS64:
      return set(Integer<int64_t>(kind), &v1::Val::set_s64);
    case types::Kind::kU64:
      return set(Integer<uint64_t>(kind), &v1::Val::set_u64);
    case types::Kind::kF32:
      return set(Float<float>(kind), &v1::Val::set_f32);
    case types::Kind::kF64:
      return set(Float<double>(kind), &v1::Val::set_f64);
    case types::Kind::kChar:
      return Char(out);
    case types::Kind::kString:
      return set(String("string"), &v1::Val::set_string<std::string>);
    case types::Kind::kRecord:
      return Record(type, out);
    case types::Kind::kTuple:
      return Tuple(type, out);
    case types::Kind::kVariant:
      return Variant(type, out);
    case types::Kind::kEnum:
      return Enum(type, out);
    case types::Kind::kOption:
      return Option(type, out);
    case types::Kind::kResult:
      return Result(type, out);
    case types::Kind::kFlags:
      return Flags(type, out);
    case types::Kind::kList:
    case types::Kind::kFixedList:
      return List(type, out);
    case types::Kind::kMap:
      return Map(type, out);
    case types::Kind::kOwn:
      return set(String("the name of a resource"), &v1::Val::set_own<std::string>);
    case types::Kind::kBorrow:
      return set(String("the name of a resource"), &v1::Val::set_borrow<std::string>);
    case types::Kind::kStream:
    case types::Kind::kFuture:
    case types::Kind::kErrorContext:
      break;
  }
  return Fault(token_.offset, absl::StrCat(types::KindName(kind), " values have no text"));
}

absl::StatusOr<std::vector<v1::Val>> Parser::Args(std::span<const types::Param> params) {
  std::vector<v1::Val> args(params.size());
  size_t given = 0;
  for (; token_.kind != TokenKind::kEnd; ++given) {
    const types::Path::Step step(path_, given);
    if (given == params.size()) {
      return Fault(token_.offset, absl::StrCat("there are only ", given, " parameters"));
    }
    DAVIT_RETURN_IF_ERROR(Value(*params[given].type, args[given]));
    if (!Skip(',') && token_.kind != TokenKind::kEnd) return Want("',' or the end");
  }
  for (; given < params.size(); ++given) {
    const types::Path::Step step(path_, given);
    if (params[given].type->kind() != types::Kind::kOption) {
      return Fault(token_.offset, absl::StrCat("parameter '", params[given].name, "' is missing"));
    }
    args[given].mutable_option();
  }
  return args;
}

absl::Status CheckUtf8(std::string_view text, std::string_view path) {
  const simdutf::result result = simdutf::validate_utf8_with_errors(text.data(), text.size());
  if (result.error == simdutf::SUCCESS) return absl::OkStatus();
  return base::ArgumentError(path, absl::StrCat("invalid UTF-8 at byte ", result.count));
}

absl::Status CheckDepth(const types::Type& type, std::string_view path) {
  if (type.depth() <= base::kMaxTypeDepth) return absl::OkStatus();
  return base::ArgumentError(path, "its type is nested too deeply");
}

}  // namespace

absl::StatusOr<v1::Val> ParseWave(std::string_view text, const types::Type& type) {
  constexpr std::string_view kRoot = "value";
  DAVIT_RETURN_IF_ERROR(CheckUtf8(text, kRoot));
  DAVIT_RETURN_IF_ERROR(CheckDepth(type, kRoot));
  Parser parser(text, std::string(kRoot), /*first_column=*/1);
  v1::Val val;
  DAVIT_RETURN_IF_ERROR(parser.Value(type, val));
  DAVIT_RETURN_IF_ERROR(parser.End());
  return val;
}

absl::StatusOr<std::vector<v1::Val>> ParseWaveArgs(std::string_view text,
                                                   std::span<const types::Param> params,
                                                   size_t first_column) {
  constexpr std::string_view kRoot = "args";
  DAVIT_RETURN_IF_ERROR(CheckUtf8(text, kRoot));
  for (const types::Param& param : params) DAVIT_RETURN_IF_ERROR(CheckDepth(*param.type, kRoot));
  return Parser(text, std::string(kRoot), first_column).Args(params);
}

}  // namespace davit::text
