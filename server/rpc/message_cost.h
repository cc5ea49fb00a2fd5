#ifndef DAVIT_SERVER_RPC_MESSAGE_COST_H_
#define DAVIT_SERVER_RPC_MESSAGE_COST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"

namespace davit::server {

// What an encoded message becomes in memory, known before it is parsed: two bytes may become an
// object of fifty, and protobuf makes it before anybody can refuse. Immutable, thread-safe.
class MessageCost {
 public:
  // Of messages of this type, which must be one that the program was linked with.
  explicit MessageCost(const google::protobuf::Descriptor& type);

  // The bytes that parsing what `encoded` holds allocates at most, not counting the message itself.
  // Ends where the count passes `max`, and where the encoding is broken, as parsing does there.
  // Takes a few nanoseconds for each field that is there.
  uint64_t Of(google::protobuf::io::ZeroCopyInputStream& encoded, uint64_t max) const;

 private:
  // What one occurrence of a field takes.
  struct Field {
    enum class Kind : uint8_t { kUnknown, kScalar, kText, kMessage };
    Kind kind = Kind::kUnknown;
    bool repeated = false;
    uint8_t wire_type = 0;  // of one that is not packed
    uint32_t bytes = 0;     // of the element, or of the message's object
    size_t message = 0;     // in messages_
  };
  using Message = std::vector<Field>;  // by number

  class Walk;

  size_t Add(const google::protobuf::Descriptor& type);
  Field Describe(const google::protobuf::FieldDescriptor& field);

  std::vector<Message> messages_;
  absl::flat_hash_map<const google::protobuf::Descriptor*, size_t> index_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_MESSAGE_COST_H_
