#ifndef DAVIT_RUNTIME_BINARY_DECODE_DECODE_TEST_UTIL_H_
#define DAVIT_RUNTIME_BINARY_DECODE_DECODE_TEST_UTIL_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/decode/decode.h"
#include "runtime/binary/features.h"
#include "runtime/wasm/binary_test_util.h"

namespace davit::binary {

inline constexpr Features kAllFeatures = {
    .values = true,
    .nested_names = true,
    .canonical_names = true,
    .more_async_builtins = true,
    .async_stackful = true,
    .threading = true,
    .shared_threads = true,
    .fixed_length_lists = true,
    .error_context = true,
    .memory64 = true,
};

// Decodes a component whose sections are given in text; the first one starts at offset 8.
inline absl::StatusOr<std::shared_ptr<const Component>> DecodeText(
    std::string_view sections, const Features& features = kAllFeatures) {
  return Decode(wasm::ComponentFromText(sections), features);
}

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_DECODE_DECODE_TEST_UTIL_H_
