#include "tests/integration/session_stream.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/status.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"

namespace davit::integration {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(60);

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

SessionStream::SessionStream(const std::string& address)
    : stub_(v1::CallService::NewStub(NewChannel(address))) {
  context_.set_deadline(absl::ToChronoTime(absl::Now() + kTimeout));
  stream_ = stub_->Session(&context_);
}

void SessionStream::Write(const v1::SessionRequest& request) {
  EXPECT_TRUE(stream_->Write(request));
}

void SessionStream::Call(uint64_t id, const std::string& instance, const std::string& function,
                         const std::vector<v1::Val>& args) {
  v1::SessionRequest request;
  request.set_id(id);
  request.mutable_call()->set_instance(instance);
  request.mutable_call()->set_function(function);
  request.mutable_call()->mutable_args()->Add(args.begin(), args.end());
  Write(request);
}

v1::SessionResponse SessionStream::Read() {
  v1::SessionResponse response;
  EXPECT_TRUE(stream_->Read(&response)) << "the stream ended";
  return response;
}

void SessionStream::AwaitAdmission() {
  constexpr uint64_t kNothing = UINT64_MAX;
  v1::SessionRequest for_nothing;  // which is refused as soon as it is read
  for_nothing.set_id(kNothing);
  Write(for_nothing);
  EXPECT_EQ(Read().id(), kNothing) << "a call was answered";
}

absl::Status SessionStream::Finish() {
  stream_->WritesDone();
  v1::SessionResponse rest;
  while (stream_->Read(&rest)) ++unread_;
  return client::FromGrpc(stream_->Finish());
}

}  // namespace davit::integration
