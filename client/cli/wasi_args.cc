#include "client/cli/wasi_args.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace davit::client::cli {
namespace {

// In the order in which the names came first.
using Pairs = std::vector<std::pair<std::string, std::string>>;

void Set(std::string_view name, std::string_view value, Pairs& pairs) {
  const auto known =
      std::ranges::find(pairs, name, [](const auto& pair) { return std::string_view(pair.first); });
  if (known != pairs.end()) {
    known->second = value;
  } else {
    pairs.emplace_back(name, value);
  }
}

absl::StatusOr<Pairs> EnvOf(const std::vector<std::string>& options) {
  Pairs pairs;
  for (const std::string& option : options) {
    const size_t equals = option.find('=');
    if (equals != std::string::npos) {
      Set(std::string_view(option).substr(0, equals), option.substr(equals + 1), pairs);
    } else if (const char* const inherited = std::getenv(option.c_str())) {
      Set(option, inherited, pairs);
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("--env wants NAME=VALUE, or a NAME that is set here, got ", option));
    }
  }
  return pairs;
}

absl::StatusOr<Pairs> ConfigOf(const std::vector<std::string>& options) {
  Pairs pairs;
  for (const std::string& option : options) {
    const size_t equals = option.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("--config wants KEY=VALUE, got ", option));
    }
    Set(std::string_view(option).substr(0, equals), option.substr(equals + 1), pairs);
  }
  return pairs;
}

}  // namespace

absl::StatusOr<v1::WasiConfig> ToConfig(const WasiArgs& args) {
  v1::WasiConfig config;
  config.mutable_args()->Add(args.args.begin(), args.args.end());
  DAVIT_ASSIGN_OR_RETURN(const Pairs env, EnvOf(args.env));
  for (const auto& [name, value] : env) {
    v1::EnvVar& var = *config.add_env();
    var.set_name(name);
    var.set_value(value);
  }
  config.set_initial_cwd(args.cwd);
  DAVIT_ASSIGN_OR_RETURN(const Pairs values, ConfigOf(args.config));
  for (const auto& [key, value] : values) {
    v1::ConfigValue& entry = *config.add_config();
    entry.set_key(key);
    entry.set_value(value);
  }
  return config;
}

}  // namespace davit::client::cli
