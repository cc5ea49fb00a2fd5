// Requests that no gRPC client sends. gRPC of this age had a way to end the process on some of them
// (CVE-2023-1428: a bad `te` or `:scheme` beside more than 8 KiB of headers), and reports of memory
// and CPU spent on others; whatever comes, the server must go on serving.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/files.h"
#include "server/server_test_util.h"

namespace davit::server {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kMaxFrameBytes = 16384;
enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kContinuation = 9
};
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kEndHeaders = 4;

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
  std::string frame;
  for (int shift : {16, 8, 0}) frame.push_back(static_cast<char>(payload.size() >> shift));
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  for (int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(stream >> shift));
  return frame + payload;
}

// An HPACK integer with a prefix of 7 bits and no flag.
std::string HpackLength(size_t length) {
  if (length < 127) return std::string(1, static_cast<char>(length));
  std::string out(1, 127);
  for (length -= 127; length >= 128; length >>= 7) {
    out.push_back(static_cast<char>(0x80 | (length & 0x7f)));
  }
  out.push_back(static_cast<char>(length));
  return out;
}

// Literal headers without indexing.
std::string Hpack(const Headers& headers) {
  std::string block;
  for (const auto& [name, value] : headers) {
    block += '\0';
    block += HpackLength(name.size()) + name + HpackLength(value.size()) + value;
  }
  return block;
}

// HEADERS and as many CONTINUATION frames as it takes.
std::string HeaderFrames(const std::string& block) {
  std::string out;
  for (size_t at = 0; at == 0 || at < block.size(); at += kMaxFrameBytes) {
    const bool is_last = at + kMaxFrameBytes >= block.size();
    out += Frame(at == 0 ? kHeaders : kContinuation, is_last ? kEndHeaders : 0, 1,
                 block.substr(at, kMaxFrameBytes));
  }
  return out;
}

std::string Connection(const std::string& frames) {
  return std::string(kPreface) + Frame(kSettings, 0, 0, "") + frames;
}

// A request with these headers over the usual ones, and a message.
std::string Request(const Headers& changed, size_t padding = 0) {
  Headers headers = {{":method", "POST"},
                     {":scheme", "http"},
                     {":path", "/davit.v1.CallService/Call"},
                     {":authority", "localhost"},
                     {"content-type", "application/grpc"},
                     {"te", "trailers"}};
  for (const auto& [name, value] : changed) {
    bool found = false;
    for (auto& header : headers) {
      if (header.first == name) header.second = value, found = true;
    }
    if (!found) headers.emplace_back(name, value);
  }
  if (padding > 0) headers.emplace_back("x-padding", std::string(padding, 'p'));
  return Connection(HeaderFrames(Hpack(headers)) +
                    Frame(kData, kEndStream, 1, std::string("\0\0\0\0\0", 5)));
}

