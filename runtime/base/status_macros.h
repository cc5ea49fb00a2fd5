#ifndef DAVIT_RUNTIME_BASE_STATUS_MACROS_H_
#define DAVIT_RUNTIME_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expr` (an absl::Status) is not OK.
#define DAVIT_RETURN_IF_ERROR(expr)                                            \
  do {                                                                         \
    if (absl::Status davit_status = (expr); !davit_status.ok()) [[unlikely]] { \
      return davit_status;                                                     \
    }                                                                          \
  } while (false)

// Evaluates `expr` (an absl::StatusOr<T>); returns its status when it is not OK, else moves the
// value into `lhs`, which may be a declaration.
#define DAVIT_ASSIGN_OR_RETURN(lhs, expr) \
  DAVIT_ASSIGN_OR_RETURN_IMPL_(DAVIT_CONCAT_(davit_statusor_, __LINE__), lhs, expr)

#define DAVIT_CONCAT_INNER_(a, b) a##b
#define DAVIT_CONCAT_(a, b) DAVIT_CONCAT_INNER_(a, b)
#define DAVIT_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                 \
  if (!tmp.ok()) [[unlikely]] {                      \
    return std::move(tmp).status();                  \
  }                                                  \
  lhs = *std::move(tmp)

#endif  // DAVIT_RUNTIME_BASE_STATUS_MACROS_H_
