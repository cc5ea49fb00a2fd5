#ifndef DAVIT_RUNTIME_TYPES_WAVE_PATH_H_
#define DAVIT_RUNTIME_TYPES_WAVE_PATH_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace davit::types {

// The path of the value at hand, "args[0].items[3].price", kept while a value is walked. Private to
// wave.h's implementation.
class WavePath {
 public:
  explicit WavePath(std::string root) : text_(std::move(root)) {}

  const std::string& text() const { return text_; }

  // Extends the path for as long as it lives.
  class Step {
   public:
    Step(WavePath& path, size_t index) : Step(path) {
      absl::StrAppend(&path.text_, "[", index, "]");
    }
    Step(WavePath& path, std::string_view name) : Step(path) {
      absl::StrAppend(&path.text_, ".", name);
    }
    ~Step() { path_.text_.resize(length_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    explicit Step(WavePath& path) : path_(path), length_(path.text_.size()) {}
    WavePath& path_;
    const size_t length_;
  };

 private:
  std::string text_;
};

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_WAVE_PATH_H_
