#include "runtime/types/wit_type.h"

#include "absl/strings/str_cat.h"
#include "runtime/types/wit_name.h"
#include "runtime/types/wit_scope.h"

namespace davit::types {

void WitTypeWriter::Expression(const Type& type) {
  if (full()) return;
  if (const std::optional<std::string> name = namer_.NameOf(type)) {
    out_.append(*name);
  } else {
    Structure(type);
  }
}

void WitTypeWriter::Structure(const Type& type) {
  switch (type.kind()) {
    case Kind::kRecord:
    case Kind::kVariant:
    case Kind::kEnum:
    case Kind::kFlags:
      return InlineFields(KindName(type.kind()), type);
    case Kind::kFixedList:
      out_.append("list<");
      Expression(*type.element());
      absl::StrAppend(&out_, ", ", type.length(), ">");
      return;
    case Kind::kResult:
      return ResultArguments(type);
    case Kind::kOwn:
    case Kind::kBorrow:
      return Resource(type);
    default:
      return Arguments(KindName(type.kind()), type);
  }
}

void WitTypeWriter::Resource(const Type& type) {
  const std::string name = namer_.NameOf(type.resource());
  if (type.kind() == Kind::kOwn) {
    out_.append(name);
  } else {
    absl::StrAppend(&out_, "borrow<", name, ">");
  }
}

// "option<T>", "tuple<A, B>", "u8", "stream", ...
void WitTypeWriter::Arguments(std::string_view keyword, const Type& type) {
  out_.append(keyword);
  std::string_view separator = "<";
  for (const Field& field : type.fields()) {
    if (field.type == nullptr || full()) break;
    out_.append(separator);
    Expression(*field.type);
    separator = ", ";
  }
  if (separator != "<") out_.push_back('>');
}

void WitTypeWriter::ResultArguments(const Type& type) {
  const TypePtr& ok = type.fields()[0].type;
  const TypePtr& err = type.fields()[1].type;
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
void WitTypeWriter::FieldOf(const Type& type, const Field& field) {
  out_.append(WitIdentifier(field.name));
  if (field.type == nullptr) return;
  const bool is_case = type.kind() == Kind::kVariant;
  out_.append(is_case ? "(" : ": ");
  Expression(*field.type);
  if (is_case) out_.push_back(')');
}

void WitTypeWriter::InlineFields(std::string_view keyword, const Type& type) {
  absl::StrAppend(&out_, keyword, " {");
  std::string_view separator = " ";
  for (const Field& field : type.fields()) {
    if (full()) break;
    out_.append(separator);
    separator = ", ";
    FieldOf(type, field);
  }
  out_.append(" }");
}

void WitTypeWriter::Definition(std::string_view name, const Type& type, std::string_view indent) {
  if (!ExistsByNameOnly(type.kind())) {
    absl::StrAppend(&out_, indent, "type ", name, " = ");
    Structure(type);
    out_.append(";\n");
    return;
  }
  absl::StrAppend(&out_, indent, KindName(type.kind()), " ", name, " {\n");
  for (const Field& field : type.fields()) {
    if (full()) return;
    absl::StrAppend(&out_, indent, "  ");
    FieldOf(type, field);
    out_.append(",\n");
  }
  absl::StrAppend(&out_, indent, "}\n");
}

void WitTypeWriter::Params(const FuncType& type, size_t first) {
  out_.push_back('(');
  for (size_t i = first; i < type.params.size() && !full(); ++i) {
    absl::StrAppend(&out_, i == first ? "" : ", ", WitIdentifier(type.params[i].name), ": ");
    Expression(*type.params[i].type);
  }
  out_.push_back(')');
}

void WitTypeWriter::Result(const FuncType& type) {
  if (type.result == nullptr) return;
  out_.append(" -> ");
  Expression(*type.result);
}

void WitTypeWriter::Function(const FuncType& type, bool is_method) {
  out_.append(type.is_async ? "async func" : "func");
  Params(type, is_method ? 1 : 0);
  Result(type);
}

}  // namespace davit::types
