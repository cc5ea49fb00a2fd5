#ifndef DAVIT_RUNTIME_TYPES_PATH_H_
#define DAVIT_RUNTIME_TYPES_PATH_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace davit::types {

// Where a walk through a value or a description has got to: "args[0].items[3].price", to be told in
// errors.
class Path {
 public:
  explicit Path(std::string root) : text_(std::move(root)) {}

  const std::string& text() const { return text_; }

  // Extends the path for as long as it lives.
  class Step {
   public:
    Step(Path& path, size_t index) : Step(path) { absl::StrAppend(&path.text_, "[", index, "]"); }
    Step(Path& path, std::string_view name) : Step(path) {
      absl::StrAppend(&path.text_, ".", name);
    }
    ~Step() { path_.text_.resize(length_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    explicit Step(Path& path) : path_(path), length_(path.text_.size()) {}
    Path& path_;
    const size_t length_;
  };

 private:
  std::string text_;
};

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_PATH_H_
