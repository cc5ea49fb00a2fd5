#include <expected>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/text/wave.h"
#include "runtime/text/wave_lexer.h"
#include "runtime/text/wave_literal.h"
#include "simdutf.h"

namespace davit::text {
namespace {

// Length of the bracketed text at the start of `text`, both brackets included, or what is wrong.
std::expected<size_t, LiteralFault> MatchParentheses(std::string_view text) {
  WaveLexer lexer(text);
  size_t depth = 0;
  while (true) {
    const WaveToken token = lexer.Next();
    if (token.kind == WaveToken::Kind::kError)
      return std::unexpected(LiteralFault{token.offset, token.text});
    if (token.kind == WaveToken::Kind::kEnd) {
      return std::unexpected(LiteralFault{token.offset, "the call's ')' is missing"});
    }
    if (token.Is('(')) ++depth;
    if (token.Is(')') && --depth == 0) return token.offset + 1;
  }
}

}  // namespace

absl::StatusOr<ParsedCall> ParseWaveCall(std::string_view text) {
  constexpr std::string_view kRoot = "call";
  if (!simdutf::validate_utf8(text.data(), text.size())) {
    return base::ArgumentError(kRoot, "invalid UTF-8");
  }
  const size_t open = text.find('(');
  const std::string_view name = absl::StripAsciiWhitespace(text.substr(0, open));
  if (open == std::string_view::npos || name.empty()) {
    return base::ArgumentError(kRoot, "want a call such as ns:pkg/iface#func(1, 2)");
  }
  const auto length = MatchParentheses(text.substr(open));
  const WaveLexer positions(text);
  const auto fault = [&](size_t offset, std::string_view what) {
    return base::ArgumentError(kRoot, absl::StrCat(what, " (", positions.Position(offset, 1), ")"));
  };
  if (!length.has_value()) return fault(open + length.error().offset, length.error().message);
  const size_t end = open + *length;
  if (WaveLexer(text.substr(end)).Next().kind != WaveToken::Kind::kEnd) {
    return fault(end, "something follows the call");
  }
  const size_t hash = name.rfind('#');
  ParsedCall call;
  if (hash != std::string_view::npos) call.interface = name.substr(0, hash);
  call.function = name.substr(hash == std::string_view::npos ? 0 : hash + 1);
  call.args = text.substr(open + 1, *length - 2);
  const std::string_view before = text.substr(0, open);
  call.args_column = 2 + simdutf::count_utf8(before.data(), before.size());
  return call;
}

}  // namespace davit::text
