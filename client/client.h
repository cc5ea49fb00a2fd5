#ifndef DAVIT_CLIENT_CLIENT_H_
#define DAVIT_CLIENT_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/run.h"
#include "davit/v1/call_service.grpc.pb.h"
#include "davit/v1/component_service.grpc.pb.h"
#include "davit/v1/instance_service.grpc.pb.h"

namespace davit::client {

struct ClientOptions {
  std::string tenant = "default";
  absl::Duration timeout = absl::Seconds(30);  // of each RPC; also the budget of a called guest
  size_t max_message_bytes = 64 << 20;         // received
};

// A davitd, over plain HTTP/2. Names may be full ("tenants/t/components/c") or the last part alone.
// Every method blocks for one RPC and answers its status with the server's details as payloads
// (client/status.h). Thread-safe.
class Client {
 public:
  // Connects at the first RPC. `address` is "host:port".
  explicit Client(const std::string& address, ClientOptions options = {});
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Uploads a component binary as `component_id`. With validate_only nothing is stored.
  enum class DeployMode : uint8_t { kStore, kValidateOnly };
  absl::StatusOr<v1::Component> Deploy(std::string_view component_id, std::string_view binary,
                                       DeployMode mode = DeployMode::kStore);
  absl::StatusOr<v1::Component> GetComponent(std::string_view name,
                                             v1::ComponentView view = v1::COMPONENT_VIEW_FULL);
  absl::StatusOr<std::vector<v1::Component>> ListComponents();
  absl::Status DeleteComponent(std::string_view name);
  absl::StatusOr<std::string> Download(std::string_view name);

  // `request.component`, and those of `request.with`, as other names; `parent` is filled in.
  absl::StatusOr<v1::Instance> Instantiate(v1::CreateInstanceRequest request);
  absl::StatusOr<v1::Instance> GetInstance(std::string_view name);
  absl::StatusOr<std::vector<v1::Instance>> ListInstances();
  absl::Status DeleteInstance(std::string_view name);

  // Resources that clients hold of an instance. Names are always full here.
  absl::StatusOr<std::vector<v1::Resource>> ListResources(std::string_view instance);
  absl::StatusOr<v1::Resource> RenewResource(std::string_view name);
  absl::Status DropResource(std::string_view name);

  // Calls as they are; client/call.h has typed ones.
  absl::StatusOr<v1::CallResponse> Call(const v1::CallRequest& request);
  absl::Status PostReturn(const v1::PostReturnRequest& request);
  // Runs a command; `start.component` as other names. See client/run.h.
  absl::StatusOr<uint32_t> Run(v1::RunRequest::Start start, const RunOptions& options);

  // Hands each part of a log to `take` as it comes, with request.follow until the log ends. The
  // name of the request is full.
  absl::Status TailLogs(const v1::TailLogsRequest& request,
                        absl::FunctionRef<void(const v1::TailLogsResponse&)> take);

  absl::Duration timeout() const { return options_.timeout; }
  // "tenants/TENANT/components/NAME" unless `name` is full already.
  std::string ComponentName(std::string_view name) const;
  std::string InstanceName(std::string_view name) const;

 private:
  std::unique_ptr<grpc::ClientContext> NewContext() const;
  std::string Parent() const;

  const ClientOptions options_;
  std::unique_ptr<v1::ComponentService::Stub> components_;
  std::unique_ptr<v1::InstanceService::Stub> instances_;
  std::unique_ptr<v1::CallService::Stub> calls_;
};

}  // namespace davit::client

#endif  // DAVIT_CLIENT_CLIENT_H_
