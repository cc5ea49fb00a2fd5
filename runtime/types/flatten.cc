#include "runtime/types/flatten.h"

#include <cstddef>
#include <vector>

#include "runtime/base/limits.h"

namespace davit::types {
namespace {

constexpr CoreType kPointer = CoreType::kI32;

// How many core values may be passed on either way before memory is used.
struct FlatLimits {
  size_t params = base::kMaxFlatParams;
  size_t results = base::kMaxFlatResults;
};

constexpr FlatLimits LimitsOf(Direction direction, Abi abi) {
  if (abi == Abi::kSync) return {};
  if (direction == Direction::kLift) return {.results = base::kMaxFlatParams};
  return {.params = base::kMaxFlatAsyncParams, .results = 0};
}

// Stops soon after the limit, which is all that counts once it is passed.
std::vector<CoreType> FlatTypes(std::span<const Type* const> types, size_t limit) {
  std::vector<CoreType> flat;
  for (const Type* type : types) {
    if (flat.size() > limit) break;
    flat.insert(flat.end(), type->flat().begin(), type->flat().end());
  }
  return flat;
}

std::vector<CoreType> FlatResults(const Type* result, bool is_flat, Direction direction) {
  if (result == nullptr) return {};
  if (is_flat) return result->flat();
  if (direction == Direction::kLift) return {kPointer};
  return {};
}

// A lower answers with the state of the subtask, a callback ABI with what to wait for.
std::vector<CoreType> AsyncResults(Direction direction, Abi abi) {
  if (direction == Direction::kLift && abi == Abi::kAsyncStackful) return {};
  return {CoreType::kI32};
}

}  // namespace

Flattening Flatten(std::span<const Type* const> params, const Type* result, Direction direction,
                   Abi abi) {
  const FlatLimits limits = LimitsOf(direction, abi);
  Flattening flattening;
  CoreSignature& signature = flattening.signature;
  signature.params = FlatTypes(params, limits.params);
  flattening.params_are_flat = signature.params.size() <= limits.params;
  flattening.result_is_flat = result == nullptr || result->flat().size() <= limits.results;
  if (!flattening.params_are_flat) signature.params = {kPointer};
  if (direction == Direction::kLower && !flattening.result_is_flat) {
    signature.params.push_back(kPointer);
  }
  signature.results = abi == Abi::kSync ? FlatResults(result, flattening.result_is_flat, direction)
                                        : AsyncResults(direction, abi);
  return flattening;
}

Flattening Flatten(const FuncType& type, Direction direction, Abi abi) {
  std::vector<const Type*> params;
  params.reserve(type.params.size());
  for (const Param& param : type.params) params.push_back(param.type.get());
  return Flatten(params, type.result.get(), direction, abi);
}

Flattening FlattenTaskReturn(const Type* result) {
  const std::span<const Type* const> params(&result, result == nullptr ? 0 : 1);
  return Flatten(params, /*result=*/nullptr, Direction::kLower, Abi::kSync);
}

}  // namespace davit::types
