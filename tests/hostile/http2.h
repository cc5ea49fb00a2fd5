#ifndef DAVIT_TESTS_HOSTILE_HTTP2_H_
#define DAVIT_TESTS_HOSTILE_HTTP2_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"

// HTTP/2 by hand: frames that no gRPC client would send, and the socket to send them on.
namespace davit::hostile {

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Spec: RFC 9113, section 6.
enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
inline constexpr uint8_t kAck = 1;  // of SETTINGS and PING
inline constexpr uint8_t kEndStream = 1;
inline constexpr uint8_t kEndHeaders = 4;
inline constexpr uint8_t kPadded = 8;

// What a frame begins with, for a payload of `size` bytes.
std::string FrameHeader(uint8_t type, uint8_t flags, uint32_t stream, size_t size);
std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload);
// Four bytes, most significant first: an error code, a window's increment.
std::string BigEndian(uint32_t value);

using Headers = std::vector<std::pair<std::string, std::string>>;

// An HPACK integer with 7 bits of prefix: the length of a string without Huffman coding.
std::string HpackLength(size_t length);
// A header block of literals that are never indexed.
std::string Encode(const Headers& headers);
// Those of a call to `method`, "/package.Service/Method".
Headers GoodHeaders(std::string_view method = "/davit.v1.CallService/Call");
// GoodHeaders with one set, or added.
Headers With(const std::string& name, const std::string& value);
// A header block as a HEADERS frame and as many CONTINUATION frames as it takes.
std::string LargeHeaders(uint32_t stream, uint8_t flags, std::string_view block);
// A message as gRPC frames it within DATA.
std::string GrpcMessage(std::string_view message);

// A TCP connection to a port of this machine. Not thread-safe, but one thread may send while
// another receives.
class Socket {
 public:
  // `address` ends with ":PORT". A failure is one of the test.
  explicit Socket(const std::string& address);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // The preface and empty settings.
  void Open() const;
  // False when the server has closed the connection, which it may, or takes nothing for 200 ms.
  bool Send(std::string_view bytes) const;
  // The same for as long as the server takes part of it within `patience`, and all by `end`. What
  // the server sends meanwhile is read and thrown away, so that it need not wait for this side.
  bool SendAll(std::string_view bytes, absl::Time end,
               absl::Duration patience = absl::Seconds(10)) const;
  // What comes up to and with `last`, or until the server closes or is silent for 200 ms.
  std::string Receive(std::string_view last) const;
  // Reads and throws away until the server has closed the connection (true), or `end`.
  bool AwaitClosed(absl::Time end) const;
  // Sends what the kernel takes without waiting; nullopt when the server has closed the connection.
  std::optional<size_t> SendSome(std::string_view bytes) const;
  // Appends what comes within `wait`; false when the server has closed the connection.
  bool ReceiveSome(absl::Duration wait, std::string& received) const;

 private:
  const int descriptor_;
};

// A connection that keeps to flow control, as a client must that wants to be listened to: it sends
// DATA as the server's windows allow, answers SETTINGS and PING, and counts the DATA that comes,
// which it asks for only when it is told to. Not thread-safe.
class Connection {
 public:
  // `initial_window`: of each stream, for what the server sends.
  Connection(const std::string& address, uint32_t initial_window);

  // Frames but DATA. False when it is closed, or the server does not take them by `end`.
  bool Send(std::string_view frames, absl::Time end);
  // `bytes` in DATA frames, the last with `last_flags`; false also when the windows stay shut, or
  // the server ends the stream meanwhile.
  bool SendData(uint32_t stream, std::string_view bytes, uint8_t last_flags, absl::Time end);
  // Takes what comes until `end` or until the server closes the connection, which it tells.
  bool ReceiveUntil(absl::Time end);

  bool is_closed() const { return is_closed_; }
  uint64_t received_data() const { return received_data_; }
  // Streams that the server has ended, well or not.
  size_t ended_streams() const { return ended_streams_.size(); }
  // What GOAWAY said.
  const std::string& last_words() const { return last_words_; }

 private:
  void Receive(absl::Duration wait);
  void Take(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload);
  void TakeSettings(std::string_view payload);
  int64_t Window(uint32_t stream) const;

  const Socket socket_;
  std::string unread_;
  std::string unsent_;  // whole frames, but for what is sent of the first
  bool is_closed_ = false;
  int64_t connection_window_ = 65535, initial_window_ = 65535;
  absl::flat_hash_map<uint32_t, int64_t> window_changes_;  // of streams, beside the initial one
  uint64_t received_data_ = 0;
  absl::flat_hash_set<uint32_t> ended_streams_;
  std::string last_words_;
};

}  // namespace davit::hostile

#endif  // DAVIT_TESTS_HOSTILE_HTTP2_H_
