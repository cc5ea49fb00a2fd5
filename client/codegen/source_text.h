#ifndef DAVIT_CLIENT_CODEGEN_SOURCE_TEXT_H_
#define DAVIT_CLIENT_CODEGEN_SOURCE_TEXT_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

// C++ text with lines that are not too long, where it has places to break them.
namespace davit::codegen {

inline constexpr size_t kLineLength = 100;

// "HEADa, b, cTAIL" in one line, or the parts in further ones that begin with `indent` spaces.
std::string Wrapped(std::string_view head, std::span<const std::string> parts,
                    std::string_view tail, size_t indent);

// "  // words of the text" in one or several lines, each with its end. The further ones begin with
// `hanging` spaces more.
std::string Comment(size_t indent, std::string_view text, size_t hanging = 0);

}  // namespace davit::codegen

#endif  // DAVIT_CLIENT_CODEGEN_SOURCE_TEXT_H_
