#include "server/rpc/message_cost.h"

#include <algorithm>

#include "absl/log/check.h"
#include "google/protobuf/message.h"
#include "google/protobuf/wire_format_lite.h"

namespace davit::server {
namespace {

namespace pb = google::protobuf;
using Wire = pb::internal::WireFormatLite;

// Messages nest no deeper than protobuf parses.
constexpr int kMaxDepth = 100;
constexpr int kMaxFieldNumber = 1000;
// Arrays double, and leave on the arena what they were; its blocks double too.
constexpr uint64_t kGrowth = 4;
constexpr uint64_t kPointer = 3 * sizeof(void*);
// An array whose length is known is made at once, or nearly so.
constexpr uint64_t kGrowthOfKnown = 2;
// A string's object, its destructor's place on the arena, and what malloc adds to its bytes.
constexpr uint64_t kString = sizeof(std::string) + 32;
// Of a field that nobody knows: three of its records, while their vector grows; and the set of its
// message or group, which may have no other.
constexpr uint64_t kUnknown = 48 + 80;

}  // namespace

MessageCost::MessageCost(const pb::Descriptor& type) { Add(type); }

size_t MessageCost::Add(const pb::Descriptor& type) {
  const auto [known, is_new] = index_.try_emplace(&type, messages_.size());
  const size_t index = known->second;
  if (!is_new) return index;
  messages_.emplace_back();
  Message fields;
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    CHECK_LE(field.number(), kMaxFieldNumber) << field.full_name();
    fields.resize(std::max<size_t>(fields.size(), field.number() + 1));
    fields[field.number()] = Describe(field);
  }
  messages_[index] = std::move(fields);
  return index;
}

MessageCost::Field MessageCost::Describe(const pb::FieldDescriptor& field) {
  Field result{.repeated = field.is_repeated(),
               .wire_type = static_cast<uint8_t>(
                   Wire::WireTypeForFieldType(static_cast<Wire::FieldType>(field.type())))};
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
      result.kind = Field::Kind::kText;
      break;
    case pb::FieldDescriptor::CPPTYPE_MESSAGE: {
      result.kind = Field::Kind::kMessage;
      const pb::Message* const prototype =
          pb::MessageFactory::generated_factory()->GetPrototype(field.message_type());
      result.bytes = static_cast<uint32_t>(prototype->SpaceUsedLong());
      result.message = Add(*field.message_type());
      break;
    }
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      result.kind = Field::Kind::kScalar;
      result.bytes = 1;
      break;
    case pb::FieldDescriptor::CPPTYPE_INT32:
    case pb::FieldDescriptor::CPPTYPE_UINT32:
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      result.kind = Field::Kind::kScalar;
      result.bytes = 4;
      break;
    default:
      result.kind = Field::Kind::kScalar;
      result.bytes = 8;
      break;
  }
  return result;
}

// One message as it is walked through.
class MessageCost::Walk {
 public:
  Walk(const MessageCost& costs, pb::io::ZeroCopyInputStream& encoded, uint64_t max)
      : costs_(costs), in_(&encoded), max_(max) {}

  uint64_t Run() {
    Fields(&costs_.messages_.front(), 0, 0);
    return cost_;
  }

 private:
  // Each returns false where the walk ends.
  // The fields of a message, null for one that nobody knows, up to its end: that of the bytes, or
  // in a group the tag `end`.
  bool Fields(const Message* message, uint32_t end, int depth) {
    while (const uint32_t tag = in_.ReadTag()) {
      if (tag == end) return true;
      if (!OneField(message, tag, depth)) return false;
    }
    return end == 0 && in_.ConsumedEntireMessage();
  }

