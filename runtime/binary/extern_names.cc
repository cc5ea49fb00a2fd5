#include "runtime/binary/extern_names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"

namespace davit::binary {
namespace {

absl::Status Bad(std::string_view name, std::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("`", name, "` ", rule));
}

bool AllDigits(std::string_view text) {
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

// One fragment of a label: a word (no upper case) or an acronym (no lower case).
bool IsFragment(std::string_view text) {
  bool lower = false, upper = false;
  for (char raw : text) {
    const auto c = static_cast<unsigned char>(raw);
    lower |= absl::ascii_islower(c);
    upper |= absl::ascii_isupper(c);
    if (!absl::ascii_isalnum(c)) return false;
  }
  return !text.empty() && !(lower && upper);
}

bool IsLabel(std::string_view text) {
  if (text.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(text[0]))) return false;
  for (std::string_view fragment : absl::StrSplit(text, '-')) {
    if (!IsFragment(fragment)) return false;
  }
  return true;
}

// Namespaces and packages: a label without acronyms.
bool IsWords(std::string_view text) {
  for (char c : text) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c))) return false;
  }
  return IsLabel(text);
}

absl::StatusOr<uint64_t> VersionNumber(std::string_view text) {
  uint64_t value = 0;
  if (!AllDigits(text)) return Bad(text, "is not a number in a version");
  if (text.size() > 1 && text[0] == '0') return Bad(text, "has a leading zero in a version");
  if (!absl::SimpleAtoi(text, &value)) return Bad(text, "is too large a number in a version");
  return value;
}

// Dot-separated identifiers of a pre-release (whose numeric ones take no leading zero) or build.
absl::Status CheckVersionIdentifiers(std::string_view text, bool prerelease) {
  for (std::string_view part : absl::StrSplit(text, '.')) {
    if (part.empty()) return Bad(text, "has an empty identifier in a version");
    for (char c : part) {
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-') {
        return Bad(text, "has an unexpected character in a version");
      }
    }
    if (prerelease && AllDigits(part) && part.size() > 1 && part[0] == '0') {
      return Bad(part, "has a leading zero in a version");
    }
  }
  return absl::OkStatus();
}

// Cuts `text` at the first `separator`: returns what follows it, or nullopt when there is none.
std::optional<std::string_view> CutAt(std::string_view& text, char separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view tail = text.substr(at + 1);
  text = text.substr(0, at);
  return tail;
}

absl::Status ParseVersion(InterfaceName& name, const Features& features) {
  if (features.canonical_names && IsCanonicalVersion(name.version)) return absl::OkStatus();
  DAVIT_ASSIGN_OR_RETURN(name.semver, ParseSemver(name.version));
  return absl::OkStatus();
}

// "[method]" and "[static]" take `resource.member`.
absl::StatusOr<ParsedExternName> ParseMember(ExternNameKind kind, std::string_view name,
                                             std::string_view rest) {
  ParsedExternName parsed{.kind = kind};
  std::optional<std::string_view> member = CutAt(rest, '.');
  if (!member.has_value()) return Bad(name, "lacks a `.` between resource and function name");
  parsed.resource = rest;
  parsed.label = *member;
  DAVIT_RETURN_IF_ERROR(CheckLabel(parsed.resource, "resource name"));
  DAVIT_RETURN_IF_ERROR(CheckLabel(parsed.label, "function name"));
  return parsed;
}

absl::StatusOr<ParsedExternName> ParseConstructor(std::string_view rest) {
  DAVIT_RETURN_IF_ERROR(CheckLabel(rest, "resource name"));
  return ParsedExternName{.kind = ExternNameKind::kConstructor, .resource = rest};
}

bool ConsumePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

absl::StatusOr<Semver> ParseSemver(std::string_view text) {
  Semver version;
  std::string_view core = text;
  if (auto build = CutAt(core, '+')) {
    version.build = *build;
    DAVIT_RETURN_IF_ERROR(CheckVersionIdentifiers(version.build, /*prerelease=*/false));
  }
  if (auto prerelease = CutAt(core, '-')) {
    version.prerelease = *prerelease;
    DAVIT_RETURN_IF_ERROR(CheckVersionIdentifiers(version.prerelease, /*prerelease=*/true));
  }
  const std::vector<std::string_view> numbers = absl::StrSplit(core, absl::MaxSplits('.', 3));
  if (numbers.size() != 3) return Bad(text, "is not a semantic version (major.minor.patch)");
  DAVIT_ASSIGN_OR_RETURN(version.major, VersionNumber(numbers[0]));
  DAVIT_ASSIGN_OR_RETURN(version.minor, VersionNumber(numbers[1]));
  DAVIT_ASSIGN_OR_RETURN(version.patch, VersionNumber(numbers[2]));
  return version;
}

