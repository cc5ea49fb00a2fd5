#include "tests/conformance/validate_executor.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/decode/decode.h"

namespace davit::conformance {
namespace {

constexpr size_t kLayerOffset = 6;

std::span<const uint8_t> Bytes(const std::string& binary) {
  return {reinterpret_cast<const uint8_t*>(binary.data()), binary.size()};
}

}  // namespace

bool IsCoreModule(const std::string& binary) {
  return binary.size() > kLayerOffset && binary[kLayerOffset] == 0;
}

absl::Status CheckBinary(const std::string& binary, const binary::Features& features,
                         const binary::CoreModuleValidator& core_validator) {
  if (IsCoreModule(binary)) {
    return core_validator ? core_validator(Bytes(binary)) : absl::OkStatus();
  }
  DAVIT_ASSIGN_OR_RETURN(const auto component,
                         binary::Decode(std::make_shared<const std::string>(binary), features));
  return binary::Validate(*component, features, core_validator);
}

// Any other code would be a limit or a fault of davit's own, not the rule that the script means.
Verdict ExpectRefused(const absl::Status& status, std::string_view text) {
  if (status.ok()) return Fail("accepted");
  if (absl::IsInvalidArgument(status) || absl::IsUnimplemented(status)) return Pass();
  // wasm-tools has its limits in its rules.
  const bool means_limit = absl::StrContains(text, "too deep") ||
                           absl::StrContains(text, "exceeds the limit") ||
                           absl::StrContains(text, "effective type size");
  if (means_limit && base::LimitOf(status)) return Pass();
  return Fail(absl::StrCat("refused for another reason: ", status.ToString()));
}

Verdict ValidateExecutor::Execute(const Command& command) {
  const auto check = [&] { return CheckBinary(*command.binary, features_, core_validator_); };
  switch (command.type) {
    case CommandType::kModule:
    case CommandType::kModuleDefinition:
    case CommandType::kAssertUnlinkable:
    case CommandType::kAssertUninstantiable:
      if (!command.binary) return Fail("the text does not parse");
      if (const absl::Status status = check(); !status.ok()) return Fail(status.ToString());
      return IsAssertion(command.type) ? Skip("needs execution") : Pass();
    case CommandType::kAssertInvalid:
    case CommandType::kAssertMalformed:
      return command.binary ? ExpectRefused(check(), command.text) : Pass();
    default:
      return Skip("needs execution");
  }
}

}  // namespace davit::conformance
