#include "client/codegen/definitions.h"

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "client/codegen/cpp_names.h"
#include "client/codegen/source_text.h"

namespace davit::codegen {
namespace {

using types::Kind;

// The fields of a record in C++.
std::vector<std::string> Members(const types::Type& record) {
  CppNames names;
  std::vector<std::string> members;
  for (const types::Field& field : record.fields()) {
    members.push_back(names.Take(SnakeCase(field.name)));
  }
  return members;
}

// "kAccess", ... of cases or labels.
std::vector<std::string> Constants(const types::Type& type) {
  CppNames names;
  std::vector<std::string> constants;
  for (const types::Field& field : type.fields()) {
    constants.push_back(names.Take(absl::StrCat("k", PascalCase(field.name))));
  }
  return constants;
}

std::string_view InitialValue(const types::Type& type) {
  if (type.kind() == Kind::kBool) return " = false";
  if (type.kind() == Kind::kChar || types::IsFixedWidthNumber(type.kind())) return " = 0";
  if (type.kind() == Kind::kEnum || type.kind() == Kind::kFlags) return " = {}";
  return "";
}

std::string RecordDefinition(const TypeModel& type, CppTypes& types) {
  std::string text = absl::StrCat("struct ", type.cpp, " {\n");
  const std::vector<std::string> members = Members(*type.type);
  for (size_t i = 0; i < members.size(); ++i) {
    const types::Type& of = *type.type->fields()[i].type;
    absl::StrAppend(&text, "  ", types.Of(of), " ", members[i], InitialValue(of), ";\n");
  }
  absl::StrAppend(&text, absl::Substitute("  friend bool operator==(const $0&, const $0&) = "
                                          "default;\n};\n",
                                          type.cpp));
  return text;
}

std::string_view Unsigned(size_t bits) {
  return bits <= 8 ? "uint8_t" : bits <= 16 ? "uint16_t" : "uint32_t";
}

// An unsigned type for numbers below `count`.
std::string_view IndexType(size_t count) { return Unsigned(count <= 256 ? 8 : 16); }

// "enum class NAME : TYPE { constants };", with a line for each where they need several.
std::string EnumText(std::string_view indent, std::string_view name, std::string_view type,
                     const std::vector<std::string>& constants) {
  const std::string head = absl::StrCat(indent, "enum class ", name, " : ", type, " {");
  const std::string line = Wrapped(absl::StrCat(head, " "), constants, " };\n", 0);
  if (line.find('\n') == line.size() - 1) return line;
  std::string text = absl::StrCat(head, "\n");
  for (const std::string& constant : constants) {
    absl::StrAppend(&text, indent, "  ", constant, ",\n");
  }
  return absl::StrCat(text, indent, "};\n");
}

std::string FlagsDefinition(const TypeModel& type) {
  std::vector<std::string> constants = Constants(*type.type);
  for (size_t i = 0; i < constants.size(); ++i) absl::StrAppend(&constants[i], " = 1u << ", i);
  return absl::StrCat(EnumText("", type.cpp, Unsigned(constants.size()), constants),
                      absl::Substitute(R"(constexpr $0 operator|($0 a, $0 b) {
  return static_cast<$0>(std::to_underlying(a) | std::to_underlying(b));
}
constexpr $0 operator&($0 a, $0 b) {
  return static_cast<$0>(std::to_underlying(a) & std::to_underlying(b));
}
constexpr $0& operator|=($0& a, $0 b) {
  return a = a | b;
}
constexpr bool Has($0 flags, $0 wanted) {
  return (flags & wanted) == wanted;
}
)",
                                       type.cpp));
}

// The functions of a variant's class that are named for its cases.
struct CaseNames {
  std::vector<std::string> makers;   // "Closed"
  std::vector<std::string> getters;  // "closed"; of those with a payload
};

CaseNames NamesOfCases(const TypeModel& type) {
  CppNames makers({type.cpp, "Case", "Payloads", "Own", "Borrow", "Result"});
  CppNames getters({"which", "payloads", "payloads_"});
  CaseNames names;
  for (const types::Field& field : type.type->fields()) {
    names.makers.push_back(makers.Take(PascalCase(field.name)));
    names.getters.push_back(field.type == nullptr ? "" : getters.Take(SnakeCase(field.name)));
  }
  return names;
}

std::string MakerOf(const TypeModel& type, size_t i, const std::string& maker,
                    const std::string& payload) {
  if (payload.empty()) {
    return absl::Substitute("  static $0 $1() { return $0(std::in_place_index<$2>); }\n", type.cpp,
                            maker, i);
  }
  const std::string head = absl::Substitute("  static $0 $1(", type.cpp, maker);
  const std::vector<std::string> params = {absl::StrCat(payload, " payload")};
  return absl::StrCat(
      Wrapped(head, params, ") {\n", 6),
      absl::Substitute("    return $0(std::in_place_index<$1>, std::move(payload));\n  }\n",
                       type.cpp, i));
}

