#include "server/rpc/wasi_config.h"

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

// Counts text up to the maximum.
class TextBudget {
 public:
  // `what` may not be more than there is.
  explicit TextBudget(std::string_view what) : what_(what) {}

  absl::Status Take(std::string_view field, size_t index, std::string_view text) {
    const size_t bytes = text.size() + 1;
    if (bytes > left_) {
      return InvalidFieldError(absl::StrCat(field, "[", index, "]"),
                               absl::StrCat(what_, ": at most ", kMaxWasiTextBytes, " bytes"));
    }
    left_ -= bytes;
    return absl::OkStatus();
  }

 private:
  const std::string_view what_;
  size_t left_ = kMaxWasiTextBytes;
};

std::string PathOf(std::string_view field, int index, std::string_view part) {
  return absl::StrCat(field, "[", index, "]", part);
}

absl::Status CheckNoNul(std::string_view field, std::string_view text) {
  if (text.find('\0') == std::string_view::npos) return absl::OkStatus();
  return InvalidFieldError(field, "a NUL byte, which would cut it short in the guest");
}

absl::Status AddArgs(std::string_view field, const v1::WasiConfig& config, TextBudget& budget,
                     wasi::Config& out) {
  for (int i = 0; i < config.args_size(); ++i) {
    DAVIT_RETURN_IF_ERROR(budget.Take(field, static_cast<size_t>(i), config.args(i)));
    DAVIT_RETURN_IF_ERROR(CheckNoNul(PathOf(field, i, ""), config.args(i)));
    out.args.push_back(config.args(i));
  }
  return absl::OkStatus();
}

absl::Status CheckEnvName(std::string_view field, std::string_view name) {
  if (name.empty() || name.find('=') != std::string_view::npos) {
    return InvalidFieldError(field, "want a name, without '='");
  }
  return CheckNoNul(field, name);
}

absl::Status AddEnv(std::string_view field, const v1::WasiConfig& config, TextBudget& budget,
                    wasi::Config& out) {
  absl::flat_hash_set<std::string_view> names;
  for (int i = 0; i < config.env_size(); ++i) {
    const v1::EnvVar& var = config.env(i);
    DAVIT_RETURN_IF_ERROR(budget.Take(field, static_cast<size_t>(i), var.name()));
    DAVIT_RETURN_IF_ERROR(budget.Take(field, static_cast<size_t>(i), var.value()));
    DAVIT_RETURN_IF_ERROR(CheckEnvName(PathOf(field, i, ".name"), var.name()));
    DAVIT_RETURN_IF_ERROR(CheckNoNul(PathOf(field, i, ".value"), var.value()));
    if (!names.insert(var.name()).second) {
      return InvalidFieldError(PathOf(field, i, ".name"), "want each name once");
    }
    out.env.emplace_back(var.name(), var.value());
  }
  return absl::OkStatus();
}

absl::Status AddValues(std::string_view field, const v1::WasiConfig& config, wasi::Config& out) {
  TextBudget budget("too much configuration");
  absl::flat_hash_set<std::string_view> keys;
  for (int i = 0; i < config.config_size(); ++i) {
    const v1::ConfigValue& value = config.config(i);
    DAVIT_RETURN_IF_ERROR(budget.Take(field, static_cast<size_t>(i), value.key()));
    DAVIT_RETURN_IF_ERROR(budget.Take(field, static_cast<size_t>(i), value.value()));
    if (value.key().empty() || !keys.insert(value.key()).second) {
      return InvalidFieldError(PathOf(field, i, ".key"), "want a key, each once");
    }
    out.values.emplace_back(value.key(), value.value());
  }
  return absl::OkStatus();
}

absl::Status SetInitialCwd(std::string_view field, const std::string& cwd, wasi::Config& out) {
  if (cwd.size() > kMaxInitialCwdBytes) {
    return InvalidFieldError(field, absl::StrCat("at most ", kMaxInitialCwdBytes, " bytes"));
  }
  DAVIT_RETURN_IF_ERROR(CheckNoNul(field, cwd));
  if (!cwd.empty()) out.initial_cwd = cwd;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const wasi::Config>> WasiConfigOf(std::string_view field,
                                                                 const v1::WasiConfig& config) {
  auto out = std::make_shared<wasi::Config>();
  TextBudget budget("too many arguments and too large an environment");
  DAVIT_RETURN_IF_ERROR(AddArgs(absl::StrCat(field, ".args"), config, budget, *out));
  DAVIT_RETURN_IF_ERROR(AddEnv(absl::StrCat(field, ".env"), config, budget, *out));
  DAVIT_RETURN_IF_ERROR(
      SetInitialCwd(absl::StrCat(field, ".initial_cwd"), config.initial_cwd(), *out));
  DAVIT_RETURN_IF_ERROR(AddValues(absl::StrCat(field, ".config"), config, *out));
  return out;
}

}  // namespace davit::server
