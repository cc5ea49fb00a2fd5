#include "runtime/text/wave_literal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace davit::text {
namespace {

constexpr uint32_t kReplacement = 0xfffd;
constexpr size_t kMaxEscapeDigits = 6;
constexpr size_t kQuotes = 3;  // of a multi-line string, on either side

void AppendUtf8(std::string& out, uint32_t scalar) {
  const auto continuation = [&](int shift) {
    out.push_back(static_cast<char>(0x80 | ((scalar >> shift) & 0x3f)));
  };
  if (scalar < 0x80) {
    out.push_back(static_cast<char>(scalar));
  } else if (scalar < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (scalar >> 6)));
    continuation(0);
  } else if (scalar < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | (scalar >> 12)));
    continuation(6);
    continuation(0);
  } else {
    out.push_back(static_cast<char>(0xf0 | (scalar >> 18)));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

struct Decoded {
  uint32_t scalar = kReplacement;
  size_t bytes = 1;  // consumed
};

size_t Utf8Length(char lead) {
  const auto byte = static_cast<uint8_t>(lead);
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte < 0xe0) return 2;
  if (byte >= 0xe0 && byte < 0xf0) return 3;
  if (byte >= 0xf0 && byte < 0xf5) return 4;
  return 0;
}

// The first scalar value of `text`, which is not empty; U+FFFD for a byte that begins none.
Decoded DecodeUtf8(std::string_view text) {
  static constexpr std::array<uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const size_t length = Utf8Length(text[0]);
  if (length == 1) return {.scalar = static_cast<uint8_t>(text[0]), .bytes = 1};
  if (length == 0 || length > text.size()) return {};
  uint32_t scalar = static_cast<uint8_t>(text[0]) & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if ((byte & 0xc0) != 0x80) return {};
    scalar = (scalar << 6) | (byte & 0x3f);
  }
  if (scalar < kSmallest[length] || !IsScalarValue(scalar)) return {};
  return {.scalar = scalar, .bytes = length};
}

// `text` begins with "\u{".
std::expected<Decoded, std::string_view> DecodeUnicodeEscape(std::string_view text) {
  const size_t close = text.find('}');
  if (close == std::string_view::npos) return std::unexpected("unclosed \\u{...} escape");
  const std::string_view digits = text.substr(kQuotes, close - kQuotes);
  if (digits.empty() || digits.size() > kMaxEscapeDigits ||
      !std::ranges::all_of(digits, absl::ascii_isxdigit)) {
    return std::unexpected("a \\u{...} escape needs one to six hexadecimal digits");
  }
  uint32_t scalar = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), scalar, 16);
  if (!IsScalarValue(scalar)) return std::unexpected("not a Unicode scalar value");
  return Decoded{.scalar = scalar, .bytes = close + 1};
}

// `text` begins with a backslash.
std::expected<Decoded, std::string_view> DecodeEscape(std::string_view text) {
  const auto simple = [](uint32_t scalar) { return Decoded{.scalar = scalar, .bytes = 2}; };
  switch (text.size() < 2 ? '\0' : text[1]) {
    case '\'':
    case '"':
    case '\\':
      return simple(static_cast<uint8_t>(text[1]));
    case 't':
      return simple('\t');
    case 'n':
      return simple('\n');
    case 'r':
      return simple('\r');
    case 'u':
      if (text.starts_with("\\u{")) return DecodeUnicodeEscape(text);
      break;
    default:
      break;
  }
  return std::unexpected("unknown escape; want one of \\' \\\" \\\\ \\t \\n \\r \\u{...}");
}

// Appends `text` with its escapes replaced. `offset` is where it lies in the literal.
std::expected<void, LiteralFault> Unescape(std::string_view text, size_t offset, std::string& out) {
  while (!text.empty()) {
    const size_t plain = std::min(text.find('\\'), text.size());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    offset += plain;
    if (text.empty()) break;
    const auto escape = DecodeEscape(text);
    if (!escape.has_value()) return std::unexpected(LiteralFault{offset, escape.error()});
    AppendUtf8(out, escape->scalar);
    text.remove_prefix(escape->bytes);
    offset += escape->bytes;
  }
  return {};
}

// One escaped character, for a literal in `quote`s.
void AppendEscaped(std::string& out, uint32_t scalar, char quote) {
  switch (scalar) {
    case '\t':
      out.append("\\t");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    default:
      break;
  }
  const bool is_control = scalar < 0x20 || (scalar >= 0x7f && scalar < 0xa0);
  if (is_control) {
    absl::StrAppend(&out, "\\u{", absl::Hex(scalar), "}");
    return;
  }
  if (scalar == '\\' || scalar == static_cast<uint8_t>(quote)) out.push_back('\\');
  AppendUtf8(out, scalar);
}

// Within these a number is written without an exponent.
constexpr double kPlainFrom = 1e-7;
constexpr double kPlainBelow = 1e21;

