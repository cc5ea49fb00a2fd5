#include "client/codegen/source_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace davit::codegen {

std::string Wrapped(std::string_view head, std::span<const std::string> parts,
                    std::string_view tail, size_t indent) {
  std::string line = absl::StrCat(head, absl::StrJoin(parts, ", "), tail);
  if (line.size() <= kLineLength || parts.empty()) return line;
  std::string text(head);
  line.clear();
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string part =
        absl::StrCat(parts[i], i + 1 < parts.size() ? std::string_view(",") : tail);
    if (!line.empty() &&
        line.size() + part.size() <= kLineLength) {  // It begins with a line break.
      absl::StrAppend(&line, " ", part);
      continue;
    }
    text.append(line);
    line = absl::StrCat("\n", std::string(indent, ' '), part);
  }
  return text + line;
}

std::string Comment(size_t indent, std::string_view text, size_t hanging) {
  const std::string begin = absl::StrCat(std::string(indent, ' '), "//");
  std::string result;
  std::string line = begin;
  for (const std::string_view word : absl::StrSplit(text, ' ')) {
    if (line.size() > begin.size() && line.size() + 1 + word.size() > kLineLength) {
      absl::StrAppend(&result, line, "\n");
      line = absl::StrCat(begin, std::string(hanging, ' '));
    }
    absl::StrAppend(&line, " ", word);
  }
  absl::StrAppend(&result, line, "\n");
  return result;
}

}  // namespace davit::codegen
