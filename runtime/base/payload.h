#ifndef DAVIT_RUNTIME_BASE_PAYLOAD_H_
#define DAVIT_RUNTIME_BASE_PAYLOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/cord.h"

// The encoding of davit's status payloads: numbers as LEB128, texts as length and bytes, in an
// order that each payload fixes. Private to this package; others read payloads through typed
// accessors.
namespace davit::base {

class PayloadWriter {
 public:
  PayloadWriter& Number(uint64_t number);
  PayloadWriter& Text(std::string_view text);
  absl::Cord Take() &&;

 private:
  std::string bytes_;
};

// Reads what PayloadWriter wrote, and survives anything else: after the first failed read every
// read gives zero or an empty text, and Complete() is false. `bytes` must outlive it.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : rest_(bytes) {}

  uint64_t Number();
  // A number that must not exceed `max`.
  uint64_t NumberUpTo(uint64_t max);
  std::string Text();
  // A number of items of at least `item_bytes` each, which therefore may be reserved.
  uint64_t Count(uint64_t item_bytes) { return NumberUpTo(rest_.size() / item_bytes); }
  // Whether every read succeeded and nothing is left.
  bool Complete() const { return ok_ && rest_.empty(); }

 private:
  uint64_t Fail();

  std::string_view rest_;
  bool ok_ = true;
};

// What `read` makes of the payload of `status` under `url`; nullopt when there is no such payload
// or it does not read completely.
template <typename Read>
auto ReadPayload(const absl::Status& status, std::string_view url, Read read)
    -> std::optional<decltype(read(std::declval<PayloadReader&>()))> {
  const std::optional<absl::Cord> payload = status.GetPayload(url);
  if (!payload.has_value()) return std::nullopt;
  const std::string bytes(*payload);
  PayloadReader reader(bytes);
  auto value = read(reader);
  if (!reader.Complete()) return std::nullopt;
  return value;
}

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_PAYLOAD_H_
