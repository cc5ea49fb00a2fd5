#include "runtime/text/wit_type.h"

#include "absl/strings/str_cat.h"
#include "runtime/text/wit_name.h"
#include "runtime/text/wit_scope.h"

namespace davit::text {

void WitTypeWriter::Expression(const types::Type& type) {
  if (full()) return;
  if (const std::optional<std::string> name = namer_.NameOf(type)) {
    out_.append(*name);
  } else {
    Structure(type);
  }
}

void WitTypeWriter::Structure(const types::Type& type) {
  switch (type.kind()) {
    case types::Kind::kRecord:
    case types::Kind::kVariant:
    case types::Kind::kEnum:
    case types::Kind::kFlags:
      return InlineFields(types::KindName(type.kind()), type);
    case types::Kind::kFixedList:
      out_.append("list<");
      Expression(*type.element());
      absl::StrAppend(&out_, ", ", type.length(), ">");
      return;
    case types::Kind::kResult:
      return ResultArguments(type);
    case types::Kind::kOwn:
    case types::Kind::kBorrow:
      return Resource(type);
    default:
      return Arguments(types::KindName(type.kind()), type);
  }
}

void WitTypeWriter::Resource(const types::Type& type) {
  const std::string name = namer_.NameOf(type.resource());
  if (type.kind() == types::Kind::kOwn) {
    out_.append(name);
  } else {
    absl::StrAppend(&out_, "borrow<", name, ">");
  }
}

// "option<T>", "tuple<A, B>", "u8", "stream", ...
void WitTypeWriter::Arguments(std::string_view keyword, const types::Type& type) {
  out_.append(keyword);
  std::string_view separator = "<";
  for (const types::Field& field : type.fields()) {
    if (field.type == nullptr || full()) break;
    out_.append(separator);
    Expression(*field.type);
    separator = ", ";
  }
  if (separator != "<") out_.push_back('>');
}

void WitTypeWriter::ResultArguments(const types::Type& type) {
  const types::TypePtr& ok = type.fields()[0].type;
  const types::TypePtr& err = type.fields()[1].type;
  out_.append("result");
  if (ok == nullptr && err == nullptr) return;
  out_.append(ok == nullptr ? "<_" : "<");
  if (ok != nullptr) Expression(*ok);
  if (err != nullptr) {
    out_.append(", ");
    Expression(*err);
  }
  out_.push_back('>');
}

// "a: u8" of a record, "a(u8)" of a variant, "a" of enum and flags.
void WitTypeWriter::FieldOf(const types::Type& type, const types::Field& field) {
  out_.append(WitIdentifier(field.name));
  if (field.type == nullptr) return;
  const bool is_case = type.kind() == types::Kind::kVariant;
  out_.append(is_case ? "(" : ": ");
  Expression(*field.type);
  if (is_case) out_.push_back(')');
}

void WitTypeWriter::InlineFields(std::string_view keyword, const types::Type& type) {
  absl::StrAppend(&out_, keyword, " {");
  std::string_view separator = " ";
  for (const types::Field& field : type.fields()) {
    if (full()) break;
    out_.append(separator);
    separator = ", ";
    FieldOf(type, field);
  }
  out_.append(" }");
}

void WitTypeWriter::Definition(std::string_view name, const types::Type& type,
                               std::string_view indent) {
  if (!ExistsByNameOnly(type.kind())) {
    absl::StrAppend(&out_, indent, "type ", name, " = ");
    Structure(type);
    out_.append(";\n");
    return;
  }
  absl::StrAppend(&out_, indent, types::KindName(type.kind()), " ", name, " {\n");
  for (const types::Field& field : type.fields()) {
    if (full()) return;
    absl::StrAppend(&out_, indent, "  ");
    FieldOf(type, field);
    out_.append(",\n");
  }
  absl::StrAppend(&out_, indent, "}\n");
}

void WitTypeWriter::Params(const types::FuncType& type, size_t first) {
  out_.push_back('(');
  for (size_t i = first; i < type.params.size() && !full(); ++i) {
    absl::StrAppend(&out_, i == first ? "" : ", ", WitIdentifier(type.params[i].name), ": ");
    Expression(*type.params[i].type);
  }
  out_.push_back(')');
}

void WitTypeWriter::Result(const types::FuncType& type) {
  if (type.result == nullptr) return;
  out_.append(" -> ");
  Expression(*type.result);
}

void WitTypeWriter::Function(const types::FuncType& type, bool is_method) {
  out_.append(type.is_async ? "async func" : "func");
  Params(type, is_method ? 1 : 0);
  Result(type);
}

}  // namespace davit::text
