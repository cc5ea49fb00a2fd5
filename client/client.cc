#include "client/client.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/status.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace davit::client {
namespace {

// Well under the limits of every proxy, and large enough not to matter.
constexpr size_t kChunkBytes = 256 << 10;

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address,
                                          const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

template <typename Response>
absl::StatusOr<Response> Answer(const grpc::Status& status, Response response) {
  if (!status.ok()) return FromGrpc(status);
  return response;
}

}  // namespace

Client::Client(const std::string& address, ClientOptions options) : options_(std::move(options)) {
  const auto channel = NewChannel(address, options_);
  components_ = v1::ComponentService::NewStub(channel);
  instances_ = v1::InstanceService::NewStub(channel);
  calls_ = v1::CallService::NewStub(channel);
}

std::unique_ptr<grpc::ClientContext> Client::NewContext() const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(absl::Now() + options_.timeout));
  return context;
}

std::string Client::Parent() const { return absl::StrCat("tenants/", options_.tenant); }

std::string Client::ComponentName(std::string_view name) const {
  if (absl::StartsWith(name, "tenants/")) return std::string(name);
  return absl::StrCat(Parent(), "/components/", name);
}

std::string Client::InstanceName(std::string_view name) const {
  if (absl::StartsWith(name, "tenants/")) return std::string(name);
  return absl::StrCat(Parent(), "/instances/", name);
}

