// Uploads that are no components, or not whole: each is refused for the right reason, and the
// server serves on.

#include <random>
#include <string>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "client/status.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"

namespace davit::integration {
namespace {

using absl::StatusCode;

constexpr size_t kMaxUpload = 1 << 20;

class BadUploadTest : public DavitdTest {
 protected:
  static void SetUpTestSuite() {
    StartServer(absl::StrCat("uploads { max_bytes: ", kMaxUpload,
                             " max_total_bytes: ", 2 * kMaxUpload, " }"));
  }
  void TearDown() override {
    ExpectServes();
    EXPECT_THAT(client().GetComponent("bad"),
                Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND", "components/bad"))
        << "what was refused must not be stored";
  }
  static absl::Status Upload(std::string_view binary) {
    return client().Deploy("bad", binary).status();
  }

  // A stream of CreateComponent, message by message.
  struct Stream {
    std::unique_ptr<v1::ComponentService::Stub> stub = v1::ComponentService::NewStub(
        grpc::CreateChannel(davitd().address(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    v1::Component component;
    std::unique_ptr<grpc::ClientWriter<v1::CreateComponentRequest>> writer =
        stub->CreateComponent(&context, &component);

    bool Header(const std::string& parent, const std::string& id, uint64_t size = 0) {
      v1::CreateComponentRequest request;
      request.mutable_header()->set_size_bytes(size);
      request.mutable_header()->set_parent(parent);
      request.mutable_header()->set_component_id(id);
      return writer->Write(request);
    }
    bool Chunk(const std::string& bytes) {
      v1::CreateComponentRequest request;
      request.set_chunk(bytes);
      return writer->Write(request);
    }
    absl::Status Finish() {
      writer->WritesDone();
      return client::FromGrpc(writer->Finish());
    }
  };
};

TEST_F(BadUploadTest, WhatHasAnotherLengthThanAnnouncedIsRefused) {
  const std::string calc = ReadBinary(GuestPath("calc"));
  for (const size_t announced : {calc.size() - 1, calc.size() + 1}) {
    Stream stream;
    stream.Header("tenants/default", "bad", announced);
    stream.Chunk(calc);
    EXPECT_THAT(stream.Finish(), BlamesField("header.size_bytes", "were announced"));
  }
}

// A component ends at the end of any section: what comes of a stream that is cut is one, too.
TEST_F(BadUploadTest, WhatIsCutByAMessageOverTheLimitIsRefused) {
  const std::string calc = ReadBinary(GuestPath("calc"));
  Stream stream;
  stream.Header("tenants/default", "cut", calc.size());
  stream.Chunk(calc.substr(0, 8));
  stream.Chunk(std::string(65 << 20, 'x'));
  EXPECT_FALSE(stream.Finish().ok());
  EXPECT_THAT(client().GetComponent("cut"),
              Fails(StatusCode::kNotFound, "COMPONENT_NOT_FOUND", ""));
}

TEST_F(BadUploadTest, NothingAtAllIsMalformed) {
  const auto refused = Upload("");
  EXPECT_THAT(refused, Fails(StatusCode::kInvalidArgument, "COMPONENT_MALFORMED", ""));
  const auto info = Detail<v1::BinaryInfo>(refused);
  EXPECT_EQ(info.fault(), v1::BinaryInfo::FAULT_MALFORMED);
  EXPECT_EQ(info.offset(), 0u);
}

TEST_F(BadUploadTest, ATruncatedComponentIsMalformedWhereverItIsCut) {
  const std::string whole = ReadBinary(GuestPath("calc"));
  for (const size_t kept :
       {1ul, 7ul, 8ul + 1, whole.size() / 3, whole.size() / 2, whole.size() - 1}) {
    const auto refused = Upload(whole.substr(0, kept));
    ASSERT_THAT(refused, Fails(StatusCode::kInvalidArgument, "COMPONENT_MALFORMED", "")) << kept;
    const auto info = Detail<v1::BinaryInfo>(refused);
    EXPECT_LE(info.offset(), kept);
    EXPECT_FALSE(info.rule().empty());
  }
}

TEST_F(BadUploadTest, RandomBytesAreMalformedAtTheirStart) {
  std::mt19937_64 random(7);
  std::string noise(64 << 10, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  const auto refused = Upload(noise);
  EXPECT_THAT(refused, Fails(StatusCode::kInvalidArgument, "COMPONENT_MALFORMED", "preamble"));
  EXPECT_EQ(Detail<v1::BinaryInfo>(refused).offset(), 0u);
}

TEST_F(BadUploadTest, RandomBytesBehindAGoodPreambleAreRefused) {
  std::mt19937_64 random(8);
  const std::string preamble = ReadBinary(GuestPath("calc")).substr(0, 8);
  for (int round = 0; round < 50; ++round) {
    std::string noise = preamble;
    for (int i = 0; i < 200; ++i) noise += static_cast<char>(random());
    const auto refused = Upload(noise);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument) << refused;
    EXPECT_GE(Detail<v1::BinaryInfo>(refused).offset(), preamble.size()) << refused;
  }
}

TEST_F(BadUploadTest, AComponentWithFlippedBitsIsRefusedOrWorks) {
  std::mt19937_64 random(9);
  const std::string whole = ReadBinary(GuestPath("two_modules"));
  int refused = 0;
  for (int round = 0; round < 100; ++round) {
    std::string flipped = whole;
    char& byte = flipped[8 + random() % (whole.size() - 8)];
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    const auto deployed =
        client().Deploy("flipped", flipped, client::Client::DeployMode::kValidateOnly);
    if (deployed.ok()) continue;
    ++refused;
    EXPECT_TRUE(deployed.status().code() == StatusCode::kInvalidArgument ||
                deployed.status().code() == StatusCode::kUnimplemented)
        << deployed.status();
  }
  EXPECT_GT(refused, 20);
}

TEST_F(BadUploadTest, ACoreModuleIsToldFromAComponent) {
  const auto refused = Upload(ReadBinary(GuestPath("core_module")));
  EXPECT_THAT(refused, Fails(StatusCode::kInvalidArgument, "COMPONENT_MALFORMED", "core module"));
}

TEST_F(BadUploadTest, AComponentThatIsNotValidNamesOffsetAndRule) {
  const auto refused = Upload(ReadBinary(GuestPath("mismatched_modules")));
  EXPECT_THAT(refused, Fails(StatusCode::kInvalidArgument, "COMPONENT_INVALID", "f"));
  const auto info = Detail<v1::BinaryInfo>(refused);
  EXPECT_EQ(info.fault(), v1::BinaryInfo::FAULT_INVALID);
  EXPECT_GT(info.offset(), 8u);
}

TEST_F(BadUploadTest, AnUploadMayBeAsLargeAsTheLimitAndNoLarger) {
  const std::string at_limit(kMaxUpload, '\0');
  EXPECT_THAT(Upload(at_limit), Fails(StatusCode::kInvalidArgument, "COMPONENT_MALFORMED", ""));
  const auto refused = Upload(at_limit + '\0');
  EXPECT_THAT(refused, Fails(StatusCode::kResourceExhausted, "LIMIT_REACHED",
                             absl::StrCat("max_upload_bytes limit of ", kMaxUpload)));
  EXPECT_EQ(Detail<google::rpc::QuotaFailure>(refused).violations(0).subject(), "max_upload_bytes");
}

TEST_F(BadUploadTest, AnEndlessUploadIsEndedWhenItIsTooLarge) {
  Stream stream;
  ASSERT_TRUE(stream.Header("tenants/default", "bad"));
  const std::string chunk(64 << 10, 'x');
  int written = 0;
  while (written < 10000 && stream.Chunk(chunk)) ++written;
  EXPECT_LT(written, 10000) << "nobody stopped it";
  EXPECT_THAT(stream.Finish(),
              Fails(StatusCode::kResourceExhausted, "LIMIT_REACHED", "max_upload_bytes"));
}

TEST_F(BadUploadTest, AChunkBeforeTheHeaderIsRefused) {
  Stream stream;
  stream.Chunk("x");
  const absl::Status refused = stream.Finish();
  EXPECT_THAT(refused, Fails(StatusCode::kInvalidArgument, "INVALID_REQUEST", "header"));
  EXPECT_THAT(refused, BlamesField("header", "first message"));
}

TEST_F(BadUploadTest, ASecondHeaderIsRefused) {
  Stream stream;
  stream.Header("tenants/default", "bad");
  stream.Header("tenants/default", "bad");
  EXPECT_THAT(stream.Finish(), BlamesField("header", "only the first message"));
}

TEST_F(BadUploadTest, AnEmptyStreamIsRefused) {
  Stream stream;
  EXPECT_THAT(stream.Finish(), BlamesField("header", "first message"));
}

TEST_F(BadUploadTest, NamesThatAreNoneAreRefusedWithTheirField) {
  struct Case {
    std::string parent, id, field;
  };
  for (const Case& bad :
       {Case{"", "bad", "header.parent"}, Case{"default", "bad", "header.parent"},
        Case{"tenants/", "bad", "header.parent"}, Case{"tenants/default/x", "bad", "header.parent"},
        Case{"tenants/../..", "bad", "header.parent"},
        Case{"tenants/default", "", "header.component_id"},
        Case{"tenants/default", "Bad", "header.component_id"},
        Case{"tenants/default", "-bad", "header.component_id"},
        Case{"tenants/default", "bad-", "header.component_id"},
        Case{"tenants/default", "a/../b", "header.component_id"},
        Case{"tenants/default", std::string(64, 'a'), "header.component_id"}}) {
    Stream stream;
    stream.Header(bad.parent, bad.id);
    const absl::Status refused = stream.Finish();
    EXPECT_THAT(refused, Fails(StatusCode::kInvalidArgument, "INVALID_REQUEST", bad.field));
    EXPECT_THAT(refused, BlamesField(bad.field, "want ")) << bad.parent << " " << bad.id;
  }
}

TEST_F(BadUploadTest, AnUnknownTenantIsNotFound) {
  Stream stream;
  stream.Header("tenants/nobody", "bad");
  EXPECT_THAT(stream.Finish(), Fails(StatusCode::kNotFound, "TENANT_NOT_FOUND", "nobody"));
}

// Its share of the upload quota must come back: two uploads fill it.
TEST_F(BadUploadTest, AClientThatVanishesInTheMiddleLeavesNothingBehind) {
  const std::string half(kMaxUpload / 2, 'x');
  for (int round = 0; round < 10; ++round) {
    Stream stream;
    ASSERT_TRUE(stream.Header("tenants/default", "bad"));
    ASSERT_TRUE(stream.Chunk(half));
    stream.context.TryCancel();
    EXPECT_THAT(stream.Finish().code(),
                testing::AnyOf(StatusCode::kCancelled, StatusCode::kResourceExhausted))
        << "where those before still hold theirs";
  }
  absl::Status last;
  WaitUntil([&] {
    last = Upload(std::string(kMaxUpload, '\0'));
    return last.code() != StatusCode::kResourceExhausted;
  });
  EXPECT_THAT(last, Fails(StatusCode::kInvalidArgument, "COMPONENT_MALFORMED", ""));
}

}  // namespace
}  // namespace davit::integration
