// Whatever the bytes: decoding and validation end, and what is wrong is said with a code that a
// client can act on.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "runtime/base/error.h"
#include "runtime/binary/decode/decode.h"
#include "runtime/binary/validate/validate_test_util.h"

namespace davit::binary {
namespace {

void Expect(bool condition) {
  if (!condition) std::abort();
}

void CheckStatus(const absl::Status& status, size_t size) {
  if (status.ok()) return;
  if (const auto error = base::BinaryErrorOf(status)) {
    Expect(error->offset <= size);
    return;
  }
  Expect(base::FeatureOf(status).has_value() || base::LimitOf(status).has_value() ||
         absl::IsInvalidArgument(status));
}

void Check(const std::shared_ptr<const std::string>& bytes, const Features& features) {
  const auto component = Decode(bytes, features);
  if (!component.ok()) return CheckStatus(component.status(), bytes->size());
  CheckStatus(Validate(**component, features, nullptr), bytes->size());
}

}  // namespace
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  Check(bytes, kAllFeatures);
  Check(bytes, Features());
  return 0;
}

}  // namespace davit::binary
