#ifndef DAVIT_RUNTIME_WASI_SOCKETS_ERROR_CODE_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_ERROR_CODE_H_

#include <cstdint>
#include <expected>
#include <string_view>

namespace davit::wasi::sockets {

// What may go wrong with sockets and names, as every version of wasi:sockets has it in its
// error-code: in the order of 0.2's enum.
enum class ErrorCode : uint8_t {
  kUnknown,
  kAccessDenied,
  kNotSupported,
  kInvalidArgument,
  kOutOfMemory,
  kTimeout,
  kConcurrencyConflict,
  kNotInProgress,
  kWouldBlock,
  kInvalidState,
  kNewSocketLimit,
  kAddressNotBindable,
  kAddressInUse,
  kRemoteUnreachable,
  kConnectionRefused,
  kConnectionReset,
  kConnectionAborted,
  kDatagramTooLarge,
  kNameUnresolvable,
  kTemporaryResolverFailure,
  kPermanentResolverFailure,
};

template <typename T>
using Result = std::expected<T, ErrorCode>;

// As WIT names it, "access-denied".
std::string_view ErrorCodeName(ErrorCode code);

// What the kernel's error number means.
ErrorCode FromErrno(int error);

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_ERROR_CODE_H_
