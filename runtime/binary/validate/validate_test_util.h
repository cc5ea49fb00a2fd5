#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_VALIDATE_TEST_UTIL_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_VALIDATE_TEST_UTIL_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/decode/decode_test_util.h"
#include "runtime/binary/validate/validate.h"

namespace davit::binary {

// Decodes and validates a component whose sections are given in text; the first one starts at
// offset 8. Function bodies are not validated.
inline absl::Status ValidateText(std::string_view sections,
                                 const Features& features = kAllFeatures) {
  DAVIT_ASSIGN_OR_RETURN(const std::shared_ptr<const Component> component,
                         DecodeText(sections, features));
  return Validate(*component, features, /*core_validator=*/nullptr);
}

// A section that is a core module, in text, of core sections in text.
inline std::string CoreModuleText(std::string_view core_sections) {
  return absl::StrCat("01 [00'asm' 01 00 00 00 ", core_sections, "] ");
}

// A section that is a component.
inline std::string ComponentText(std::string_view sections) {
  return absl::StrCat("04 [00'asm' 0d 00 01 00 ", sections, "] ");
}

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_VALIDATE_TEST_UTIL_H_