template <typename Float>
void AppendFiniteFloat(std::string& out, Float value) {
  const double magnitude = std::fabs(static_cast<double>(value));
  const bool plain = magnitude == 0 || (magnitude >= kPlainFrom && magnitude < kPlainBelow);
  std::array<char, 64> text;  // 21 digits before the point or 24 after it, at most
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string_view number(text.data(), end);
  const size_t sign = plain ? std::string_view::npos : number.find('e') + 1;
  if (sign < number.size() && number[sign + 1] == '0') {
    absl::StrAppend(&out, number.substr(0, sign + 1), number.substr(sign + 2));  // "e-07"
  } else {
    out.append(number);
  }
}

template <typename Float>
void AppendAnyFloat(std::string& out, Float value) {
  if (std::isnan(value)) {
    out.append("nan");
  } else if (std::isinf(value)) {
    out.append(value < 0 ? "-inf" : "inf");
  } else {
    AppendFiniteFloat(out, value);
  }
}

bool IsWord(std::string_view word, bool may_begin_with_digit) {
  if (word.empty() || (!may_begin_with_digit && absl::ascii_isdigit(word[0]))) return false;
  const auto digit_or = [&](auto is_letter) {
    return std::ranges::all_of(word,
                               [&](char c) { return absl::ascii_isdigit(c) || is_letter(c); });
  };
  return digit_or([](char c) { return absl::ascii_islower(c); }) ||
         digit_or([](char c) { return absl::ascii_isupper(c); });
}

}  // namespace

std::expected<uint32_t, LiteralFault> DecodeChar(std::string_view literal) {
  const std::string_view text = literal.substr(1, literal.size() - 2);
  if (text.empty()) return std::unexpected(LiteralFault{1, "an empty char"});
  Decoded decoded;
  if (text[0] == '\\') {
    const auto escape = DecodeEscape(text);
    if (!escape.has_value()) return std::unexpected(LiteralFault{1, escape.error()});
    decoded = *escape;
  } else {
    decoded = DecodeUtf8(text);
  }
  if (decoded.bytes != text.size()) {
    return std::unexpected(LiteralFault{1 + decoded.bytes, "a char holds one character only"});
  }
  return decoded.scalar;
}

std::expected<std::string, LiteralFault> DecodeString(std::string_view literal) {
  std::string value;
  const auto done = Unescape(literal.substr(1, literal.size() - 2), 1, value);
  if (!done.has_value()) return std::unexpected(done.error());
  return value;
}

std::expected<std::string, LiteralFault> DecodeMultilineString(std::string_view literal) {
  std::string_view body = literal.substr(kQuotes, literal.size() - 2 * kQuotes);
  size_t offset = kQuotes;
  const auto skip = [&](size_t bytes) {
    body.remove_prefix(bytes);
    offset += bytes;
  };
  if (body.starts_with('\r')) skip(1);
  if (!body.starts_with('\n')) {
    return std::unexpected(LiteralFault{offset, "a line break must follow the opening \"\"\""});
  }
  const std::string_view indent = body.substr(body.rfind('\n') + 1);
  if (indent.find_first_not_of(' ') != std::string_view::npos) {
    return std::unexpected(LiteralFault{literal.size() - kQuotes,
                                        "only spaces may precede the closing \"\"\" in its line"});
  }
  skip(1);

  std::string value;
  for (bool first = true; body.size() > indent.size(); first = false) {
    if (!body.starts_with(indent)) {
      return std::unexpected(
          LiteralFault{offset, "a line must be indented at least as the closing \"\"\""});
    }
    skip(indent.size());
    std::string_view line = body.substr(0, body.find('\n'));
    const size_t line_bytes = line.size() + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!first) value.push_back('\n');
    const auto done = Unescape(line, offset, value);
    if (!done.has_value()) return std::unexpected(done.error());
    skip(line_bytes);
  }
  return value;
}

void AppendChar(std::string& out, uint32_t scalar) {
  out.push_back('\'');
  AppendEscaped(out, IsScalarValue(scalar) ? scalar : kReplacement, '\'');
  out.push_back('\'');
}

void AppendString(std::string& out, std::string_view value) {
  out.push_back('"');
  while (!value.empty()) {
    const Decoded decoded = DecodeUtf8(value);
    AppendEscaped(out, decoded.scalar, '"');
    value.remove_prefix(decoded.bytes);
  }
  out.push_back('"');
}

void AppendFloat(std::string& out, float value) { AppendAnyFloat(out, value); }

void AppendFloat(std::string& out, double value) { AppendAnyFloat(out, value); }

bool IsLabel(std::string_view text) {
  for (bool first = true;; first = false) {
    const size_t dash = text.find('-');
    if (!IsWord(text.substr(0, dash), /*may_begin_with_digit=*/!first)) return false;
    if (dash == std::string_view::npos) return true;
    text.remove_prefix(dash + 1);
  }
}

bool IsKeyword(std::string_view text) {
  static constexpr std::array<std::string_view, 8> kKeywords = {"true", "false", "some", "none",
                                                                "ok",   "err",   "inf",  "nan"};
  return std::ranges::find(kKeywords, text) != kKeywords.end();
}

bool IsScalarValue(uint32_t code) { return code < 0xd800 || (code > 0xdfff && code < 0x110000); }

}  // namespace davit::text
