#include "runtime/text/wit_text.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/text/wit_name.h"
#include "runtime/text/wit_scope.h"
#include "runtime/text/wit_type.h"

namespace davit::text {
namespace {

constexpr std::string_view kCut = "\n// The rest is too long to be shown.\n";

// Where nothing has a name.
class Anonymous final : public TypeNamer {
 public:
  std::optional<std::string> NameOf(const types::Type&) override { return std::nullopt; }
  std::string NameOf(types::ResourceId resource) override {
    return absl::StrCat("resource-", resource.value);
  }
};

template <typename Write>
std::string WriteAnonymously(Write write) {
  std::string text;
  Anonymous namer;
  WitTypeWriter writer(text, namer, kMaxWitBytes);
  write(writer);
  if (writer.full()) text.append(kCut);
  return text;
}

// What a comment says of an item that WIT cannot express.
std::string_view Description(const types::Item& item) {
  const auto* opaque = std::get_if<types::Opaque>(&item.of);
  if (opaque == nullptr) return "instance";
  switch (*opaque) {
    case types::Opaque::kComponent:
      return "component";
    case types::Opaque::kCoreModule:
      return "core module";
    case types::Opaque::kValue:
      return "value";
  }
  return "item";
}

// Writes the items of one interface or world. Types of other interfaces that come up are noted, so
// that `use`s for them can stand before the items.
class ScopeWriter final : public TypeNamer {
 public:
  // `self`: the interface that is written, if it has a name.
  ScopeWriter(const WitInterfaces& interfaces, std::optional<size_t> self, std::string indent,
              size_t max_bytes)
      : interfaces_(interfaces),
        self_(self),
        indent_(std::move(indent)),
        writer_(body_, *this, max_bytes) {}

  std::optional<std::string> NameOf(const types::Type& type) override;
  std::string NameOf(types::ResourceId resource) override;

  // Gives names to the types among `items`; to be called with all of them before Write.
  void Declare(const std::vector<const types::Extern*>& items);
  void WriteTypes();
  // `prefix`: "import " or "export " in a world.
  void WriteFunction(std::string_view prefix, const types::Extern& e, const types::FuncType& type);
  void WriteComment(std::string_view prefix, const types::Extern& e);
  void WriteLine(std::string_view line) { absl::StrAppend(&body_, indent_, line, "\n"); }
  bool full() const { return writer_.full(); }

  // The `use`s and then the items.
  std::string Take() &&;

 private:
  // `key` is a Type or a ResourceId here and below.
  template <typename Key>
  void DeclareAs(const types::Extern& e, const Key& key);
  bool IsElsewhere(const WitInterfaces::Definition& definition) const {
    return definition.interface != self_;
  }
  // Notes a `use` of `definition` and gives the name it has here.
  void Use(const WitInterfaces::Definition& definition, std::string_view as);
  template <typename Key>
  std::string NameOfDefinition(const WitInterfaces::Definition& definition, const Key& key);
  void WriteResource(const std::string& name);
  void WriteResourceFunction(const ResourceFuncName& name, const types::FuncType& type);
  std::string PathOf(const InterfaceName& name) const;

