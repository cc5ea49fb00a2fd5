#include "server/rpc/reflection.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/app/config.pb.h"
#include "server/rpc/admission.h"
#include "server/tenants/tenant.h"

namespace davit::server {
namespace {

using ::testing::ElementsAre;

struct V1 {
  using Service = grpc::reflection::v1::ServerReflection;
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
};
struct V1Alpha {
  using Service = grpc::reflection::v1alpha::ServerReflection;
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
};

// One stream of a client.
template <typename Api>
class Stream {
 public:
  explicit Stream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(Api::Service::NewStub(channel)), stream_(stub_->ServerReflectionInfo(&context_)) {}
  ~Stream() { context_.TryCancel(); }

  typename Api::Response Ask(const typename Api::Request& request) {
    typename Api::Response response;
    EXPECT_TRUE(stream_->Write(request));
    EXPECT_TRUE(stream_->Read(&response));
    return response;
  }
  // False once the stream has ended.
  bool Serves() {
    typename Api::Request request;
    request.set_list_services("");
    typename Api::Response response;
    return stream_->Write(request) && stream_->Read(&response);
  }
  void Write(const typename Api::Request& request) { EXPECT_TRUE(stream_->Write(request)); }
  void AwaitEnd() {
    typename Api::Response response;
    while (stream_->Read(&response)) {
    }
  }
  grpc::StatusCode Finish() {
    stream_->WritesDone();
    return stream_->Finish().error_code();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<typename Api::Service::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<typename Api::Request, typename Api::Response>> stream_;
};

class ReflectionServer {
 public:
  explicit ReflectionServer(const ReflectionLimits& limits)
      : index_(*google::protobuf::DescriptorPool::generated_pool(),
               {"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"},
               {"google/protobuf/descriptor.proto"}),
        reflection_(index_, timer_, admission_, limits) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&reflection_.v1());
    builder.RegisterService(&reflection_.v1alpha());
    server_ = builder.BuildAndStart();
  }
  ~ReflectionServer() {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
    timer_.Stop();
  }

  // Over a connection of its own.
  std::shared_ptr<grpc::Channel> Connect() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port_),
                                     grpc::InsecureChannelCredentials(), arguments);
  }
  const Reflection& reflection() const { return reflection_; }

 private:
  const SchemaIndex index_;
  Timer timer_;
  const Config config_;
  const Tenant tenant_{"default"};
  Admission admission_{config_, tenant_};
  Reflection reflection_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

template <typename Api>
class ReflectionTest : public testing::Test {
 protected:
  ReflectionServer server_{ReflectionLimits{.max_streams = 5,
                                            .max_streams_per_connection = 3,
                                            .idle = absl::InfiniteDuration(),
                                            .life = absl::InfiniteDuration()}};
  typename Api::Request request_;

  // The names of the files in an answer.
  static std::vector<std::string> Files(const typename Api::Response& response) {
    std::vector<std::string> names;
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      EXPECT_TRUE(file.ParseFromString(bytes));
      names.push_back(file.name());
    }
    return names;
  }
  static grpc::StatusCode ErrorOf(const typename Api::Response& response) {
    return static_cast<grpc::StatusCode>(response.error_response().error_code());
  }
};
using Versions = testing::Types<V1, V1Alpha>;
TYPED_TEST_SUITE(ReflectionTest, Versions);

TYPED_TEST(ReflectionTest, ListsServicesAndRepeatsTheRequest) {
  Stream<TypeParam> stream(this->server_.Connect());
  this->request_.set_host("h");
  this->request_.set_list_services("*");
  const auto response = stream.Ask(this->request_);
  EXPECT_EQ(response.valid_host(), "h");
  EXPECT_EQ(response.original_request().list_services(), "*");
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names, ElementsAre("grpc.reflection.v1.ServerReflection",
                                 "grpc.reflection.v1alpha.ServerReflection"));
  EXPECT_EQ(stream.Finish(), grpc::StatusCode::OK);
}

TYPED_TEST(ReflectionTest, AnswersWithFilesByNameAndSymbol) {
  Stream<TypeParam> stream(this->server_.Connect());
  this->request_.set_file_by_filename("grpc/reflection/v1/reflection.proto");
  EXPECT_THAT(this->Files(stream.Ask(this->request_)),
              ElementsAre("grpc/reflection/v1/reflection.proto"));
  this->request_.set_file_containing_symbol("google.protobuf.FieldOptions.CType");
  EXPECT_THAT(this->Files(stream.Ask(this->request_)),
              ElementsAre("google/protobuf/descriptor.proto"));
  EXPECT_THAT(this->Files(stream.Ask(this->request_)),
              ElementsAre("google/protobuf/descriptor.proto"))
      << "what is asked for is sent each time";
}

