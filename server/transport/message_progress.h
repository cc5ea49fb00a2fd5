#ifndef DAVIT_SERVER_TRANSPORT_MESSAGE_PROGRESS_H_
#define DAVIT_SERVER_TRANSPORT_MESSAGE_PROGRESS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace davit::server {

// How far the gRPC message has come that is under way in one direction of a stream: each is a byte
// of flags and four of its length, most significant first, and so many bytes. Not thread-safe.
class MessageProgress {
 public:
  // Takes what comes next of the stream's data, in pieces of any size.
  void Take(std::span<const uint8_t> bytes) {
    while (!bytes.empty()) {
      const size_t taken = left_ > 0 ? TakeMessage(bytes.size()) : TakePrefix(bytes.front());
      bytes = bytes.subspan(taken);
    }
  }
  // Bytes of the message that have come, which gRPC keeps until the last one has; 0 between
  // messages.
  uint32_t held() const { return held_; }

 private:
  static constexpr uint8_t kPrefixBytes = 5;

  size_t TakeMessage(size_t size) {
    const auto taken = static_cast<uint32_t>(std::min<size_t>(left_, size));
    left_ -= taken;
    held_ = left_ > 0 ? held_ + taken : 0;
    return taken;
  }
  size_t TakePrefix(uint8_t byte) {
    if (prefix_size_ > 0) length_ = length_ << 8 | byte;
    if (++prefix_size_ == kPrefixBytes) {
      left_ = length_;
      length_ = 0;
      prefix_size_ = 0;
    }
    return 1;
  }

  uint32_t left_ = 0;  // of the message
  uint32_t held_ = 0;
  uint32_t length_ = 0;  // as far as the prefix has come
  uint8_t prefix_size_ = 0;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_TRANSPORT_MESSAGE_PROGRESS_H_
