#include "tests/conformance/suite_features.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace davit::conformance {
namespace {

using binary::Features;

// As wasmtime names a switch, and wasm-tools.
struct Switch {
  std::string_view wasmtime, wasm_tools;
  bool Features::* member;
};
constexpr std::array kSwitches = {
    Switch{"component_model_async", "cm-async", &Features::async},
    Switch{"component_model_map", "cm-map", &Features::map},
    Switch{"component_model_implements", "cm-implements", &Features::implements},
    Switch{"component_model_more_async_builtins", "cm-more-async-builtins",
           &Features::more_async_builtins},
    Switch{"component_model_async_stackful", "cm-async-stackful", &Features::async_stackful},
    Switch{"component_model_threading", "cm-threading", &Features::threading},
    Switch{"component_model_fixed_length_lists", "cm-fixed-length-lists",
           &Features::fixed_length_lists},
    Switch{"component_model_error_context", "cm-error-context", &Features::error_context},
    Switch{"component_model_memory64", "cm64", &Features::memory64},
    Switch{"", "cm-values", &Features::values},
    Switch{"", "cm-nested-names", &Features::nested_names},
    Switch{"", "cm-canon-names", &Features::canonical_names},
    Switch{"", "shared-everything-threads", &Features::shared_threads},
};

// The defaults of wasmtime, and of wasm-tools.
constexpr Features kToolDefaults = {.map = false, .implements = false};

// Sets what "key = value" says; core WebAssembly's switches have no counterpart here.
void Apply(std::string_view setting, ScriptSettings& settings) {
  const std::vector<std::string_view> sides = absl::StrSplit(setting, '=');
  if (sides.size() != 2) return;
  const std::string_view key = absl::StripAsciiWhitespace(sides[0]);
  const bool value = absl::StripAsciiWhitespace(sides[1]) == "true";
  if (key == "hogs_memory") settings.hogs_memory = value;
  for (const Switch& known : kSwitches) {
    if (key == known.wasmtime) settings.features.*known.member = value;
  }
}

// Sets what "cm-map,-cm-async" says; "all" is every switch.
void ApplyList(std::string_view list, Features& features) {
  for (std::string_view name : absl::StrSplit(list, ',')) {
    const bool on = !absl::ConsumePrefix(&name, "-");
    for (const Switch& known : kSwitches) {
      if (name == known.wasm_tools || name == "all") features.*known.member = on;
    }
  }
}

// Reads the options of a "RUN:" line.
Features FeaturesOfCommand(std::string_view command) {
  Features features = kToolDefaults;
  const std::vector<std::string_view> words = absl::StrSplit(command, ' ', absl::SkipWhitespace());
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if ((word == "-f" || word == "--features") && i + 1 < words.size()) {
      ApplyList(words[i + 1], features);
    } else if (absl::ConsumePrefix(&word, "-f=") || absl::ConsumePrefix(&word, "--features=")) {
      ApplyList(word, features);
    }
  }
  return features;
}

// The command of a "RUN:" line, which may be continued on the next ones; empty if `line` is none.
std::string CommandOf(std::string line, std::istream& script) {
  const size_t run = line.find("RUN");
  if (!line.starts_with(";; RUN") && !line.starts_with(";;; RUN")) return "";
  while (line.ends_with("\\")) {
    line.pop_back();
    std::string next;
    if (!std::getline(script, next)) break;
    line += absl::StripLeadingAsciiWhitespace(absl::StripPrefix(next, ";;"));
  }
  return line.substr(run);
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

ScriptSettings SettingsOf(std::istream& script) {
  ScriptSettings settings{.features = kToolDefaults};
  bool has_settings = false;
  for (std::string line; std::getline(script, line) && line.starts_with(";;");) {
    if (absl::StartsWith(line, ";;!")) {
      Apply(absl::StripPrefix(line, ";;!"), settings);
      has_settings = true;
    } else if (const std::string command = CommandOf(line, script);
               absl::StrContains(command, " wast ")) {
      return {.features = FeaturesOfCommand(command), .validate_only = true};
    }
  }
  if (!has_settings) settings.features = OfficialFeatures();
  return settings;
}

}  // namespace davit::conformance
