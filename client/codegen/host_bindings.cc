#include "client/codegen/host_bindings.h"

#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/codegen/cpp_types.h"
#include "client/codegen/definitions.h"
#include "client/codegen/host_class.h"
#include "client/codegen/interface_model.h"
#include "client/codegen/source_text.h"
#include "runtime/base/status_macros.h"

namespace davit::codegen {
namespace {

// What a header includes or declares where its text has the word.
struct ForWord {
  std::string_view word;
  std::string_view name;
};

constexpr auto kStandardHeaders = std::to_array<ForWord>({
    {"std::array<", "array"},
    {"size_t ", "cstddef"},
    {"int", "cstdint"},
    {"std::optional<", "optional"},
    {"std::span<", "span"},
    {"std::string", "string"},
    {"std::string_view", "string_view"},
    {"std::t", "tuple"},
    {"std::", "utility"},
    {"std::variant<", "variant"},
    {"std::vector<", "vector"},
});
constexpr auto kProjectHeaders = std::to_array<ForWord>({
    {"absl::Status", "absl/status/status.h"},
    {"absl::StatusOr<", "absl/status/statusor.h"},
    {"HostState", "runtime/canon/host_state.h"},
    {"", "runtime/canon/native/native_traits.h"},
    {"Reply<", "runtime/component/host_reply.h"},
    {"Rep rep", "runtime/handles/handle_table.h"},
});
constexpr auto kNames = std::to_array<ForWord>({
    {"Borrow<", "canon::Borrow"},
    {"HostState", "canon::HostState"},
    {"Own<", "canon::Own"},
    {"Result<", "canon::Result"},
    {"Linker", "component::Linker"},
    {"Reply<", "component::Reply"},
    {"Rep rep", "handles::Rep"},
});

constexpr std::string_view kPragma = R"(
#if !defined(__clang__)
// g++ 16 takes what is in a std::expected for uninitialized where much is inlined.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

)";

std::string MadeOf(const InterfaceModel& interface) {
  return absl::StrCat("// Made of ", interface.wit, " by client/codegen; not to be edited.\n");
}

std::string GuardOf(std::string_view path) {
  return absl::AsciiStrToUpper(
      absl::StrCat("DAVIT_", absl::StrReplaceAll(path, {{"/", "_"}, {".", "_"}, {"-", "_"}}), "_"));
}

class FileWriter {
 public:
  FileWriter(const Models& models, const InterfaceModel& interface, std::string_view include_dir)
      : interface_(interface),
        include_dir_(include_dir),
        models_(models),
        types_(models, interface) {}

  std::string Header();
  std::string Source() const;

 private:
  std::string PathOf(std::string_view stem) const {
    return absl::StrCat(include_dir_, "/", stem, ".h");
  }
  std::string Body();
  std::string AllTraits();
  std::string Includes(std::string_view text) const;

  const InterfaceModel& interface_;
  const std::string_view include_dir_;
  const Models& models_;
  CppTypes types_;
};

std::string FileWriter::Body() {
  std::string body;
  for (const TypeModel& type : interface_.types) {
    absl::StrAppend(&body, Definition(type, types_), "\n");
    types_.SetDefined(type);
  }
  absl::StrAppend(
      &body,
      Comment(0, absl::StrCat("What a host offers of ", interface_.wit,
                              " to one instance. An error ends the guest with that status.")),
      HostClass(models_, interface_, types_),
      R"(
// Defines all of it in `linker`; `host` finds what the instance of a call has. ALREADY_EXISTS when
// some of it is defined.
absl::Status Define(Linker& linker, Host& (*host)(HostState& state));
)");
  return body;
}

std::string FileWriter::AllTraits() {
  std::string text;
  for (const TypeModel& type : interface_.types) {
    if (const std::string traits = Traits(type, interface_, types_); !traits.empty()) {
      absl::StrAppend(&text, "\n", traits);
    }
  }
  if (text.empty()) return "";
  return absl::StrCat("\nnamespace davit::canon {\n", text, "\n}  // namespace davit::canon\n");
}

std::string FileWriter::Includes(std::string_view text) const {
  std::string includes;
  for (const auto& [word, name] : kStandardHeaders) {
    if (absl::StrContains(text, word)) absl::StrAppend(&includes, "#include <", name, ">\n");
  }
  std::set<std::string> ours;
  for (const auto& [word, name] : kProjectHeaders) {
    if (absl::StrContains(text, word)) ours.emplace(name);
  }
  for (const std::string& stem : types_.stems()) ours.insert(PathOf(stem));
  absl::StrAppend(&includes, "\n");
  for (const std::string& name : ours) absl::StrAppend(&includes, "#include \"", name, "\"\n");
  return includes;
}

std::string FileWriter::Header() {
  const std::string body = Body();
  const std::string traits = AllTraits();
  const std::string guard = GuardOf(PathOf(interface_.stem));
  std::string names;
  for (const auto& [word, name] : kNames) {
    if (absl::StrContains(body, word)) absl::StrAppend(&names, "using ::davit::", name, ";\n");
  }
  return absl::StrCat(MadeOf(interface_), "#ifndef ", guard, "\n#define ", guard, "\n\n",
                      Includes(body + traits),
                      "\nnamespace davit::component {\nclass Linker;\n}  // namespace "
                      "davit::component\n\nnamespace ",
                      interface_.cpp_namespace, " {\n\n", names, "\n", body, "\n}  // namespace ",
                      interface_.cpp_namespace, "\n", traits, "\n#endif  // ", guard, "\n");
}

std::string FileWriter::Source() const {
  return absl::StrCat(
      MadeOf(interface_), kPragma, "#include \"", PathOf(interface_.stem), "\"\n\n",
      "#include \"runtime/component/host_methods.h\"\n\nnamespace ", interface_.cpp_namespace,
      " {\n\nusing ::davit::component::HostMethods;\n\nHost::~Host() = default;\n\n",
      "absl::Status Define(Linker& linker, Host& (*host)(HostState& state)) {\n",
      DefineBody(interface_), "}\n\n}  // namespace ", interface_.cpp_namespace, "\n");
}

}  // namespace

absl::StatusOr<std::vector<GeneratedFile>> GenerateHostBindings(
    const types::World& world, const HostBindingsOptions& options) {
  DAVIT_ASSIGN_OR_RETURN(const Models models, Models::Create(world, options));
  std::vector<GeneratedFile> files;
  for (const InterfaceModel& interface : models.all()) {
    FileWriter writer(models, interface, options.include_dir);
    files.push_back({.name = interface.stem + ".h", .text = writer.Header()});
    files.push_back({.name = interface.stem + ".cc", .text = writer.Source()});
  }
  return files;
}

}  // namespace davit::codegen
