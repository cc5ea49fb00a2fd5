#ifndef DAVIT_SERVER_APP_SERVER_TEST_UTIL_H_
#define DAVIT_SERVER_APP_SERVER_TEST_UTIL_H_

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "davit/v1/call_service.grpc.pb.h"
#include "davit/v1/component_service.grpc.pb.h"
#include "davit/v1/error_details.pb.h"
#include "davit/v1/instance_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "runtime/component/linker.h"
#include "runtime/engine/engine.h"
#include "server/app/config.h"
#include "server/app/server.h"
#include "server/registry/data_dir.h"

// A real server on a free port with a client, for the tests of this package.
namespace davit::server {

inline std::string ReadGuest(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK(file) << path;
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// V8 starts once in a process and stays.
inline engine::Engine& TestEngine() {
  static engine::Engine* const engine = engine::Engine::Start({})->release();
  return *engine;
}

inline google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

template <typename Detail>
Detail DetailOf(const google::rpc::Status& status) {
  Detail found;
  for (const auto& any : status.details()) {
    if (any.Is<Detail>()) any.UnpackTo(&found);
  }
  return found;
}

inline std::string ReasonOf(const google::rpc::Status& status) {
  return DetailOf<google::rpc::ErrorInfo>(status).reason();
}
inline std::string ReasonOf(const grpc::Status& status) { return ReasonOf(DetailsOf(status)); }

inline v1::TimeoutInfo::Phase PhaseOf(const grpc::Status& status) {
  return DetailOf<v1::TimeoutInfo>(DetailsOf(status)).phase();
}

inline v1::Val U32(uint32_t value) {
  v1::Val val;
  val.set_u32(value);
  return val;
}

class ServerTest : public ::testing::Test {
 protected:
  // What ends a test that waits in vain; a machine under load needs far less.
  static constexpr absl::Duration kPatience = absl::Minutes(1);

  ~ServerTest() override { Stop(); }

  // `config` is a textproto; the server listens on a free port whatever it says.
  void Start(const std::string& config = "", const std::string& data_dir = "",
             std::shared_ptr<const component::Linker> linker =
                 std::make_shared<const component::Linker>()) {
    Config parsed = *ParseConfig(config);
    parsed.set_listen("127.0.0.1:0");
    auto server = Server::Start(parsed, *DataDir::Open(data_dir), TestEngine(), std::move(linker));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = NewChannel();
    components_ = v1::ComponentService::NewStub(channel_);
    instances_ = v1::InstanceService::NewStub(channel_);
    calls_ = v1::CallService::NewStub(channel_);
  }
  void Stop() { server_.reset(); }

  std::shared_ptr<grpc::Channel> NewChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                     grpc::InsecureChannelCredentials(), arguments);
  }

  // Uploads in chunks of `chunk_bytes`.
  grpc::Status Upload(const std::string& id, const std::string& binary,
                      v1::Component* response = nullptr, size_t chunk_bytes = 1000,
                      bool validate_only = false) {
    grpc::ClientContext context;
    v1::Component ignored;
    auto writer = components_->CreateComponent(&context, response == nullptr ? &ignored : response);
    v1::CreateComponentRequest message;
    message.mutable_header()->set_parent("tenants/default");
    message.mutable_header()->set_component_id(id);
    message.mutable_header()->set_validate_only(validate_only);
    bool open = writer->Write(message);
    for (size_t at = 0; open && at < binary.size(); at += chunk_bytes) {
      message.set_chunk(binary.substr(at, chunk_bytes));
      open = writer->Write(message);
    }
    writer->WritesDone();
    return writer->Finish();
  }

  // Deploys one of the guests; its resource name.
  std::string Deploy(const std::string& id, const std::string& path) {
    v1::Component component;
    const grpc::Status status = Upload(id, ReadGuest(path), &component);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return component.name();
  }
  std::string DeployCalc() { return Deploy("calc", "examples/calc.wasm"); }
  std::string DeployTraps() { return Deploy("traps", "tests/guests/wat/traps.wasm"); }
  std::string DeployPostReturn() {
    return Deploy("post-return", "tests/guests/wat/post_return.wasm");
  }

