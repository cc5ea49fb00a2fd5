#ifndef DAVIT_RUNTIME_TEXT_WAVE_LEXER_H_
#define DAVIT_RUNTIME_TEXT_WAVE_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The tokens of WAVE text. Private to wave.h's implementation.
namespace davit::text {

struct WaveToken {
  enum class Kind : uint8_t {
    kEnd,
    kPunctuation,  // one of ( ) [ ] { } : ,
    kNumber,       // also "-inf"
    kLabel,        // also keywords; with its '%'
    kChar,
    kString,
    kMultilineString,
    kError,
  };
  Kind kind = Kind::kEnd;
  std::string_view text;  // of kError: what is wrong
  size_t offset = 0;      // in the whole text

  bool Is(char punctuation) const { return kind == Kind::kPunctuation && text[0] == punctuation; }
};

// Cuts UTF-8 text, which must outlive it, into tokens; skips white space and // comments.
class WaveLexer {
 public:
  explicit WaveLexer(std::string_view text) : text_(text) {}

  // The next token; kEnd at the end, again and again. After kError the position is unspecified.
  WaveToken Next();
  // "column 5" or "line 2, column 5" of `offset`, counted in characters from 1. Text in the first
  // line begins at `first_column`.
  std::string Position(size_t offset, size_t first_column) const;

 private:
  void SkipBlanks();
  WaveToken Number();
  WaveToken Label();
  WaveToken Quoted(WaveToken::Kind kind);
  WaveToken MultilineString();
  WaveToken Take(WaveToken::Kind kind, size_t length);
  WaveToken Error(std::string_view what) const;

  std::string_view text_;
  size_t pos_ = 0;
};

}  // namespace davit::text

#endif  // DAVIT_RUNTIME_TEXT_WAVE_LEXER_H_
