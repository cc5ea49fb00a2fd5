#ifndef DAVIT_SERVER_RPC_WASI_CONFIG_H_
#define DAVIT_SERVER_RPC_WASI_CONFIG_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "davit/v1/wasi.pb.h"
#include "runtime/wasi/config.h"

namespace davit::server {

// Of arguments and environment together, and of what wasi:config/store answers: every string with
// one byte for its end.
inline constexpr size_t kMaxWasiTextBytes = 128 << 10;
inline constexpr size_t kMaxInitialCwdBytes = 4096;

// What a client grants, checked. kInvalidRequest, with the path of what is wrong within the request
// whose field `field` it is.
absl::StatusOr<std::shared_ptr<const wasi::Config>> WasiConfigOf(std::string_view field,
                                                                 const v1::WasiConfig& config);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_WASI_CONFIG_H_