  grpc::Status Create(const v1::CreateInstanceRequest& request, v1::Instance* instance) {
    grpc::ClientContext context;
    return instances_->CreateInstance(&context, request, instance);
  }
  static v1::CreateInstanceRequest CreateRequest(const std::string& component,
                                                 const std::string& id = "") {
    v1::CreateInstanceRequest request;
    request.set_parent("tenants/default");
    request.set_component(component);
    request.set_instance_id(id);
    return request;
  }
  // A new instance of `component`; its resource name.
  std::string Instantiate(const std::string& component,
                          v1::Isolation isolation = v1::ISOLATION_SHARED) {
    v1::CreateInstanceRequest request = CreateRequest(component);
    request.set_isolation(isolation);
    v1::Instance instance;
    const grpc::Status status = Create(request, &instance);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return instance.name();
  }
  v1::Instance Get(const std::string& name) {
    grpc::ClientContext context;
    v1::GetInstanceRequest request;
    request.set_name(name);
    v1::Instance instance;
    const grpc::Status status = instances_->GetInstance(&context, request, &instance);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return instance;
  }
  grpc::Status Delete(const std::string& name) {
    grpc::ClientContext context;
    v1::DeleteInstanceRequest request;
    request.set_name(name);
    v1::DeleteInstanceResponse response;
    return instances_->DeleteInstance(&context, request, &response);
  }

  static v1::CallRequest CallOf(const std::string& instance, const std::string& function,
                                std::vector<v1::Val> args = {}) {
    v1::CallRequest request;
    request.set_instance(instance);
    request.set_function(function);
    for (v1::Val& arg : args) *request.add_args() = std::move(arg);
    return request;
  }
  grpc::Status Call(const v1::CallRequest& request, v1::CallResponse* response = nullptr,
                    absl::Duration timeout = kPatience) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    v1::CallResponse ignored;
    return calls_->Call(&context, request, response == nullptr ? &ignored : response);
  }
  grpc::Status Call(const std::string& instance, const std::string& function,
                    std::vector<v1::Val> args = {}, absl::Duration timeout = kPatience) {
    return Call(CallOf(instance, function, std::move(args)), nullptr, timeout);
  }
  // The u32 that a call without arguments returns.
  uint32_t CallU32(const std::string& instance, const std::string& function) {
    v1::CallResponse response;
    const grpc::Status status = Call(CallOf(instance, function), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.results_size() == 1 ? response.results(0).u32() : ~0u;
  }
  // What `attempt`, given a timeout, learns from the server about an RPC that its deadline ends.
  // Where the machine is so slow that the client gives up first and knows nothing, it has longer
  // ones. The server needs a deadlines.margin_ms of more than a tenth of them.
  template <typename Attempt>
  static grpc::Status ToldAtDeadline(Attempt attempt) {
    grpc::Status status;
    for (auto timeout = absl::Seconds(1); timeout < kPatience; timeout *= 2) {
      status = attempt(timeout);
      if (!status.error_details().empty()) break;
    }
    return status;
  }
  // Whether `condition` comes to hold: it decides, and not the time that it takes.
  template <typename Condition>
  static bool WaitUntil(Condition condition) {
    const absl::Time end = absl::Now() + kPatience;
    while (!condition()) {
      if (absl::Now() > end) return false;
      absl::SleepFor(absl::Milliseconds(2));
    }
    return true;
  }

  // Waits until the first call of an instance runs.
  void AwaitCall(const std::string& instance) {
    EXPECT_TRUE(WaitUntil([&] { return Get(instance).calls() == 1; }));
  }
  // Waits until so many calls wait for their cells.
  void AwaitWaiting(size_t calls) {
    EXPECT_TRUE(WaitUntil([&] { return server_->load().waiting_tasks == calls; }));
  }

  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ComponentService::Stub> components_;
  std::unique_ptr<v1::InstanceService::Stub> instances_;
  std::unique_ptr<v1::CallService::Stub> calls_;
};

inline constexpr char kAdd[] = "bench:calc/api#add";

}  // namespace davit::server

#endif  // DAVIT_SERVER_APP_SERVER_TEST_UTIL_H_