std::string GetterOf(size_t i, const std::string& getter, const std::string& payload) {
  const std::string head = absl::Substitute("  const $0* $1() const {", payload, getter);
  const std::string body = absl::Substitute("return std::get_if<$0>(&payloads_);", i);
  const std::string line = absl::StrCat(head, " ", body, " }\n");
  if (line.size() <= kLineLength + 1) return line;
  return absl::StrCat(head, "\n    ", body, "\n  }\n");
}

std::string VariantDefinition(const TypeModel& type, CppTypes& types) {
  const CaseNames names = NamesOfCases(type);
  absl::flat_hash_set<std::string> hidden(names.makers.begin(), names.makers.end());
  hidden.insert({"Case", "Payloads"});
  types.Hide(std::move(hidden));
  std::vector<std::string> payloads;
  std::string makers, getters;
  for (size_t i = 0; i < names.makers.size(); ++i) {
    const types::TypePtr& of = type.type->fields()[i].type;
    const std::string payload = of == nullptr ? "" : types.Of(*of);
    payloads.push_back(of == nullptr ? "std::monostate" : payload);
    makers += MakerOf(type, i, names.makers[i], payload);
    if (of == nullptr) continue;
    getters += GetterOf(i, names.getters[i], payload);
  }
  types.Hide({});
  const std::string_view about_getters =
      getters.empty() ? "" : "\n  // The payload of a case; null where the value is of another.\n";
  return absl::StrCat(
      "class ", type.cpp, " {\n public:\n",
      EnumText("  ", "Case", IndexType(payloads.size()), Constants(*type.type)),
      Wrapped("  using Payloads = std::variant<", payloads, ">;\n", 6), "\n", makers,
      absl::Substitute("\n  $0() = default;  // The first case.\n"
                       "  Case which() const { return static_cast<Case>(payloads_.index()); }\n",
                       type.cpp),
      about_getters, getters,
      absl::Substitute(R"(
  Payloads& payloads() { return payloads_; }
  const Payloads& payloads() const { return payloads_; }
  friend bool operator==(const $0&, const $0&) = default;

 private:
  template <size_t kIndex, typename... Payload>
  explicit $0(std::in_place_index_t<kIndex> index, Payload&&... payload)
      : payloads_(index, std::forward<Payload>(payload)...) {}

  Payloads payloads_;
};
)",
                       type.cpp));
}

// "static constexpr std::array<...> kNames = {...};"
std::string NamesOf(const types::Type& type) {
  std::vector<std::string> names;
  for (const types::Field& field : type.fields()) {
    names.push_back(absl::StrCat("\"", field.name, "\""));
  }
  return Wrapped(absl::StrCat("  static constexpr std::array<std::string_view, ", names.size(),
                              "> kNames = {"),
                 names, "};\n", 6);
}

std::string TieOf(const types::Type& record) {
  std::vector<std::string> members = Members(record);
  for (std::string& member : members) member.insert(0, "value.");
  const std::string line =
      Wrapped("  static auto Tie(auto& value) { return std::tie(", members, "); }\n", 0);
  if (line.find('\n') == line.size() - 1) return line;
  return absl::StrCat("  static auto Tie(auto& value) {\n",
                      Wrapped("    return std::tie(", members, ");\n", 8), "  }\n");
}

}  // namespace

std::string Definition(const TypeModel& type, CppTypes& types) {
  if (const auto alias = types.AliasOf(type)) {
    return absl::StrCat("using ", type.cpp, " = ", *alias, ";\n");
  }
  if (type.is_resource()) {
    return absl::StrCat("// resource ", type.wit, "\nclass ", type.cpp, ";\n");
  }
  const std::string about =
      absl::StrCat("// ", types::KindName(type.type->kind()), " ", type.wit, "\n");
  switch (type.type->kind()) {
    case Kind::kRecord:
      return about + RecordDefinition(type, types);
    case Kind::kVariant:
      return about + VariantDefinition(type, types);
    case Kind::kEnum: {
      const std::vector<std::string> constants = Constants(*type.type);
      return about + EnumText("", type.cpp, IndexType(constants.size()), constants);
    }
    default:
      return about + FlagsDefinition(type);
  }
}

std::string Traits(const TypeModel& type, const InterfaceModel& interface, CppTypes& types) {
  if (type.is_resource() || types.AliasOf(type).has_value()) return "";
  const auto traits = [&](std::string_view kind, std::string_view members) {
    return absl::StrCat("template <>\nstruct ", kind, "Traits<::", interface.cpp_namespace,
                        "::", type.cpp, "> {\n", NamesOf(*type.type), members, "};\n");
  };
  switch (type.type->kind()) {
    case Kind::kRecord:
      return traits("Record", TieOf(*type.type));
    case Kind::kVariant:
      return traits("Variant",
                    "  static auto& Payloads(auto& value) { return value.payloads(); }\n");
    case Kind::kEnum:
      return traits("Enum", "");
    default:
      return traits("Flags", "");
  }
}

}  // namespace davit::codegen
