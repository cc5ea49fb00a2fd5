#include "runtime/wasi/net/host_name.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "runtime/wasi/net/idna.h"

namespace davit::wasi::net {
namespace {

constexpr size_t kMostNameBytes = 253;
constexpr size_t kMostLabelBytes = 63;

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMostLabelBytes && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
         });
}

bool IsNumber(std::string_view label) {
  if (absl::ConsumePrefix(&label, "0x")) {
    return std::ranges::all_of(
        label, [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); });
  }
  return std::ranges::all_of(
      label, [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return absl::ascii_isascii(static_cast<unsigned char>(c)); });
}

// A name whose last label is a number is an address in some form or other to many that read it,
// though not in the one that is checked here. No name of DNS ends so.
bool IsName(std::string_view name) {
  if (name.size() > kMostNameBytes) return false;
  std::string_view last;
  for (const std::string_view label : absl::StrSplit(name, '.')) {
    if (!IsLabel(label)) return false;
    last = label;
  }
  return !IsNumber(last);
}

std::optional<std::string> ParseName(std::string_view text) {
  std::optional<std::string> name =
      IsAscii(text) ? std::optional<std::string>(text) : ToAscii(text);
  if (!name) return std::nullopt;
  absl::AsciiStrToLower(&*name);
  if (name->ends_with('.')) name->pop_back();
  if (!IsName(*name)) return std::nullopt;
  return name;
}

}  // namespace

std::optional<Host> ParseHost(std::string_view text) {
  if (const std::optional<IpAddress> address = IpAddress::Parse(text)) return Host{address, ""};
  if (absl::ConsumePrefix(&text, "[")) {
    if (!absl::ConsumeSuffix(&text, "]")) return std::nullopt;
    const std::optional<IpAddress> address = IpAddress::Parse(text);
    if (!address || address->family() != Family::kIpv6) return std::nullopt;
    return Host{address, ""};
  }
  std::optional<std::string> name = ParseName(text);
  if (!name) return std::nullopt;
  return Host{std::nullopt, *std::move(name)};
}

std::optional<NamePattern> NamePattern::Parse(std::string_view text) {
  if (text == "*") return NamePattern(Kind::kAll, "");
  const bool is_below = absl::ConsumePrefix(&text, "*.");
  const std::optional<std::string> name = ParseName(text);
  if (!name) return std::nullopt;
  if (is_below) return NamePattern(Kind::kBelow, absl::StrCat(".", *name));
  return NamePattern(Kind::kExact, *name);
}

bool NamePattern::Matches(std::string_view name) const {
  switch (kind_) {
    case Kind::kAll:
      return true;
    case Kind::kExact:
      return name == name_;
    case Kind::kBelow:
      return name.size() > name_.size() && absl::EndsWith(name, name_);
  }
  return false;
}

}  // namespace davit::wasi::net
