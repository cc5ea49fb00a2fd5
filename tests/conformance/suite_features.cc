#include "tests/conformance/suite_features.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace davit::conformance {
namespace {

using binary::Features;

constexpr std::array kSwitches = {
    std::pair{"component_model_async", &Features::async},
    std::pair{"component_model_map", &Features::map},
    std::pair{"component_model_implements", &Features::implements},
    std::pair{"component_model_more_async_builtins", &Features::more_async_builtins},
    std::pair{"component_model_async_stackful", &Features::async_stackful},
    std::pair{"component_model_threading", &Features::threading},
    std::pair{"component_model_fixed_length_lists", &Features::fixed_length_lists},
    std::pair{"component_model_error_context", &Features::error_context},
    std::pair{"component_model_memory64", &Features::memory64},
};

// Sets what "key = value" says; core WebAssembly's switches have no counterpart here.
void Apply(std::string_view setting, Features& features) {
  const std::vector<std::string_view> sides = absl::StrSplit(setting, '=');
  if (sides.size() != 2) return;
  for (const auto& [name, member] : kSwitches) {
    if (absl::StripAsciiWhitespace(sides[0]) == name) {
      features.*member = absl::StripAsciiWhitespace(sides[1]) == "true";
    }
  }
}

}  // namespace

Features OfficialFeatures() {
  return {
      .more_async_builtins = true,
      .async_stackful = true,
      .threading = true,
      .fixed_length_lists = true,
  };
}

Features FeaturesOf(std::istream& script) {
  Features features = {.map = false, .implements = false};
  bool has_settings = false;
  for (std::string line; std::getline(script, line) && line.starts_with(";;!");) {
    Apply(absl::StripPrefix(line, ";;!"), features);
    has_settings = true;
  }
  return has_settings ? features : OfficialFeatures();
}

}  // namespace davit::conformance