absl::StatusOr<v1::Component> Client::Deploy(std::string_view component_id, std::string_view binary,
                                             DeployMode mode) {
  v1::Component component;
  auto context = NewContext();
  auto writer = components_->CreateComponent(context.get(), &component);
  v1::CreateComponentRequest request;
  request.mutable_header()->set_parent(Parent());
  request.mutable_header()->set_component_id(std::string(component_id));
  request.mutable_header()->set_validate_only(mode == DeployMode::kValidateOnly);
  request.mutable_header()->set_size_bytes(binary.size());
  // A write that fails means that the server has answered: Finish() has its reason.
  bool open = writer->Write(request);
  for (size_t at = 0; open && at < binary.size(); at += kChunkBytes) {
    request.set_chunk(std::string(binary.substr(at, kChunkBytes)));
    open = writer->Write(request);
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  return Answer(status, std::move(component));
}

absl::StatusOr<v1::Component> Client::GetComponent(std::string_view name, v1::ComponentView view) {
  v1::GetComponentRequest request;
  request.set_name(ComponentName(name));
  request.set_view(view);
  v1::Component component;
  auto context = NewContext();
  const grpc::Status status = components_->GetComponent(context.get(), request, &component);
  return Answer(status, std::move(component));
}

absl::StatusOr<std::vector<v1::Component>> Client::ListComponents() {
  std::vector<v1::Component> all;
  v1::ListComponentsRequest request;
  request.set_parent(Parent());
  do {
    v1::ListComponentsResponse page;
    auto context = NewContext();
    const grpc::Status status = components_->ListComponents(context.get(), request, &page);
    if (!status.ok()) return FromGrpc(status);
    for (auto& component : *page.mutable_components()) all.push_back(std::move(component));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

absl::Status Client::DeleteComponent(std::string_view name) {
  v1::DeleteComponentRequest request;
  request.set_name(ComponentName(name));
  v1::DeleteComponentResponse response;
  auto context = NewContext();
  return FromGrpc(components_->DeleteComponent(context.get(), request, &response));
}

absl::StatusOr<std::string> Client::Download(std::string_view name) {
  v1::DownloadComponentRequest request;
  request.set_name(ComponentName(name));
  auto context = NewContext();
  auto reader = components_->DownloadComponent(context.get(), request);
  std::string binary;
  v1::DownloadComponentResponse part;
  while (reader->Read(&part)) binary += part.chunk();
  const grpc::Status status = reader->Finish();
  return Answer(status, std::move(binary));
}

absl::StatusOr<v1::Instance> Client::Instantiate(v1::CreateInstanceRequest request) {
  request.set_parent(Parent());
  request.set_component(ComponentName(request.component()));
  for (v1::Composition& with : *request.mutable_with()) {
    with.set_component(ComponentName(with.component()));
  }
  v1::Instance instance;
  auto context = NewContext();
  const grpc::Status status = instances_->CreateInstance(context.get(), request, &instance);
  return Answer(status, std::move(instance));
}

absl::StatusOr<v1::Instance> Client::GetInstance(std::string_view name) {
  v1::GetInstanceRequest request;
  request.set_name(InstanceName(name));
  v1::Instance instance;
  auto context = NewContext();
  const grpc::Status status = instances_->GetInstance(context.get(), request, &instance);
  return Answer(status, std::move(instance));
}

absl::StatusOr<std::vector<v1::Instance>> Client::ListInstances() {
  std::vector<v1::Instance> all;
  v1::ListInstancesRequest request;
  request.set_parent(Parent());
  do {
    v1::ListInstancesResponse page;
    auto context = NewContext();
    const grpc::Status status = instances_->ListInstances(context.get(), request, &page);
    if (!status.ok()) return FromGrpc(status);
    for (auto& instance : *page.mutable_instances()) all.push_back(std::move(instance));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

absl::Status Client::DeleteInstance(std::string_view name) {
  v1::DeleteInstanceRequest request;
  request.set_name(InstanceName(name));
  v1::DeleteInstanceResponse response;
  auto context = NewContext();
  return FromGrpc(instances_->DeleteInstance(context.get(), request, &response));
}

absl::StatusOr<std::vector<v1::Resource>> Client::ListResources(std::string_view instance) {
  std::vector<v1::Resource> all;
  v1::ListResourcesRequest request;
  request.set_parent(InstanceName(instance));
  do {
    v1::ListResourcesResponse page;
    auto context = NewContext();
    const grpc::Status status = instances_->ListResources(context.get(), request, &page);
    if (!status.ok()) return FromGrpc(status);
    for (auto& resource : *page.mutable_resources()) all.push_back(std::move(resource));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

absl::StatusOr<v1::Resource> Client::RenewResource(std::string_view name) {
  v1::RenewResourceRequest request;
  request.set_name(std::string(name));
  v1::Resource resource;
  auto context = NewContext();
  const grpc::Status status = instances_->RenewResource(context.get(), request, &resource);
  return Answer(status, std::move(resource));
}

absl::Status Client::DropResource(std::string_view name) {
  v1::DropResourceRequest request;
  request.set_name(std::string(name));
  v1::DropResourceResponse response;
  auto context = NewContext();
  return FromGrpc(instances_->DropResource(context.get(), request, &response));
}

absl::StatusOr<v1::CallResponse> Client::Call(const v1::CallRequest& request) {
  v1::CallResponse response;
  auto context = NewContext();
  const grpc::Status status = calls_->Call(context.get(), request, &response);
  return Answer(status, std::move(response));
}

absl::Status Client::PostReturn(const v1::PostReturnRequest& request) {
  v1::PostReturnResponse response;
  auto context = NewContext();
  return FromGrpc(calls_->PostReturn(context.get(), request, &response));
}

absl::StatusOr<uint32_t> Client::Run(v1::RunRequest::Start start, const RunOptions& options) {
  start.set_component(ComponentName(start.component()));
  return RunCommand(*calls_, start, options);
}

absl::Status Client::TailLogs(const v1::TailLogsRequest& request,
                              absl::FunctionRef<void(const v1::TailLogsResponse&)> take) {
  auto context = request.follow() ? std::make_unique<grpc::ClientContext>() : NewContext();
  auto reader = instances_->TailLogs(context.get(), request);
  for (v1::TailLogsResponse part; reader->Read(&part);) take(part);
  return FromGrpc(reader->Finish());
}

}  // namespace davit::client
