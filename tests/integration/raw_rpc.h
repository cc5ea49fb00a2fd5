#ifndef DAVIT_TESTS_INTEGRATION_RAW_RPC_H_
#define DAVIT_TESTS_INTEGRATION_RAW_RPC_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace davit::integration {

// One unary RPC with these bytes as its request, which no message class need be able to make; the
// bytes of the answer. `method` is "/package.Service/Method".
absl::StatusOr<std::string> RawUnary(const std::string& address, const std::string& method,
                                     std::string_view request,
                                     absl::Duration timeout = absl::Seconds(30));

}  // namespace davit::integration

#endif  // DAVIT_TESTS_INTEGRATION_RAW_RPC_H_
