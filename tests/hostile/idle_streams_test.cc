// Streams by the thousand that are opened and then do nothing. None may have a thread of its own.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "davit/v1/component_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/http2.h"

namespace davit::hostile {
namespace {

class IdleStreamsTest : public HostileTest {
 protected:
  // `kConnections` x `kStreams` of them, each with a first message or none.
  void Open(std::string_view method, std::string_view first = {}) {
    constexpr int kConnections = 8;
    constexpr uint32_t kStreams = 990;
    std::vector<std::unique_ptr<Connection>> connections;
    const absl::Time end = absl::Now() + absl::Seconds(20) * kSlower;
    for (int i = 0; i < kConnections; ++i) {
      Connection& connection =
          *connections.emplace_back(std::make_unique<Connection>(davitd().address(), 65535));
      std::string frames;
      for (uint32_t stream = 1; stream < 2 * kStreams; stream += 2) {
        absl::StrAppend(&frames, Frame(kHeaders, kEndHeaders, stream, Encode(GoodHeaders(method))),
                        first.empty() ? "" : Frame(kData, 0, stream, GrpcMessage(first)));
      }
      connection.Send(frames, end);
    }
    for (const auto& connection : connections) {
      connection->ReceiveUntil(absl::Now() + absl::Milliseconds(200));
    }
    absl::SleepFor(absl::Seconds(1));  // with all of them open
  }
};

TEST_F(IdleStreamsTest, OfReflection) {
  for (const char* method : {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                             "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"}) {
    EXPECT_THAT(Attack([&] { Open(method); }), StaysWithin(Bounds{})) << method;
    // list_services
    EXPECT_THAT(Attack([&] { Open(method, std::string_view("\x3a\0", 2)); }), StaysWithin(Bounds{}))
        << method;
    if (IsDown()) return;
  }
}

TEST_F(IdleStreamsTest, OfHealth) {
  EXPECT_THAT(Attack([&] { Open("/grpc.health.v1.Health/Watch"); }), StaysWithin(Bounds{}));
  EXPECT_THAT(Attack([&] {
                Open("/grpc.health.v1.Health/Watch",
                     "\x0a\x19"
                     "davit.v1.ComponentService");
              }),
              StaysWithin(Bounds{}));
}

TEST_F(IdleStreamsTest, OfSessions) {
  EXPECT_THAT(Attack([&] { Open("/davit.v1.CallService/Session"); }), StaysWithin(Bounds{}));
}

TEST_F(IdleStreamsTest, OfUploads) {
  v1::CreateComponentRequest header;
  header.mutable_header()->set_parent("tenants/default");
  header.mutable_header()->set_component_id("never");
  EXPECT_THAT(Attack([&] {
                Open("/davit.v1.ComponentService/CreateComponent", header.SerializeAsString());
              }),
              StaysWithin(Bounds{}));
}

TEST_F(IdleStreamsTest, OfCallsWithoutAMessage) {
  EXPECT_THAT(Attack([&] { Open("/davit.v1.CallService/Call"); }), StaysWithin(Bounds{}));
}

}  // namespace
}  // namespace davit::hostile