  const WitInterfaces& interfaces_;
  const std::optional<size_t> self_;
  const std::string indent_;
  std::string body_;
  WitTypeWriter writer_;
  TypeNames names_;
  std::vector<const types::Extern*> definitions_;  // of types and resources
  absl::flat_hash_map<std::string, std::vector<const types::Extern*>> functions_of_resource_;
  std::map<size_t, std::vector<std::string>> uses_;
};

std::optional<std::string> ScopeWriter::NameOf(const types::Type& type) {
  if (types::IsPrimitive(type.kind())) return std::nullopt;
  if (const std::string* name = names_.Find(type)) return WitIdentifier(*name);
  const WitInterfaces::Definition* definition = interfaces_.Find(type);
  if (definition == nullptr) return std::nullopt;
  return NameOfDefinition(*definition, type);
}

std::string ScopeWriter::NameOf(types::ResourceId resource) {
  if (const std::string* name = names_.Find(resource)) return WitIdentifier(*name);
  const WitInterfaces::Definition* definition = interfaces_.Find(resource);
  if (definition == nullptr) return absl::StrCat("resource-", resource.value);
  return NameOfDefinition(*definition, resource);
}

template <typename Key>
std::string ScopeWriter::NameOfDefinition(const WitInterfaces::Definition& definition,
                                          const Key& key) {
  if (!IsElsewhere(definition)) return WitIdentifier(definition.name);
  const std::string name = names_.Unused(std::string(definition.name));
  names_.Declare(name, key);
  Use(definition, name);
  return WitIdentifier(name);
}

void ScopeWriter::Use(const WitInterfaces::Definition& definition, std::string_view as) {
  std::string name = WitIdentifier(definition.name);
  if (as != definition.name) absl::StrAppend(&name, " as ", WitIdentifier(as));
  uses_[definition.interface].push_back(std::move(name));
}

void ScopeWriter::Declare(const std::vector<const types::Extern*>& items) {
  for (const types::Extern* e : items) {
    if (const auto* type = std::get_if<types::TypePtr>(&e->item->of)) {
      DeclareAs(*e, **type);
    } else if (const auto* resource = std::get_if<types::ResourceId>(&e->item->of)) {
      DeclareAs(*e, *resource);
    } else if (const auto name = ParseResourceFuncName(e->name);
               name.has_value() && std::holds_alternative<types::FuncType>(e->item->of)) {
      functions_of_resource_[name->resource].push_back(e);
    }
  }
}

template <typename Key>
void ScopeWriter::DeclareAs(const types::Extern& e, const Key& key) {
  if (!names_.Declare(e.name, key)) return;
  const WitInterfaces::Definition* definition = interfaces_.Find(key);
  if (definition != nullptr && IsElsewhere(*definition)) {
    Use(*definition, e.name);
  } else {
    definitions_.push_back(&e);
  }
}

void ScopeWriter::WriteTypes() {
  for (const types::Extern* e : definitions_) {
    if (full()) return;
    const std::string name = WitIdentifier(e->name);
    const auto* resource = std::get_if<types::ResourceId>(&e->item->of);
    const auto* type = std::get_if<types::TypePtr>(&e->item->of);
    const std::string* first = resource != nullptr ? names_.Find(*resource) : names_.Find(**type);
    if (first != nullptr && *first != e->name) {
      WriteLine(absl::StrCat("type ", name, " = ", WitIdentifier(*first), ";"));
    } else if (resource != nullptr) {
      WriteResource(e->name);
    } else {
      writer_.Definition(name, **type, indent_);
    }
  }
}

void ScopeWriter::WriteResource(const std::string& name) {
  const auto functions = functions_of_resource_.find(name);
  if (functions == functions_of_resource_.end()) {
    return WriteLine(absl::StrCat("resource ", WitIdentifier(name), ";"));
  }
  WriteLine(absl::StrCat("resource ", WitIdentifier(name), " {"));
  for (const types::Extern* e : functions->second) {
    if (full()) return;
    WriteResourceFunction(*ParseResourceFuncName(e->name), std::get<types::FuncType>(e->item->of));
  }
  WriteLine("}");
}

void ScopeWriter::WriteResourceFunction(const ResourceFuncName& name, const types::FuncType& type) {
  using Kind = ResourceFuncName::Kind;
  absl::StrAppend(&body_, indent_, "  ");
  if (name.kind == Kind::kConstructor) {
    body_.append("constructor");
    writer_.Params(type, 0);
    const bool can_fail = type.result != nullptr && type.result->kind() == types::Kind::kResult;
    if (can_fail) writer_.Result(type);
  } else {
    const bool is_method = name.kind == Kind::kMethod;
    absl::StrAppend(&body_, WitIdentifier(name.function), is_method ? ": " : ": static ");
    writer_.Function(type, is_method);
  }
  body_.append(";\n");
}

void ScopeWriter::WriteFunction(std::string_view prefix, const types::Extern& e,
                                const types::FuncType& type) {
  if (full()) return;
  const auto name = ParseResourceFuncName(e.name);
  if (!name.has_value()) {
    absl::StrAppend(&body_, indent_, prefix, WitIdentifier(e.name), ": ");
    writer_.Function(type, /*is_method=*/false);
    body_.append(";\n");
  }
}

void ScopeWriter::WriteComment(std::string_view prefix, const types::Extern& e) {
  if (full()) return;
  WriteLine(absl::StrCat("// ", prefix, e.name, ": ", Description(*e.item)));
}

// Within its own package an interface is called without it.
std::string ScopeWriter::PathOf(const InterfaceName& name) const {
  if (self_.has_value()) {
    const InterfaceName& self = interfaces_.all()[*self_].name;
    if (self.package == name.package && self.version == name.version) {
      return WitIdentifier(name.interface);
    }
  }
  return absl::StrCat(name.package, "/", WitIdentifier(name.interface),
                      name.version.empty() ? "" : "@", name.version);
}

std::string ScopeWriter::Take() && {
  std::string text;
  for (const auto& [interface, names] : uses_) {
    absl::StrAppend(&text, indent_, "use ", PathOf(interfaces_.all()[interface].name), ".{",
                    absl::StrJoin(names, ", "), "};\n");
  }
  if (!uses_.empty() && !body_.empty()) text.push_back('\n');
  text.append(body_);
  return text;
}

class Document {
 public:
  explicit Document(const types::World& world) : world_(world), interfaces_(world) {}

  std::string Write();

