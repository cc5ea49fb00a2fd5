#ifndef DAVIT_TESTS_CONFORMANCE_VALIDATE_EXECUTOR_H_
#define DAVIT_TESTS_CONFORMANCE_VALIDATE_EXECUTOR_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "runtime/binary/features.h"
#include "runtime/binary/validate/validate.h"
#include "tests/conformance/verdict.h"

namespace davit::conformance {

// Decodes and validates; what runs a guest is skipped. Core modules go to `core_validator`, which
// may be null.
class ValidateExecutor final : public Executor {
 public:
  ValidateExecutor(const binary::Features& features, binary::CoreModuleValidator core_validator)
      : features_(features), core_validator_(std::move(core_validator)) {}

  Verdict Execute(const Command& command) override;

 private:
  const binary::Features features_;
  const binary::CoreModuleValidator core_validator_;
};

// Whether the bytes are a core module rather than a component, by the layer in the preamble.
bool IsCoreModule(const std::string& binary);

// Decodes and validates a component or a core module.
absl::Status CheckBinary(const std::string& binary, const binary::Features& features,
                         const binary::CoreModuleValidator& core_validator);

// The verdict on a binary that must be refused, given how it was received; `text` is the message
// that the script expects.
Verdict ExpectRefused(const absl::Status& status, std::string_view text);

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_VALIDATE_EXECUTOR_H_
