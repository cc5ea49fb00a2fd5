#ifndef DAVIT_RUNTIME_WASM_BINARY_TEST_UTIL_H_
#define DAVIT_RUNTIME_WASM_BINARY_TEST_UTIL_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/wasm/core_encoder.h"

// What tests of the decoders share: bytes written as in the specification, and errors matched by
// their place.
namespace davit::wasm {

// Bytes from text such as "07 [02 73 73] 'ab'": hexadecimal pairs, quoted characters, and brackets
// that put the number of bytes between them, as a u32, in front.
inline std::vector<uint8_t> FromText(std::string_view text) {
  std::vector<std::vector<uint8_t>> open(1);  // innermost last
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') {
      open.emplace_back();
    } else if (text[i] == ']') {
      const std::vector<uint8_t> sized = std::move(open.back());
      open.pop_back();
      const std::string encoded = CoreEncoder().Sized(CoreEncoder().Bytes(sized)).Take();
      open.back().insert(open.back().end(), encoded.begin(), encoded.end());
    } else if (text[i] == '\'') {
      for (++i; text[i] != '\''; ++i) open.back().push_back(static_cast<uint8_t>(text[i]));
    } else if (text[i] != ' ') {
      open.back().push_back(static_cast<uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
      ++i;
    }
  }
  return open.front();
}

inline constexpr std::string_view kComponentPreambleText = "00'asm' 0d 00 01 00 ";
inline constexpr std::string_view kCorePreambleText = "00'asm' 01 00 00 00 ";

// A core module of sections in text.
inline std::vector<uint8_t> ModuleFromText(std::string_view sections) {
  return FromText(std::string(kCorePreambleText).append(sections));
}

// A component of sections in text.
inline std::shared_ptr<const std::string> ComponentFromText(std::string_view sections) {
  const std::vector<uint8_t> bytes = FromText(std::string(kComponentPreambleText).append(sections));
  return std::make_shared<const std::string>(bytes.begin(), bytes.end());
}

inline absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// Matches the Status or StatusOr of a BinaryError.
MATCHER_P3(IsBinaryError, fault, offset, rule, "") {
  const absl::Status status = StatusOf(arg);
  const auto info = base::BinaryErrorOf(status);
  *result_listener << "which is " << status;
  return info.has_value() && info->fault == fault &&
         info->offset == static_cast<uint64_t>(offset) &&
         status.message().find(rule) != std::string_view::npos;
}
template <typename Offset, typename Rule>
auto IsMalformed(Offset offset, Rule rule) {
  return IsBinaryError(base::BinaryFault::kMalformed, offset, rule);
}
template <typename Offset, typename Rule>
auto IsInvalid(Offset offset, Rule rule) {
  return IsBinaryError(base::BinaryFault::kInvalid, offset, rule);
}

// Matches the Status or StatusOr of a FeatureError that names `feature`.
MATCHER_P(NeedsFeature, feature, "") {
  const absl::Status status = StatusOf(arg);
  *result_listener << "which is " << status;
  return base::FeatureOf(status) == std::string(feature);
}

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_BINARY_TEST_UTIL_H_
