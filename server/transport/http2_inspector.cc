#include "server/transport/http2_inspector.h"

#include <algorithm>
#include <utility>

namespace davit::server {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// Of one header block. Clients cut it every 16 KiB; gRPC begins anew with what is unfinished at
// each.
constexpr uint32_t kMaxBlockFrames = 64;
// Requests before the client has acknowledged the settings: until then gRPC lets it open any number
// of streams with 16 MiB of headers each.
constexpr uint64_t kMaxUnacknowledged = 100;
// gRPC parses an unfinished header block from its beginning again with each piece that comes. Once
// is nothing; past that so many bytes a second may be parsed again, which take some 20 ms.
constexpr uint64_t kParsedAgainBytes = 4 << 20;
// A frame that is counted as idle for each so many bytes that have to be looked at.
constexpr uint32_t kBytesPerIdleFrame = 64;
// gRPC keeps 32 bytes for each DATA frame of a message, however short it is.
constexpr uint32_t kShortDataBytes = 64;
// What the client may send for each frame of an answer and so many bytes of it: clients tell that
// they have read it, and may probe the connection meanwhile.
constexpr uint64_t kEarnedPerFrame = 4;
constexpr uint32_t kBytesPerEarned = 16;

}  // namespace

Http2Inspector::Http2Inspector(const Http2Limits& limits, int64_t now_ms)
    : limits_(limits),
      preface_left_(kPreface.size()),
      resets_(limits.resets, limits.resets_per_second, now_ms),
      idle_frames_(limits.idle_frames, limits.idle_frames_per_second, now_ms),
      parsed_again_(kParsedAgainBytes, kParsedAgainBytes, now_ms) {}

bool Http2Inspector::Fail(std::string_view fault) {
  fault_ = fault;
  return false;
}

bool Http2Inspector::SkipPreface(std::span<const uint8_t>& bytes) {
  while (preface_left_ > 0 && !bytes.empty()) {
    if (bytes.front() != static_cast<uint8_t>(kPreface[kPreface.size() - preface_left_])) {
      return Fail("it does not speak HTTP/2");
    }
    --preface_left_;
    bytes = bytes.subspan(1);
  }
  return true;
}

bool Http2Inspector::Received(std::span<const uint8_t> bytes, int64_t now_ms) {
  if (preface_left_ > 0 && !SkipPreface(bytes)) return false;
  const auto on_frame = [this, now_ms](const Http2Frame& frame) {
    return OnReceived(frame, now_ms);
  };
  const auto on_payload = [this](std::span<const uint8_t> payload) {
    if (data_.stream != 0) return OnData(payload);
    if (!in_block_) return;
    block_received_ += payload.size();
    if (block_ends_ && received_.payload_left() == 0) in_block_ = false;
  };
  if (!received_.Scan(bytes, on_frame, on_payload)) return false;
  return !in_block_ || CountCut(now_ms);
}

bool Http2Inspector::OnReceived(const Http2Frame& frame, int64_t now_ms) {
  data_ = {};
  if (in_block_ || frame.type == Http2Frame::kContinuation) return OnContinuation(frame, now_ms);
  return frame.type == Http2Frame::kHeaders ? OnHeaders(frame, now_ms) : OnOther(frame, now_ms);
}

bool Http2Inspector::OnHeaders(const Http2Frame& frame, int64_t now_ms) {
  block_stream_ = frame.stream;
  block_bytes_ = 0;
  block_frames_ = 0;
  block_received_ = 0;
  block_cuts_ = 0;
  if (!OnBlockPart(frame)) return false;
  // Trailers, or what gRPC reads and throws away.
  if (frame.stream <= last_stream_ || frame.stream % 2 == 0) return CountIdle(frame, now_ms);
  return OpenStream(frame.stream);
}

bool Http2Inspector::OpenStream(uint32_t stream) {
  last_stream_ = stream;
  ++opened_;
  if (!settings_acknowledged_ && opened_ > kMaxUnacknowledged) {
    return Fail("it does not acknowledge the settings");
  }
  if (open_.size() >= limits_.max_streams) return Fail("it opens too many streams");
  open_.try_emplace(stream);
  return true;
}

bool Http2Inspector::OnContinuation(const Http2Frame& frame, int64_t now_ms) {
  if (!in_block_ || frame.type != Http2Frame::kContinuation || frame.stream != block_stream_) {
    return Fail("its headers are out of order");
  }
  return OnBlockPart(frame) && CountCut(now_ms);
}

