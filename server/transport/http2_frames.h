#ifndef DAVIT_SERVER_TRANSPORT_HTTP2_FRAMES_H_
#define DAVIT_SERVER_TRANSPORT_HTTP2_FRAMES_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace davit::server {

// The header of an HTTP/2 frame (RFC 9113, section 4.1).
struct Http2Frame {
  enum Type : uint8_t {
    kData = 0,
    kHeaders = 1,
    kRstStream = 3,
    kSettings = 4,
    kContinuation = 9,
  };
  static constexpr uint8_t kAck = 1;         // of SETTINGS
  static constexpr uint8_t kEndStream = 1;   // of DATA and HEADERS
  static constexpr uint8_t kPadded = 8;      // of DATA and HEADERS
  static constexpr uint8_t kEndHeaders = 4;  // of HEADERS and CONTINUATION

  uint32_t length = 0;  // of the payload
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
};

// Finds the frames in one direction of a connection, whose bytes come in pieces of any size. Looks
// at the headers of frames alone. Not thread-safe.
class Http2FrameScanner {
 public:
  // Calls `on_frame` with each frame whose header ends in `bytes`, until it returns false, which
  // Scan does then too. Payload that lies in `bytes` is passed to `on_payload`.
  template <typename OnFrame, typename OnPayload>
  bool Scan(std::span<const uint8_t> bytes, OnFrame on_frame, OnPayload on_payload) {
    while (!bytes.empty()) {
      if (payload_left_ > 0) {
        const size_t size = std::min<size_t>(payload_left_, bytes.size());
        payload_left_ -= static_cast<uint32_t>(size);
        on_payload(bytes.first(size));
        bytes = bytes.subspan(size);
        continue;
      }
      const size_t size = std::min(kHeaderBytes - held_, bytes.size());
      std::copy_n(bytes.begin(), size, header_.begin() + held_);
      held_ += size;
      bytes = bytes.subspan(size);
      if (held_ < kHeaderBytes) return true;
      held_ = 0;
      const Http2Frame frame = Decode();
      payload_left_ = frame.length;
      if (!on_frame(frame)) return false;
    }
    return true;
  }
  // Of the frame whose header came last.
  uint32_t payload_left() const { return payload_left_; }

 private:
  static constexpr size_t kHeaderBytes = 9;

  Http2Frame Decode() const {
    const auto at = [this](size_t i) { return static_cast<uint32_t>(header_[i]); };
    return {.length = at(0) << 16 | at(1) << 8 | at(2),
            .type = header_[3],
            .flags = header_[4],
            .stream = (at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8)) & 0x7fffffff};
  }

  std::array<uint8_t, kHeaderBytes> header_ = {};
  size_t held_ = 0;
  uint32_t payload_left_ = 0;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_TRANSPORT_HTTP2_FRAMES_H_