class MalformedHttp2Test : public ServerTest {
 protected:
  // Sends bytes and reads what comes until the server closes or falls silent.
  void Send(const std::string& bytes) {
    const File socket(::socket(AF_INET, SOCK_STREAM, 0));
    const timeval patience = {.tv_sec = 0, .tv_usec = 200'000};
    setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(server_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    for (std::string_view rest = bytes; !rest.empty();) {
      const ssize_t sent = send(socket.fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<size_t>(sent));
    }
    char buffer[4096];
    while (recv(socket.fd(), buffer, sizeof buffer, 0) > 0) {
    }
  }

  void ExpectServes() {
    EXPECT_EQ(Call("tenants/default/instances/none", "f").error_code(), grpc::NOT_FOUND);
  }
};

TEST_F(MalformedHttp2Test, BadHeadersBesideLargeOnesDoNotEndTheProcess) {
  Start();
  for (const Headers& changed : std::vector<Headers>{{{"te", "gzip"}},
                                                     {{"te", ""}},
                                                     {{":scheme", "ftp"}},
                                                     {{":scheme", ""}},
                                                     {{":method", "BREW"}},
                                                     {{":path", ""}},
                                                     {{":path", "/none"}},
                                                     {{"content-type", "text/plain"}},
                                                     {{"grpc-timeout", "99999999999999999999H"}},
                                                     {{"grpc-timeout", "-1S"}},
                                                     {{"grpc-encoding", "none"}},
                                                     {{"grpc-trace-bin", "%%%"}},
                                                     {{":status", "200"}},
                                                     {{"te", "gzip"}, {":scheme", "ftp"}}}) {
    for (size_t padding : {0, 100, 8'000, 9'000, 20'000, 200'000}) Send(Request(changed, padding));
  }
  ExpectServes();
}

TEST_F(MalformedHttp2Test, RefusesMoreHeadersThanItsLimit) {
  Start("transport { max_metadata_bytes: 2000 }");
  grpc::ClientContext context;
  context.AddMetadata("x-large", std::string(3000, 'x'));
  v1::CallResponse response;
  EXPECT_EQ(calls_->Call(&context, CallOf("i", "f"), &response).error_code(),
            grpc::RESOURCE_EXHAUSTED);
  ExpectServes();
}

TEST_F(MalformedHttp2Test, BadHpackDoesNotEndTheProcess) {
  Start();
  for (const std::string& block : {std::string("\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9),  // index
                                   std::string("\x80", 1),                          // index 0
                                   std::string("\x3f\xe1\xff\xff\xff\xff\x0f", 7),  // table size
                                   std::string("\x00\x7f\xff\xff\xff\xff\x0f", 7),  // length
                                   std::string("\x00\x83\xff\xff\xff", 5),          // Huffman
                                   std::string()}) {
    Send(Connection(Frame(kHeaders, kEndHeaders | kEndStream, 1, block)));
  }
  ExpectServes();
}

TEST_F(MalformedHttp2Test, BadFramesDoNotEndTheProcess) {
  Start();
  const std::string valid = Request({});
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100'000, 'x'), std::string(kPreface),
        Connection(Frame(kContinuation, 0, 1, "")), Connection(Frame(kData, 0, 0, "x")),
        Connection(Frame(kData, 0, 7, "x")), Connection(Frame(kPing, 0, 0, "short")),
        Connection(Frame(kReset, 0, 1, "xx")), Connection(Frame(kSettings, 0, 0, "12345")),
        Connection(std::string("\xff\xff\xff\x00\x00\x00\x00\x00\x01", 9)),
        valid.substr(0, valid.size() - 3), valid + valid.substr(kPreface.size())}) {
    Send(bytes);
  }
  ExpectServes();
}

TEST_F(MalformedHttp2Test, BadMessagesDoNotEndTheProcess) {
  Start();
  const std::string headers = HeaderFrames(Hpack({{":method", "POST"},
                                                  {":scheme", "http"},
                                                  {":path", "/davit.v1.CallService/Call"},
                                                  {":authority", "localhost"},
                                                  {"content-type", "application/grpc"},
                                                  {"te", "trailers"}}));
  for (const std::string& message : {std::string("\x00\xff\xff\xff\xff", 5),      // length
                                     std::string("\x01\x00\x00\x00\x01x", 6),     // compressed
                                     std::string("\x07\x00\x00\x00\x00", 5),      // flags
                                     std::string("\x00\x00\x00\x00\x01\xff", 6),  // not a message
                                     std::string("\x00\x00", 2)}) {
    Send(Connection(headers + Frame(kData, kEndStream, 1, message)));
  }
  ExpectServes();
}

TEST_F(MalformedHttp2Test, ManyStreamsResetAtOnceDoNotEndTheProcess) {
  Start();
  std::string frames;
  const std::string block = Hpack({{":method", "POST"},
                                   {":scheme", "http"},
                                   {":path", "/davit.v1.CallService/Call"},
                                   {":authority", "localhost"},
                                   {"content-type", "application/grpc"},
                                   {"te", "trailers"}});
  for (uint32_t stream = 1; stream < 4000; stream += 2) {
    frames += Frame(kHeaders, kEndHeaders, stream, block);
    frames += Frame(kReset, 0, stream, std::string("\0\0\0\x08", 4));
  }
  Send(Connection(frames));
  ExpectServes();
}

}  // namespace
}  // namespace davit::server
