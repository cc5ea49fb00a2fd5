// Messages that are small on the wire and large in memory, and messages that never end.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "davit/v1/call_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/http2.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

constexpr size_t kLargest = 64u << 20;  // transport.max_message_bytes

// Bits, the least significant of each byte first.
class BitWriter {
 public:
  void Bits(uint32_t value, int count) {
    for (int i = 0; i < count; ++i) {
      if (used_ % 8 == 0) bytes_ += '\0';
      if (value >> i & 1) bytes_.back() = static_cast<char>(bytes_.back() | 1 << used_ % 8);
      ++used_;
    }
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  uint64_t used_ = 0;
};

// About `zeros` zeros in the format of gzip, without the checksum that comes after them. 13 bits
// for 258 bytes. Spec: RFC 1951, section 3.2.6; RFC 1952.
std::string GzipOfZeros(uint64_t zeros) {
  constexpr uint64_t kMatch = 258;
  BitWriter bits;
  bits.Bits(1, 1);     // the last block
  bits.Bits(1, 2);     // fixed codes
  bits.Bits(0x0c, 8);  // the literal 0: 00110000, most significant bit first
  for (uint64_t i = 0; i < zeros / kMatch; ++i) {
    bits.Bits(0xa3, 8);  // a match of 258: 11000101, likewise
    bits.Bits(0, 5);     // at the distance of 1
  }
  bits.Bits(0, 7);  // the end
  constexpr std::string_view kHeader("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  return absl::StrCat(kHeader, bits.Take(), std::string(8, '\0'));
}

class MessageBombTest : public HostileTest {
 protected:
  // Sends one request over each of `connections`, and waits for their answers, which have to come.
  void Request(const Headers& headers, std::string_view message, int connections) {
    std::vector<std::thread> threads;
    std::atomic<int> answered = 0;
    for (int i = 0; i < connections; ++i) {
      threads.emplace_back([&] {
        Connection connection(davitd().address(), 65535);
        const absl::Time end = absl::Now() + absl::Seconds(30) * kSlower;
        connection.Send(Frame(kHeaders, kEndHeaders, 1, Encode(headers)), end);
        connection.SendData(1, message, kEndStream, end);
        while (connection.ended_streams() == 0 && !IsDown() && absl::Now() < end) {
          if (connection.ReceiveUntil(absl::Now() + absl::Milliseconds(100))) return;
        }
        if (connection.ended_streams() > 0) ++answered;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(answered, connections);
  }
  void CallWith(std::string_view message, int connections) {
    Request(GoodHeaders(), GrpcMessage(message), connections);
  }
};

TEST_F(MessageBombTest, CompressedMessagesAreNotInflatedWithoutBound) {
  const std::string zip = GzipOfZeros(8 * kGiB);
  std::string message = GrpcMessage(zip);
  message[0] = 1;  // compressed
  EXPECT_THAT(Attack([&] { Request(With("grpc-encoding", "gzip"), message, 1); }),
              StaysWithin(Bounds{}));
}

// A field of protobuf that nobody knows, of so few bytes, becomes an object of its own.
TEST_F(MessageBombTest, UnknownFields) {
  std::string message;
  while (message.size() + 2 < kLargest) message += "\xfb\x07\xfc\x07";  // a group, empty
  EXPECT_THAT(Attack([&] { CallWith(message, 4); }), StaysWithin(Bounds{}));
}

TEST_F(MessageBombTest, UnknownNumbers) {
  std::string message;
  while (message.size() + 3 < kLargest) message += std::string_view("\xf8\x07\x01", 3);
  EXPECT_THAT(Attack([&] { CallWith(message, 4); }), StaysWithin(Bounds{}));
}

// The same of calls that wait for one that runs for ever: nobody may keep what they became.
TEST_F(MessageBombTest, UnknownFieldsOfCallsThatWait) {
  ModuleBuilder module;
  module.ExportAction("loop", Code().Forever({}));
  v1::CallRequest request;
  request.set_instance(Instance(ComponentOf(module.Build(), {{"loop"}})));
  request.set_function("loop");
  std::string message = request.SerializeAsString();
  while (message.size() < 20u << 20) message += "\xfb\x07\xfc\x07";
  EXPECT_THAT(Attack([&] {
                std::thread loop([&] {
                  Call(request.instance(), "loop", {.deadline = absl::Seconds(15)}).IgnoreError();
                });
                std::vector<std::unique_ptr<Connection>> waiting;
                const absl::Time end = absl::Now() + absl::Seconds(14) * kSlower;
                for (int i = 0; i < 20 && !IsDown(); ++i) {
                  Connection& connection = *waiting.emplace_back(
                      std::make_unique<Connection>(davitd().address(), 65535));
                  connection.Send(Frame(kHeaders, kEndHeaders, 1, Encode(GoodHeaders())), end);
                  connection.SendData(1, GrpcMessage(message), kEndStream, end);
                }
                loop.join();
              }),
              StaysWithin(Bounds{}));
}

// Two bytes each on the wire.
TEST_F(MessageBombTest, EmptyArguments) {
  std::string message;
  while (message.size() + 2 < kLargest) message += std::string_view("\x22\0", 2);
  EXPECT_THAT(Attack([&] { CallWith(message, 4); }), StaysWithin(Bounds{}));
}

TEST_F(MessageBombTest, EmptyFieldsOfARecord) {
  const std::string fields = [] {
    std::string text;
    while (text.size() + 2 < kLargest - 100) text += std::string_view("\x0a\0", 2);
    return text;
  }();
  const auto part = [](char tag, std::string_view text) {
    std::string length;
    for (size_t left = text.size();; left /= 128) {
      length += static_cast<char>(left % 128 | (left >= 128 ? 128 : 0));
      if (left < 128) break;
    }
    return absl::StrCat(std::string(1, tag), length, text);
  };
  // args: Val{record: RecordVal{fields...}}
  const std::string message = part('\x22', part('\x52', fields));
  EXPECT_THAT(Attack([&] { CallWith(message, 4); }), StaysWithin(Bounds{}));
}

// Calls whose messages are announced, and come but for their last byte.
TEST_F(MessageBombTest, MessagesWithoutEnd) {
  EXPECT_THAT(Attack([&] {
                std::string message = GrpcMessage(std::string(60u << 20, 'x'));
                message.pop_back();
                Connection connection(davitd().address(), 65535);
                const absl::Time end = absl::Now() + absl::Seconds(30) * kSlower;
                for (uint32_t stream = 1; stream < 200 && !IsDown(); stream += 2) {
                  connection.Send(Frame(kHeaders, kEndHeaders, stream, Encode(GoodHeaders())), end);
                  // Where the server lets it have no more, this is all that it can hold.
                  const absl::Time stalled = absl::Now() + absl::Seconds(2);
                  connection.SendData(stream, message, 0, std::min(end, stalled));
                }
              }),
              // So many are kept as max_unfinished_bytes says.
              StaysWithin(Bounds{}));
}

}  // namespace
}  // namespace davit::hostile
