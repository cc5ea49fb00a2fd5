#ifndef DAVIT_RUNTIME_TEXT_WAVE_LITERAL_H_
#define DAVIT_RUNTIME_TEXT_WAVE_LITERAL_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

// The literals of WAVE text: chars, strings, floats and labels. Private to wave.h's implementation.
namespace davit::text {

// What is wrong with a literal, and at which byte of it.
struct LiteralFault {
  size_t offset = 0;
  std::string_view message;  // static
};

// Literals come with their quotes, are valid UTF-8 and end where the lexer ended them.
std::expected<uint32_t, LiteralFault> DecodeChar(std::string_view literal);
std::expected<std::string, LiteralFault> DecodeString(std::string_view literal);
// """, a line break, lines that are indented at least as much as the closing """.
std::expected<std::string, LiteralFault> DecodeMultilineString(std::string_view literal);

// Quoted and escaped; total: what is no Unicode scalar value is shown as U+FFFD.
void AppendChar(std::string& out, uint32_t scalar);
void AppendString(std::string& out, std::string_view value);
// The shortest text that reads back as the same number; "nan", "inf", "-inf".
void AppendFloat(std::string& out, float value);
void AppendFloat(std::string& out, double value);

// Words of lower or upper case letters and digits, joined by '-'; the first begins with a letter.
bool IsLabel(std::string_view text);
// true, false, some, none, ok, err, inf, nan: as a case name they are written with a '%'.
bool IsKeyword(std::string_view text);
bool IsScalarValue(uint32_t code);

}  // namespace davit::text

#endif  // DAVIT_RUNTIME_TEXT_WAVE_LITERAL_H_