  bool OneField(const Message* message, uint32_t tag, int depth) {
    const auto number = static_cast<size_t>(Wire::GetTagFieldNumber(tag));
    const Wire::WireType wire_type = Wire::GetTagWireType(tag);
    if (number == 0) return false;
    const Field field =
        message != nullptr && number < message->size() ? (*message)[number] : Field();
    switch (field.kind) {
      case Field::Kind::kScalar:
        if (wire_type == field.wire_type) {
          return Add(field.repeated ? kGrowth * field.bytes : 0) && Skip(wire_type);
        }
        if (field.repeated && wire_type == Wire::WIRETYPE_LENGTH_DELIMITED) return Packed(field);
        break;
      case Field::Kind::kText:
        if (wire_type == field.wire_type) return Text(kString + kPointer);
        break;
      case Field::Kind::kMessage:
        if (wire_type == field.wire_type) return Submessage(field, depth);
        break;
      case Field::Kind::kUnknown:
        break;
    }
    return Unknown(tag, depth);
  }

  bool Unknown(uint32_t tag, int depth) {
    switch (const Wire::WireType wire_type = Wire::GetTagWireType(tag)) {
      case Wire::WIRETYPE_LENGTH_DELIMITED:
        return Text(kUnknown + kString);
      case Wire::WIRETYPE_START_GROUP: {
        if (depth >= kMaxDepth || !Add(kUnknown)) return false;
        const uint32_t end = Wire::MakeTag(Wire::GetTagFieldNumber(tag), Wire::WIRETYPE_END_GROUP);
        return Fields(nullptr, end, depth + 1);
      }
      case Wire::WIRETYPE_END_GROUP:
        return false;  // of none that has begun
      default:
        return Add(kUnknown) && Skip(wire_type);
    }
  }

  bool Skip(Wire::WireType wire_type) {
    uint64_t value;
    switch (wire_type) {
      case Wire::WIRETYPE_VARINT:
        return in_.ReadVarint64(&value);
      case Wire::WIRETYPE_FIXED32:
        return in_.Skip(sizeof(uint32_t));
      case Wire::WIRETYPE_FIXED64:
        return in_.Skip(sizeof(uint64_t));
      default:
        return false;
    }
  }

  bool Text(uint64_t object) {
    int length;
    return in_.ReadVarintSizeAsInt(&length) && Add(object + static_cast<uint64_t>(length)) &&
           in_.Skip(length);
  }

  bool Submessage(const Field& field, int depth) {
    int length;
    if (depth >= kMaxDepth || !in_.ReadVarintSizeAsInt(&length)) return false;
    if (!Add(field.bytes + kPointer)) return false;
    const pb::io::CodedInputStream::Limit outer = in_.PushLimit(length);
    const bool goes_on =
        Fields(&costs_.messages_[field.message], 0, depth + 1) && in_.BytesUntilLimit() == 0;
    in_.PopLimit(outer);
    return goes_on;
  }

  // Elements one after the other.
  bool Packed(const Field& field) {
    int length;
    if (!in_.ReadVarintSizeAsInt(&length)) return false;
    if (field.wire_type != Wire::WIRETYPE_VARINT) {
      return Add(kGrowthOfKnown * static_cast<uint64_t>(length)) && in_.Skip(length);
    }
    uint64_t elements = 0;
    return CountVarints(length, elements) && Add(kGrowth * field.bytes * elements);
  }

  // Each has one byte whose top bit is clear: the last one.
  bool CountVarints(int length, uint64_t& count) {
    while (length > 0) {
      const void* data;
      int size;
      if (!in_.GetDirectBufferPointer(&data, &size)) return false;
      size = std::min(size, length);
      const auto* const bytes = static_cast<const uint8_t*>(data);
      count += static_cast<uint64_t>(
          std::count_if(bytes, bytes + size, [](uint8_t byte) { return byte < 0x80; }));
      if (!in_.Skip(size)) return false;
      length -= size;
    }
    return true;
  }

  bool Add(uint64_t bytes) {
    cost_ += bytes;
    return cost_ <= max_;
  }

  const MessageCost& costs_;
  pb::io::CodedInputStream in_;
  const uint64_t max_;
  uint64_t cost_ = 0;
};

uint64_t MessageCost::Of(pb::io::ZeroCopyInputStream& encoded, uint64_t max) const {
  return Walk(*this, encoded, max).Run();
}

}  // namespace davit::server
