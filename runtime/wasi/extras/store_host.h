#ifndef DAVIT_RUNTIME_WASI_EXTRAS_STORE_HOST_H_
#define DAVIT_RUNTIME_WASI_EXTRAS_STORE_HOST_H_

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/wasi/core.h"
#include "runtime/wasi/extras/config_store.h"

namespace davit::wasi::extras {

// wasi:config/store: Config::values.
class StoreHost final : public config::store::Host {
 public:
  template <typename T>
  using Result = canon::Result<T, config::store::Error>;

  // `core` must outlive it.
  explicit StoreHost(Core& core) : core_(core) {}

  absl::StatusOr<Result<std::optional<std::string>>> Get(std::string key) override;
  absl::StatusOr<Result<std::vector<std::tuple<std::string, std::string>>>> GetAll() override;

 private:
  Core& core_;
};

}  // namespace davit::wasi::extras

#endif  // DAVIT_RUNTIME_WASI_EXTRAS_STORE_HOST_H_