bool Http2Inspector::OnBlockPart(const Http2Frame& frame) {
  block_bytes_ += frame.length;
  if (block_bytes_ > limits_.max_header_block_bytes || ++block_frames_ > kMaxBlockFrames) {
    return Fail("its headers are too large");
  }
  block_ends_ = (frame.flags & Http2Frame::kEndHeaders) != 0;
  in_block_ = !block_ends_ || frame.length > 0;
  return true;
}

bool Http2Inspector::OnOther(const Http2Frame& frame, int64_t now_ms) {
  switch (frame.type) {
    case Http2Frame::kData:
      BeginData(frame);
      if (frame.length >= kShortDataBytes || (frame.flags & Http2Frame::kEndStream) != 0) {
        return true;
      }
      break;
    case Http2Frame::kRstStream:
      if (Forget(frame.stream)) return CountReset(now_ms);
      break;
    case Http2Frame::kSettings:
      // It may be here before Sent() is told of the settings, by another thread.
      if ((frame.flags & Http2Frame::kAck) != 0) settings_acknowledged_ = true;
      break;
    default:
      break;
  }
  return CountIdle(frame, now_ms);
}

// -- Messages --

bool Http2Inspector::Forget(uint32_t stream) {
  const auto open = open_.find(stream);
  if (open == open_.end()) return false;
  unfinished_bytes_ -= open->second.held();
  open_.erase(open);
  return true;
}

void Http2Inspector::SetProgress(MessageProgress& progress, const MessageProgress& now) {
  unfinished_bytes_ += uint64_t{now.held()} - progress.held();
  progress = now;
}

void Http2Inspector::BeginData(const Http2Frame& frame) {
  const bool ends = (frame.flags & Http2Frame::kEndStream) != 0;
  if (frame.length > 0) {
    data_ = {.stream = frame.stream,
             .left = frame.length,
             .is_padded = (frame.flags & Http2Frame::kPadded) != 0,
             .ends_stream = ends};
  } else if (ends) {
    EndMessages(frame.stream);
  }
}

void Http2Inspector::OnData(std::span<const uint8_t> payload) {
  if (std::exchange(data_.is_padded, false)) {
    data_.left -= std::min<uint32_t>(data_.left, 1u + payload.front());
    payload = payload.subspan(1);
  }
  payload = payload.first(std::min<size_t>(payload.size(), data_.left));
  data_.left -= static_cast<uint32_t>(payload.size());
  if (const auto open = open_.find(data_.stream); open != open_.end()) {
    MessageProgress progress = open->second;
    progress.Take(payload);
    SetProgress(open->second, progress);
  }
  if (data_.ends_stream && data_.left == 0) EndMessages(data_.stream);
}

// gRPC drops what is unfinished then.
void Http2Inspector::EndMessages(uint32_t stream) {
  if (const auto open = open_.find(stream); open != open_.end()) SetProgress(open->second, {});
}

// -- What is sent --

bool Http2Inspector::Sent(std::span<const uint8_t> bytes, int64_t now_ms) {
  const auto on_frame = [this, now_ms](const Http2Frame& frame) { return OnSent(frame, now_ms); };
  return sent_.Scan(bytes, on_frame, [](std::span<const uint8_t>) {});
}

bool Http2Inspector::OnSent(const Http2Frame& frame, int64_t now_ms) {
  switch (frame.type) {
    case Http2Frame::kData:
    case Http2Frame::kHeaders:
      idle_frames_.Give(kEarnedPerFrame + frame.length / kBytesPerEarned);
      if ((frame.flags & Http2Frame::kEndStream) != 0) Forget(frame.stream);
      return true;
    case Http2Frame::kRstStream:
      // Of a stream that was answered it only says that nothing more is read.
      return !Forget(frame.stream) || CountReset(now_ms);
    default:
      return true;
  }
}

bool Http2Inspector::CountReset(int64_t now_ms) {
  ++reset_;
  return resets_.Take(1, now_ms) || Fail("it resets too many streams");
}

bool Http2Inspector::CountIdle(const Http2Frame& frame, int64_t now_ms) {
  return idle_frames_.Take(1 + frame.length / kBytesPerIdleFrame, now_ms) ||
         Fail("it sends too many frames that carry nothing");
}

bool Http2Inspector::CountCut(int64_t now_ms) {
  if (++block_cuts_ == 1) return true;
  return parsed_again_.Take(block_received_, now_ms) || Fail("its headers come in too many pieces");
}

}  // namespace davit::server
