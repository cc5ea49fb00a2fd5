#ifndef DAVIT_RUNTIME_BASE_ERROR_H_
#define DAVIT_RUNTIME_BASE_ERROR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace davit::base {

// Marks what has ended a guest while it waited for its host, and tells whether it was marked.
absl::Status WhileWaiting(absl::Status status);
bool IsWhileWaiting(const absl::Status& status);

// A component binary that is malformed (kMalformed: the bytes do not parse) or invalid (kInvalid:
// they parse but break a validation rule).
enum class BinaryFault : uint8_t { kMalformed, kInvalid };

// INVALID_ARGUMENT "<rule> (at offset 0x<offset>)" that remembers the absolute byte offset.
absl::Status BinaryError(BinaryFault fault, uint64_t offset, std::string_view rule);
// UNIMPLEMENTED: the component needs a feature that is switched off or that davit cannot run.
absl::Status FeatureError(std::string_view feature, std::string_view detail);

struct BinaryErrorInfo {
  BinaryFault fault = BinaryFault::kMalformed;
  uint64_t offset = 0;
};
std::optional<BinaryErrorInfo> BinaryErrorOf(const absl::Status& status);
// The feature a FeatureError names.
std::optional<std::string> FeatureOf(const absl::Status& status);

// INVALID_ARGUMENT "args[0].items[3].price: want u32, got string" with the path as its payload.
absl::Status ArgumentError(std::string_view path, std::string_view description);
std::optional<std::string> ArgumentPathOf(const absl::Status& status);

// FAILED_PRECONDITION that lists every unsatisfied import as "name: type".
absl::Status UnsatisfiedImportsError(const std::vector<std::string>& imports);
std::vector<std::string> UnsatisfiedImportsOf(const absl::Status& status);

// RESOURCE_EXHAUSTED: `limit` (a name as in Limits, e.g. "memory_bytes") of `value` was reached.
absl::Status LimitError(std::string_view limit, uint64_t value, std::string_view detail);
std::optional<std::string> LimitOf(const absl::Status& status);

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_ERROR_H_
