#include "runtime/base/error.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/payload.h"

namespace davit::base {
namespace {

constexpr std::string_view kBinaryErrorUrl = "davit/BinaryError";
constexpr std::string_view kFeatureUrl = "davit/Feature";
constexpr std::string_view kArgumentUrl = "davit/Argument";
constexpr std::string_view kImportsUrl = "davit/UnsatisfiedImports";
constexpr std::string_view kLimitUrl = "davit/Limit";
constexpr std::string_view kWaitingUrl = "davit/Waiting";

absl::Status WithPayload(absl::Status status, std::string_view url, PayloadWriter payload) {
  status.SetPayload(url, std::move(payload).Take());
  return status;
}

std::optional<std::string> TextPayload(const absl::Status& status, std::string_view url) {
  return ReadPayload(status, url, [](PayloadReader& reader) { return reader.Text(); });
}

}  // namespace

absl::Status BinaryError(BinaryFault fault, uint64_t offset, std::string_view rule) {
  return WithPayload(
      absl::InvalidArgumentError(absl::StrCat(rule, " (at offset 0x", absl::Hex(offset), ")")),
      kBinaryErrorUrl, PayloadWriter().Number(static_cast<uint64_t>(fault)).Number(offset));
}

std::optional<BinaryErrorInfo> BinaryErrorOf(const absl::Status& status) {
  return ReadPayload(status, kBinaryErrorUrl, [](PayloadReader& reader) {
    const auto fault =
        static_cast<BinaryFault>(reader.NumberUpTo(static_cast<uint64_t>(BinaryFault::kInvalid)));
    return BinaryErrorInfo{.fault = fault, .offset = reader.Number()};
  });
}

absl::Status FeatureError(std::string_view feature, std::string_view detail) {
  return WithPayload(absl::UnimplementedError(absl::StrCat("feature '", feature, "': ", detail)),
                     kFeatureUrl, PayloadWriter().Text(feature));
}

std::optional<std::string> FeatureOf(const absl::Status& status) {
  return TextPayload(status, kFeatureUrl);
}

absl::Status ArgumentError(std::string_view path, std::string_view description) {
  return WithPayload(absl::InvalidArgumentError(absl::StrCat(path, ": ", description)),
                     kArgumentUrl, PayloadWriter().Text(path));
}

std::optional<std::string> ArgumentPathOf(const absl::Status& status) {
  return TextPayload(status, kArgumentUrl);
}

absl::Status UnsatisfiedImportsError(const std::vector<std::string>& imports) {
  PayloadWriter payload;
  payload.Number(imports.size());
  for (const std::string& import : imports) payload.Text(import);
  return WithPayload(absl::FailedPreconditionError(
                         absl::StrCat("unsatisfied imports: ", absl::StrJoin(imports, ", "))),
                     kImportsUrl, std::move(payload));
}

std::vector<std::string> UnsatisfiedImportsOf(const absl::Status& status) {
  auto imports = ReadPayload(status, kImportsUrl, [](PayloadReader& reader) {
    std::vector<std::string> names(reader.Count(/*item_bytes=*/1));
    for (std::string& name : names) name = reader.Text();
    return names;
  });
  return std::move(imports).value_or(std::vector<std::string>());
}

absl::Status LimitError(std::string_view limit, uint64_t value, std::string_view detail) {
  return WithPayload(
      absl::ResourceExhaustedError(absl::StrCat(limit, " limit of ", value, " reached: ", detail)),
      kLimitUrl, PayloadWriter().Text(limit));
}

std::optional<std::string> LimitOf(const absl::Status& status) {
  return TextPayload(status, kLimitUrl);
}

absl::Status WhileWaiting(absl::Status status) {
  status.SetPayload(kWaitingUrl, absl::Cord());
  return status;
}

bool IsWhileWaiting(const absl::Status& status) {
  return status.GetPayload(kWaitingUrl).has_value();
}

}  // namespace davit::base