std::string CanonicalVersion(const Semver& version) {
  if (version.major > 0) return absl::StrCat(version.major);
  if (version.minor > 0) return absl::StrCat("0.", version.minor);
  return absl::StrCat("0.0.", version.patch);
}

bool IsCanonicalVersion(std::string_view text) {
  if (text == "0.0.0") return true;
  if (!ConsumePrefix(text, "0.0.")) ConsumePrefix(text, "0.");
  return AllDigits(text) && text[0] != '0';
}

absl::StatusOr<InterfaceName> ParseInterfaceName(std::string_view name, const Features& features) {
  InterfaceName parsed;
  std::string_view rest = name;
  std::optional<std::string_view> version = CutAt(rest, '@');
  parsed.unversioned = rest;

  std::string_view path = rest;
  std::optional<std::string_view> projections = CutAt(path, '/');
  if (!projections.has_value())
    return Bad(name, "must be an interface name (ns:package/interface)");
  parsed.namespaces = absl::StrSplit(path, ':');
  parsed.package = parsed.namespaces.back();
  parsed.namespaces.pop_back();
  parsed.projections = absl::StrSplit(*projections, '/');

  if (parsed.namespaces.empty()) return Bad(name, "must be an interface name: it has no namespace");
  if (parsed.namespaces.size() > 1 && !features.nested_names) {
    return Bad(name, "has more than one namespace");
  }
  if (parsed.projections.size() > 1 && !features.nested_names) {
    return Bad(name, "has more than one `/`");
  }
  for (std::string_view words : parsed.namespaces) {
    if (!IsWords(words)) return Bad(words, "is not a namespace in lower kebab case");
  }
  if (!IsWords(parsed.package)) return Bad(parsed.package, "is not a package in lower kebab case");
  for (std::string_view projection : parsed.projections) {
    DAVIT_RETURN_IF_ERROR(CheckLabel(projection, "interface name"));
  }
  if (version.has_value()) {
    parsed.version = *version;
    DAVIT_RETURN_IF_ERROR(ParseVersion(parsed, features));
  }
  return parsed;
}

absl::StatusOr<ParsedExternName> ParseExternName(std::string_view name, const Features& features) {
  std::string_view rest = name;
  if (ConsumePrefix(rest, "[constructor]")) return ParseConstructor(rest);
  if (ConsumePrefix(rest, "[method]")) return ParseMember(ExternNameKind::kMethod, name, rest);
  if (ConsumePrefix(rest, "[static]")) return ParseMember(ExternNameKind::kStatic, name, rest);
  if (name.find(':') != std::string_view::npos) {
    DAVIT_ASSIGN_OR_RETURN(InterfaceName interface, ParseInterfaceName(name, features));
    return ParsedExternName{.kind = ExternNameKind::kInterface, .interface = std::move(interface)};
  }
  DAVIT_RETURN_IF_ERROR(CheckLabel(name, "name"));
  return ParsedExternName{.kind = ExternNameKind::kLabel, .label = name};
}

absl::Status CheckLabel(std::string_view text, std::string_view what) {
  if (IsLabel(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, " `", text, "` is not in kebab case"));
}

std::string UniquenessKey(std::string_view label) { return absl::AsciiStrToLower(label); }

std::string UniquenessKey(std::string_view name, const ParsedExternName& parsed) {
  if (parsed.kind == ExternNameKind::kMethod || parsed.kind == ExternNameKind::kStatic) {
    const std::string key = absl::AsciiStrToLower(parsed.resource);
    const std::string member = absl::AsciiStrToLower(parsed.label);
    return key == member ? key : absl::StrCat(key, ".", member);
  }
  return absl::AsciiStrToLower(name);
}

}  // namespace davit::binary
