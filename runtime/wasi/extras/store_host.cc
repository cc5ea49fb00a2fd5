#include "runtime/wasi/extras/store_host.h"

#include <algorithm>
#include <utility>

namespace davit::wasi::extras {

absl::StatusOr<StoreHost::Result<std::optional<std::string>>> StoreHost::Get(std::string key) {
  const auto& values = core_.config->values;
  const auto found = std::ranges::find(values, key, &std::pair<std::string, std::string>::first);
  if (found == values.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

absl::StatusOr<StoreHost::Result<std::vector<std::tuple<std::string, std::string>>>>
StoreHost::GetAll() {
  const auto& values = core_.config->values;
  return std::vector<std::tuple<std::string, std::string>>(values.begin(), values.end());
}

}  // namespace davit::wasi::extras