TYPED_TEST(ReflectionTest, WhatIsUnknownIsAnErrorThatDoesNotEndTheStream) {
  Stream<TypeParam> stream(this->server_.Connect());
  this->request_.set_file_by_filename("missing.proto");
  EXPECT_EQ(this->ErrorOf(stream.Ask(this->request_)), grpc::StatusCode::NOT_FOUND);
  this->request_.set_file_containing_symbol("a.Missing");
  EXPECT_EQ(this->ErrorOf(stream.Ask(this->request_)), grpc::StatusCode::NOT_FOUND);
  this->request_.set_all_extension_numbers_of_type("a.Missing");
  EXPECT_EQ(this->ErrorOf(stream.Ask(this->request_)), grpc::StatusCode::NOT_FOUND);
  this->request_.mutable_file_containing_extension()->set_containing_type("a.Missing");
  EXPECT_EQ(this->ErrorOf(stream.Ask(this->request_)), grpc::StatusCode::NOT_FOUND);
  this->request_.clear_message_request();
  EXPECT_EQ(this->ErrorOf(stream.Ask(this->request_)), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(stream.Serves());
}

TYPED_TEST(ReflectionTest, AnswersWithTheNumbersOfExtensions) {
  Stream<TypeParam> stream(this->server_.Connect());
  const std::string type = "google.protobuf.FileOptions";
  this->request_.set_all_extension_numbers_of_type(type);
  const auto response = stream.Ask(this->request_);
  EXPECT_EQ(response.all_extension_numbers_response().base_type_name(), type);
  EXPECT_EQ(response.all_extension_numbers_response().extension_number_size(), 0);
}

TYPED_TEST(ReflectionTest, ARequestThatIsTooLongEndsTheStream) {
  Stream<TypeParam> stream(this->server_.Connect());
  this->request_.set_file_by_filename(std::string(4000, 'x'));
  EXPECT_EQ(this->ErrorOf(stream.Ask(this->request_)), grpc::StatusCode::NOT_FOUND);
  this->request_.set_file_by_filename(std::string(4096, 'x'));
  stream.Write(this->request_);
  stream.AwaitEnd();
  EXPECT_EQ(stream.Finish(), grpc::StatusCode::INVALID_ARGUMENT);
}

TYPED_TEST(ReflectionTest, StreamsPastTheLimitOfAConnectionAreRefused) {
  const auto channel = this->server_.Connect();
  std::vector<std::unique_ptr<Stream<TypeParam>>> streams;
  for (int i = 0; i < 3; ++i) {
    streams.push_back(std::make_unique<Stream<TypeParam>>(channel));
    EXPECT_TRUE(streams.back()->Serves());
  }
  Stream<TypeParam> refused(channel);
  EXPECT_FALSE(refused.Serves());
  EXPECT_EQ(refused.Finish(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(streams.front()->Finish(), grpc::StatusCode::OK);
  while (this->server_.reflection().stream_count() > 2) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_TRUE(Stream<TypeParam>(channel).Serves()) << "one that has ended makes room";
}

TYPED_TEST(ReflectionTest, StreamsPastTheLimitOfAllAreRefused) {
  const std::vector channels = {this->server_.Connect(), this->server_.Connect()};
  std::vector<std::unique_ptr<Stream<TypeParam>>> streams;
  for (int i = 0; i < 5; ++i) {
    streams.push_back(std::make_unique<Stream<TypeParam>>(channels[i % 2]));
    EXPECT_TRUE(streams.back()->Serves());
  }
  Stream<TypeParam> refused(this->server_.Connect());
  EXPECT_EQ((refused.Serves(), refused.Finish()), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(OldStreamTest, AStreamWithoutARequestEnds) {
  ReflectionServer server(ReflectionLimits{.idle = absl::Milliseconds(40)});
  Stream<V1> stream(server.Connect());
  stream.AwaitEnd();
  EXPECT_EQ(stream.Finish(), grpc::StatusCode::DEADLINE_EXCEEDED);
  while (server.reflection().stream_count() > 0) absl::SleepFor(absl::Milliseconds(1));
}

TEST(OldStreamTest, AStreamThatIsUsedEndsAtTheEndOfItsLife) {
  ReflectionServer server(
      ReflectionLimits{.idle = absl::Milliseconds(400), .life = absl::Milliseconds(100)});
  Stream<V1> stream(server.Connect());
  while (stream.Serves()) {
  }
  // Where a request crosses the end gRPC resets the stream, and its client says no more than that.
  const grpc::StatusCode code = stream.Finish();
  EXPECT_TRUE(code == grpc::StatusCode::DEADLINE_EXCEEDED || code == grpc::StatusCode::CANCELLED)
      << code;
}

}  // namespace
}  // namespace davit::server
