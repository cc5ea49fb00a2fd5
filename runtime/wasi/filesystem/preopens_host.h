#ifndef DAVIT_RUNTIME_WASI_FILESYSTEM_PREOPENS_HOST_H_
#define DAVIT_RUNTIME_WASI_FILESYSTEM_PREOPENS_HOST_H_

#include <string>
#include <tuple>
#include <vector>

#include "runtime/wasi/bindings/filesystem_preopens.h"
#include "runtime/wasi/core.h"

namespace davit::wasi::filesystem {

// wasi:filesystem/preopens.
class PreopensHost final : public p2::filesystem::preopens::Host {
 public:
  // `core` must outlive it.
  explicit PreopensHost(Core& core) : core_(core) {}

  absl::StatusOr<
      std::vector<std::tuple<canon::Own<p2::filesystem::types::Descriptor>, std::string>>>
  GetDirectories() override;

 private:
  Core& core_;
};

}  // namespace davit::wasi::filesystem

#endif  // DAVIT_RUNTIME_WASI_FILESYSTEM_PREOPENS_HOST_H_
