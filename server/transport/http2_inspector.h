#ifndef DAVIT_SERVER_TRANSPORT_HTTP2_INSPECTOR_H_
#define DAVIT_SERVER_TRANSPORT_HTTP2_INSPECTOR_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "server/transport/http2_frames.h"
#include "server/transport/message_progress.h"
#include "server/transport/token_bucket.h"

namespace davit::server {

// What a client may make of one HTTP/2 connection before it is ended. gRPC 1.51 bounds none of
// these, or only for clients that acknowledge its settings.
struct Http2Limits {
  // Streams open at once.
  uint32_t max_streams = 1000;
  // HEADERS with its CONTINUATIONs, as they are on the wire. gRPC keeps them until they are whole.
  uint32_t max_header_block_bytes = 64 << 10;
  // Streams that end before they are answered, because the client resets them or makes gRPC do so:
  // at once, and per second. Each costs as much as a call, and its memory lives on for a while.
  uint32_t resets = 1000;
  uint32_t resets_per_second = 500;
  // Frames that carry nothing, or next to nothing: PING, SETTINGS, WINDOW_UPDATE, short DATA, ...
  // Answers of the server earn more of them.
  uint32_t idle_frames = 10'000;
  uint32_t idle_frames_per_second = 10'000;
};

// Follows one connection by the frame headers that go over it, and says when the client does what
// no client needs to do; and how much of unfinished messages it has sent. It decodes nothing and
// knows no more of HTTP/2 than this takes: what is wrong in other ways is left to gRPC. Times are
// milliseconds of one steady clock. Not thread-safe.
class Http2Inspector {
 public:
  Http2Inspector(const Http2Limits& limits, int64_t now_ms);

  // Takes what the client sent next, in one piece of memory: gRPC parses as it is cut. Returns
  // false when the connection is to be ended; the bytes must not reach gRPC then. REQUIRES: it has
  // not returned false before.
  bool Received(std::span<const uint8_t> bytes, int64_t now_ms);
  // The same of what was sent to the client.
  bool Sent(std::span<const uint8_t> bytes, int64_t now_ms);

  // Why the connection is to be ended, in words; static.
  std::string_view fault() const { return fault_; }
  uint32_t open_streams() const { return static_cast<uint32_t>(open_.size()); }
  // Of all streams that there were.
  uint64_t opened_streams() const { return opened_; }
  uint64_t reset_streams() const { return reset_; }
  // What has come of messages that are not whole yet, of all streams: gRPC keeps it.
  uint64_t unfinished_bytes() const { return unfinished_bytes_; }
  // Those that their rate has not made good yet.
  uint64_t recent_resets() const { return resets_.missing(); }

 private:
  bool Fail(std::string_view fault);
  // Takes the preface off the front of `bytes`.
  bool SkipPreface(std::span<const uint8_t>& bytes);
  bool OnReceived(const Http2Frame& frame, int64_t now_ms);
  bool OnHeaders(const Http2Frame& frame, int64_t now_ms);
  bool OnContinuation(const Http2Frame& frame, int64_t now_ms);
  bool OnBlockPart(const Http2Frame& frame);
  bool OnOther(const Http2Frame& frame, int64_t now_ms);
  bool OpenStream(uint32_t stream);
  // The stream is over; whether it was open.
  bool Forget(uint32_t stream);
  void BeginData(const Http2Frame& frame);
  void OnData(std::span<const uint8_t> payload);
  void EndMessages(uint32_t stream);
  void SetProgress(MessageProgress& progress, const MessageProgress& now);
  bool OnSent(const Http2Frame& frame, int64_t now_ms);
  bool CountReset(int64_t now_ms);
  bool CountIdle(const Http2Frame& frame, int64_t now_ms);
  bool CountCut(int64_t now_ms);

  const Http2Limits limits_;
  std::string_view fault_;
  size_t preface_left_;
  Http2FrameScanner received_;
  Http2FrameScanner sent_;

  // The DATA frame that is under way.
  struct Data {
    uint32_t stream = 0;     // none
    uint32_t left = 0;       // of the payload but its padding
    bool is_padded = false;  // and how much is to come
    bool ends_stream = false;
  };

  absl::flat_hash_map<uint32_t, MessageProgress> open_;
  Data data_;
  uint64_t unfinished_bytes_ = 0;
  uint32_t last_stream_ = 0;
  uint64_t opened_ = 0;
  uint64_t reset_ = 0;
  bool settings_acknowledged_ = false;

  // The header block that is under way: announced bytes, frames, bytes that have come, and how
  // often it was cut so far.
  bool in_block_ = false;
  bool block_ends_ = false;
  uint32_t block_stream_ = 0;
  uint64_t block_bytes_ = 0;
  uint32_t block_frames_ = 0;
  uint64_t block_received_ = 0;
  uint32_t block_cuts_ = 0;

  TokenBucket resets_;
  TokenBucket idle_frames_;
  TokenBucket parsed_again_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_TRANSPORT_HTTP2_INSPECTOR_H_