 private:
  size_t bytes_left() const { return kMaxWitBytes - std::min(kMaxWitBytes, out_.size()); }
  void WriteWorld();
  void WriteExterns(ScopeWriter& scope, std::string_view prefix,
                    const std::vector<types::Extern>& externs);
  void WriteInstance(ScopeWriter& scope, std::string_view prefix, const types::Extern& e,
                     const types::Instance& instance);
  std::string ItemsOf(const std::vector<const types::Extern*>& items, std::optional<size_t> self,
                      std::string indent) const;
  void WritePackages();

  const types::World& world_;
  const WitInterfaces interfaces_;
  std::string out_ = "package root:component;\n";
};

std::vector<const types::Extern*> PointersTo(const std::vector<types::Extern>& externs) {
  std::vector<const types::Extern*> pointers;
  pointers.reserve(externs.size());
  for (const types::Extern& e : externs) pointers.push_back(&e);
  return pointers;
}

std::string Document::ItemsOf(const std::vector<const types::Extern*>& items,
                              std::optional<size_t> self, std::string indent) const {
  ScopeWriter scope(interfaces_, self, std::move(indent), bytes_left());
  scope.Declare(items);
  scope.WriteTypes();
  for (const types::Extern* e : items) {
    if (const auto* func = std::get_if<types::FuncType>(&e->item->of)) {
      scope.WriteFunction("", *e, *func);
    } else if (!std::holds_alternative<types::TypePtr>(e->item->of) &&
               !std::holds_alternative<types::ResourceId>(e->item->of)) {
      scope.WriteComment("", *e);
    }
  }
  return std::move(scope).Take();
}

void Document::WriteInstance(ScopeWriter& scope, std::string_view prefix, const types::Extern& e,
                             const types::Instance& instance) {
  if (ParseInterfaceName(e.name).has_value()) {
    scope.WriteLine(absl::StrCat(prefix, e.name, ";"));
  } else if (e.name.find_first_of(":/=") != std::string::npos) {
    scope.WriteComment(prefix, e);
  } else {
    scope.WriteLine(absl::StrCat(prefix, WitIdentifier(e.name), ": interface {\n",
                                 ItemsOf(PointersTo(instance.items), std::nullopt, "    "), "  }"));
  }
}

void Document::WriteExterns(ScopeWriter& scope, std::string_view prefix,
                            const std::vector<types::Extern>& externs) {
  for (const types::Extern& e : externs) {
    if (scope.full()) return;
    if (const auto* instance = std::get_if<types::Instance>(&e.item->of)) {
      WriteInstance(scope, prefix, e, *instance);
    } else if (const auto* func = std::get_if<types::FuncType>(&e.item->of)) {
      scope.WriteFunction(prefix, e, *func);
    } else if (std::holds_alternative<types::Opaque>(e.item->of)) {
      scope.WriteComment(prefix, e);
    }
  }
}

void Document::WriteWorld() {
  ScopeWriter scope(interfaces_, std::nullopt, "  ", bytes_left());
  scope.Declare(PointersTo(world_.imports));
  scope.Declare(PointersTo(world_.exports));
  scope.WriteTypes();
  WriteExterns(scope, "import ", world_.imports);
  WriteExterns(scope, "export ", world_.exports);
  absl::StrAppend(&out_, "\nworld root {\n", std::move(scope).Take(), "}\n");
}

void Document::WritePackages() {
  std::vector<std::pair<std::string, std::vector<size_t>>> packages;
  absl::flat_hash_map<std::string, size_t> by_name;
  for (size_t i = 0; i < interfaces_.all().size(); ++i) {
    const InterfaceName& name = interfaces_.all()[i].name;
    std::string package = absl::StrCat(name.package, name.version.empty() ? "" : "@", name.version);
    const auto [at, is_new] = by_name.try_emplace(package, packages.size());
    if (is_new) packages.push_back({std::move(package), {}});
    packages[at->second].second.push_back(i);
  }
  for (const auto& [package, members] : packages) {
    if (bytes_left() == 0) return;
    absl::StrAppend(&out_, "\npackage ", package, " {\n");
    for (const size_t i : members) {
      const WitInterface& interface = interfaces_.all()[i];
      absl::StrAppend(&out_, "  interface ", WitIdentifier(interface.name.interface), " {\n",
                      ItemsOf(interface.items, i, "    "), "  }\n");
    }
    out_.append("}\n");
  }
}

std::string Document::Write() {
  WriteWorld();
  WritePackages();
  if (bytes_left() == 0) {
    out_.resize(kMaxWitBytes);
    out_.append(kCut);
  } else if (interfaces_.incomplete()) {
    out_.append(kCut);
  }
  return std::move(out_);
}

}  // namespace

std::string ToWit(const types::Type& type) {
  return WriteAnonymously([&](WitTypeWriter& writer) { writer.Structure(type); });
}

std::string ToWit(const types::FuncType& type) {
  return WriteAnonymously(
      [&](WitTypeWriter& writer) { writer.Function(type, /*is_method=*/false); });
}

std::string ToWit(const types::World& world) { return Document(world).Write(); }

}  // namespace davit::text
