#ifndef DAVIT_RUNTIME_WASI_FS_ERROR_H_
#define DAVIT_RUNTIME_WASI_FS_ERROR_H_

#include <cstdint>
#include <expected>
#include <string_view>
#include <utility>

namespace davit::wasi::fs {

// Why a file system refuses, in the words of wasi:filesystem: all codes that any of its versions
// has, in the order of 0.2. It is data for the guest, never an error of the host.
enum class Error : uint8_t {
  kAccess,
  kWouldBlock,
  kAlready,
  kBadDescriptor,
  kBusy,
  kDeadlock,
  kQuota,
  kExist,
  kFileTooLarge,
  kIllegalByteSequence,
  kInProgress,
  kInterrupted,
  kInvalid,
  kIo,
  kIsDirectory,
  kLoop,
  kTooManyLinks,
  kMessageSize,
  kNameTooLong,
  kNoDevice,
  kNoEntry,
  kNoLock,
  kInsufficientMemory,
  kInsufficientSpace,
  kNotDirectory,
  kNotEmpty,
  kNotRecoverable,
  kUnsupported,
  kNoTty,
  kNoSuchDevice,
  kOverflow,
  kNotPermitted,
  kPipe,
  kReadOnly,
  kInvalidSeek,
  kTextFileBusy,
  kCrossDevice,
};
inline constexpr int kErrors = 37;

template <typename T>
using Result = std::expected<T, Error>;

// "not-permitted": as WIT spells it.
std::string_view ErrorName(Error error);

}  // namespace davit::wasi::fs

// Returns from the enclosing function when `expr` (a Result<void>) is an error.
#define DAVIT_FS_RETURN_IF_ERROR(expr)                            \
  do {                                                            \
    if (auto davit_result = (expr); !davit_result) [[unlikely]] { \
      return std::unexpected(davit_result.error());               \
    }                                                             \
  } while (false)

// Evaluates `expr` (a Result<T>); returns its error when it has one, else moves the value into
// `lhs`, which may be a declaration.
#define DAVIT_FS_ASSIGN_OR_RETURN(lhs, expr) \
  DAVIT_FS_ASSIGN_OR_RETURN_IMPL_(DAVIT_FS_CONCAT_(davit_result_, __LINE__), lhs, expr)

#define DAVIT_FS_CONCAT_INNER_(a, b) a##b
#define DAVIT_FS_CONCAT_(a, b) DAVIT_FS_CONCAT_INNER_(a, b)
#define DAVIT_FS_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                    \
  if (!tmp) [[unlikely]] {                              \
    return std::unexpected(tmp.error());                \
  }                                                     \
  lhs = *std::move(tmp)

#endif  // DAVIT_RUNTIME_WASI_FS_ERROR_H_
