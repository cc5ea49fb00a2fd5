#include "runtime/text/wave_lexer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/text/wave_literal.h"

namespace davit::text {
namespace {

using Kind = WaveToken::Kind;

constexpr std::string_view kTripleQuote = "\"\"\"";

size_t CountDigits(std::string_view text) {
  return static_cast<size_t>(std::ranges::find_if_not(text, absl::ascii_isdigit) - text.begin());
}

// Length of -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? at the start of `text`, or 0.
size_t NumberLength(std::string_view text) {
  size_t length = text.starts_with('-') ? 1 : 0;
  const size_t digits = CountDigits(text.substr(length));
  if (digits == 0 || (digits > 1 && text[length] == '0')) return 0;
  length += digits;
  if (text.substr(length).starts_with('.')) {
    const size_t fraction = CountDigits(text.substr(length + 1));
    if (fraction == 0) return 0;
    length += 1 + fraction;
  }
  if (length < text.size() && (text[length] == 'e' || text[length] == 'E')) {
    const size_t sign =
        length + 1 < text.size() && (text[length + 1] == '-' || text[length + 1] == '+');
    const size_t exponent = CountDigits(text.substr(std::min(text.size(), length + 1 + sign)));
    if (exponent == 0) return 0;
    length += 1 + sign + exponent;
  }
  return length;
}

bool IsLabelCharacter(char c) { return absl::ascii_isalnum(c) || c == '-'; }

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

}  // namespace

WaveToken WaveLexer::Next() {
  SkipBlanks();
  if (pos_ == text_.size()) return Take(Kind::kEnd, 0);
  const char c = text_[pos_];
  if (std::string_view("()[]{}:,").contains(c)) return Take(Kind::kPunctuation, 1);
  if (c == '-' || absl::ascii_isdigit(c)) return Number();
  if (c == '%' || absl::ascii_isalpha(c)) return Label();
  if (c == '\'') return Quoted(Kind::kChar);
  if (text_.substr(pos_).starts_with(kTripleQuote)) return MultilineString();
  if (c == '"') return Quoted(Kind::kString);
  return Error("an unexpected character");
}

void WaveLexer::SkipBlanks() {
  while (true) {
    pos_ = std::min(text_.find_first_not_of(" \t\n\r", pos_), text_.size());
    if (!text_.substr(pos_).starts_with("//")) return;
    pos_ = std::min(text_.find('\n', pos_), text_.size());
  }
}

WaveToken WaveLexer::Number() {
  const std::string_view rest = text_.substr(pos_);
  constexpr std::string_view kNegativeInfinity = "-inf";
  const size_t length =
      rest.starts_with(kNegativeInfinity) ? kNegativeInfinity.size() : NumberLength(rest);
  if (length == 0 || (length < rest.size() && IsLabelCharacter(rest[length]))) {
    return Error("a malformed number");
  }
  return Take(Kind::kNumber, length);
}

WaveToken WaveLexer::Label() {
  const std::string_view rest = text_.substr(pos_);
  const size_t escape = rest[0] == '%' ? 1 : 0;
  const std::string_view label(
      rest.begin() + escape, std::find_if_not(rest.begin() + escape, rest.end(), IsLabelCharacter));
  if (!IsLabel(label)) return Error("a malformed label");
  return Take(Kind::kLabel, escape + label.size());
}

WaveToken WaveLexer::Quoted(Kind kind) {
  const char quote = text_[pos_];
  for (size_t i = pos_ + 1; i < text_.size() && text_[i] != '\n'; ++i) {
    if (text_[i] == quote) return Take(kind, i + 1 - pos_);
    if (text_[i] == '\\') ++i;
  }
  return Error(kind == Kind::kChar ? "an unclosed char" : "an unclosed string");
}

WaveToken WaveLexer::MultilineString() {
  const size_t close = text_.find(kTripleQuote, pos_ + kTripleQuote.size());
  if (close == std::string_view::npos) return Error("an unclosed multi-line string");
  return Take(Kind::kMultilineString, close + kTripleQuote.size() - pos_);
}

WaveToken WaveLexer::Take(Kind kind, size_t length) {
  const WaveToken token{.kind = kind, .text = text_.substr(pos_, length), .offset = pos_};
  pos_ += length;
  return token;
}

WaveToken WaveLexer::Error(std::string_view what) const {
  return {.kind = Kind::kError, .text = what, .offset = pos_};
}

std::string WaveLexer::Position(size_t offset, size_t first_column) const {
  const std::string_view before = text_.substr(0, offset);
  const auto line = 1 + std::ranges::count(before, '\n');
  const size_t line_start = line == 1 ? 0 : before.rfind('\n') + 1;
  const auto characters = static_cast<size_t>(
      std::ranges::count_if(before.substr(line_start), std::not_fn(IsContinuation)));
  if (line == 1) return absl::StrCat("column ", first_column + characters);
  return absl::StrCat("line ", line, ", column ", 1 + characters);
}

}  // namespace davit::text
