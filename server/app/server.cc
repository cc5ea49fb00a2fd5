#include "server/app/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/component.h"
#include "runtime/engine/process/core_type_budget.h"
#include "runtime/wasi/core.h"
#include "server/instances/instance_host.h"
#include "server/instances/instance_record.h"
#include "server/instances/instance_table.h"
#include "server/logs/component_logs.h"
#include "server/registry/registry.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_service.h"
#include "server/rpc/component_service.h"
#include "server/rpc/descriptions.h"
#include "server/rpc/errors.h"
#include "server/rpc/instance_service.h"
#include "server/rpc/page_token.h"
#include "server/rpc/reflection.h"
#include "server/rpc/schema_index.h"
#include "server/sched/background.h"
#include "server/sched/end_on_worker.h"
#include "server/sched/scheduler.h"
#include "server/sched/timer.h"
#include "server/sched/worker_pool.h"
#include "server/tenants/quota.h"
#include "server/tenants/tenant.h"
#include "server/transport/connections.h"
#include "server/transport/listen_address.h"
#include "server/transport/listener.h"

namespace davit::server {
namespace {

// How often shutdown looks whether what runs has ended.
constexpr absl::Duration kDrainPoll = absl::Milliseconds(2);
// How long calls that are ended may take to notice.
constexpr absl::Duration kEndGrace = absl::Seconds(1);
// What answers just given have to reach their clients before connections are closed.
constexpr absl::Duration kAnswerGrace = absl::Milliseconds(200);

// Of descriptions of components that are kept.
constexpr uint64_t kMaxDescriptionBytes = 64 << 20;
// Pieces of short work that run at a time: enough to wait for a disk.
constexpr uint32_t kShortWorkers = 8;
// How often it is looked at how much machine code there is.
constexpr absl::Duration kCodeWatch = absl::Seconds(1);

constexpr const char* kServices[] = {"", "davit.v1.ComponentService", "davit.v1.InstanceService",
                                     "davit.v1.CallService"};

// gRPC wants this called before the first server of the process is built. Its health service works
// by callbacks: a Watch takes no thread.
void EnableHealthService() {
  static std::once_flag once;
  std::call_once(once, [] { grpc::EnableDefaultHealthCheckService(true); });
}

// What tools learn by reflection: the services, and the messages in the details of errors.
SchemaIndex MakeSchemaIndex() {
  // Named by a header alone, its schema would not be linked.
  const auto& health = *grpc::health::v1::HealthCheckRequest::descriptor()->file();
  std::vector<std::string> services(std::next(std::begin(kServices)), std::end(kServices));
  services.push_back(health.service(0)->full_name());
  services.push_back("grpc.reflection.v1.ServerReflection");
  services.push_back("grpc.reflection.v1alpha.ServerReflection");
  return SchemaIndex(*health.pool(), std::move(services),
                     {"davit/v1/error_details.proto", "google/rpc/error_details.proto"});
}

// gRPC's own word for "never" is the largest int.
int OrNever(uint32_t ms) { return ms == 0 ? INT_MAX : static_cast<int>(ms); }

void SetTransport(const Config::Transport& transport, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(transport.max_message_bytes()));
  builder.SetMaxSendMessageSize(static_cast<int>(transport.max_message_bytes()));
  const std::pair<const char*, int> arguments[] = {
      {GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(transport.max_concurrent_streams())},
      {GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(transport.max_metadata_bytes())},
      {GRPC_ARG_KEEPALIVE_TIME_MS, OrNever(transport.keepalive_ms())},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, OrNever(transport.keepalive_timeout_ms())},
      {GRPC_ARG_MAX_CONNECTION_IDLE_MS, OrNever(transport.max_idle_ms())},
      {GRPC_ARG_MAX_CONNECTION_AGE_MS, OrNever(transport.max_age_ms())},
      {GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, OrNever(transport.max_age_grace_ms())},
      // The limit of a message holds for what arrives, before it is inflated: 60 MB may become tens
      // of gigabytes. So nothing is: a compressed message is refused.
      {GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1 << GRPC_COMPRESS_NONE},
      {GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0},
  };
  for (const auto& [name, value] : arguments) builder.AddChannelArgument(name, value);
  grpc::ResourceQuota quota("davitd");
  quota.Resize(transport.buffer_bytes());
  builder.SetResourceQuota(quota);
}

// A unix socket has the configured mode from its first moment.
absl::StatusOr<std::unique_ptr<Listener>> Bind(const Config& config) {
  if (UnixPath(config.listen()).empty()) return Listener::Listen(config.listen());
  const CreationMode mode(config.listener().socket_mode());
  return Listener::Listen(config.listen());
}

// Compiles for the registry. What V8 refuses without an offset is an invalid component all the
// same. Once `given_up` is set what still waits to be compiled is refused. Where there is no room
// for the code, `make_room` is called first.
Compiler MakeCompiler(engine::Engine& engine, engine::CoreTypeAccount& types, WorkerPool& workers,
                      const std::atomic<bool>& given_up, std::function<void()> make_room) {
  return [&engine, &types, &workers, &given_up, make_room = std::move(make_room)](
             std::shared_ptr<const std::string> binary) -> absl::StatusOr<ComponentPtr> {
    if (given_up) return DrainingError();
    if (engine.CodeIsScarce()) make_room();
    absl::StatusOr<ComponentPtr> component =
        component::Component::Compile(engine, std::move(binary), /*features=*/{}, &types);
    if (component.ok()) return EndOnWorker(*std::move(component), workers);
    if (component.status().code() != absl::StatusCode::kInvalidArgument ||
        base::BinaryErrorOf(component.status()).has_value()) {
      return component;
    }
    return ComponentInvalidError(component.status().message());
  };
}

Composer MakeComposer(engine::Engine& engine, engine::CoreTypeAccount& types, WorkerPool& workers,
                      const std::atomic<bool>& given_up) {
  return [&engine, &types, &workers, &given_up](
             const ComponentPtr& component,
             const component::Component::Providers& providers) -> absl::StatusOr<ComponentPtr> {
    if (given_up) return DrainingError();
    DAVIT_ASSIGN_OR_RETURN(ComponentPtr composed,
                           component::Component::Compose(engine, component, providers, &types));
    return EndOnWorker(std::move(composed), workers);
  };
}

}  // namespace

// Members stand in the order in which they depend on each other.
class Server::Impl {
 public:
  Impl(const Config& config, DataDir data_dir, engine::Engine& engine,
       std::shared_ptr<const component::Linker> linker)
      : config_(config),
        data_dir_(std::move(data_dir)),
        engine_(engine),
        workers_({.kept_threads = WorkerThreads(config),
                  .max_threads = config.scheduling().max_worker_threads()}),
        scheduler_({.queue_length = config.scheduling().queue_length(),
                    .direct_calls = config.scheduling().direct_calls()},
                   workers_, timer_),
        background_queue_(workers_),
        background_(
            [this](absl::AnyInvocable<void()> work) { background_queue_.Run(std::move(work)); }),
        short_work_(workers_, kShortWorkers),
        description_queue_(workers_, 1),
        describing_(
            [this](absl::AnyInvocable<void()> work) { description_queue_.Run(std::move(work)); }),
        compiler_(
            MakeCompiler(engine, core_types_, workers_, given_up_, [this] { MakeRoomForCode(); })),
        compositions_(MakeComposer(engine, core_types_, workers_, given_up_), background_),
        host_(config_, engine, scheduler_, workers_, timer_, std::move(linker), wasi_, logs_) {}
  ~Impl() { Shutdown(); }

  absl::Status Start();
  void Shutdown();
  int port() const { return listener_->port(); }
  ServerLoad load() {
    return {.waiting_tasks = scheduler_.waiting(),
            .running_tasks = scheduler_.running(),
            .session_requests = call_service_->session_requests(),
            .runs = call_service_->runs(),
            .upload_bytes = upload_quota_.used()};
  }

 private:
  absl::Status OpenRegistry();
  void StartServices();
  absl::Status Listen();
  void Accept(int connection);
  // Looks from time to time whether machine code has become scarce: instances that are there go on
  // making it.
  void WatchCode();
  // Drops compiled components that no instance uses, where machine code is scarce. Once a second at
  // most.
  void MakeRoomForCode();
  bool IsIdle();
  void Drain();
  void EndInstances();

  const Config config_;
  const DataDir data_dir_;
  engine::Engine& engine_;
  std::atomic<bool> given_up_ = false;  // what has not ended by now is not waited for
  wasi::Services wasi_;                 // of all instances
  WorkerPool workers_;
  Timer timer_;
  Scheduler scheduler_;
  BackgroundQueue background_queue_;
  const Background background_;
  engine::CoreTypeAccount core_types_{config_.tenant().core_types()};  // of the only tenant
  // Beside background_, whose work takes longer.
  BackgroundQueue short_work_;
  BackgroundQueue description_queue_;
  const Background describing_;
  const Compiler compiler_;
  // The only one until there is authentication.
  const Tenant tenant_{"default",
                       {.instances = config_.tenant().instances(),
                        .dedicated_instances = config_.tenant().dedicated_instances()}};
  Admission admission_{config_, tenant_};
  Quota upload_quota_{config_.uploads().max_total_bytes()};
  const PageTokens page_tokens_;
  std::unique_ptr<Registry> registry_;
  Descriptions descriptions_{describing_, kMaxDescriptionBytes};
  Compositions compositions_;
  ComponentLogs logs_{{.bytes = config_.instances().log_bytes(),
                       .bytes_per_second = config_.instances().log_rate()}};
  InstanceHost host_;
  InstanceTable instances_;
  absl::Mutex code_room_mutex_;
  absl::Time last_code_room_ ABSL_GUARDED_BY(code_room_mutex_) = absl::InfinitePast();
  std::optional<ComponentService> component_service_;
  std::optional<InstanceService> instance_service_;
  std::optional<CallService> call_service_;
  const SchemaIndex schemas_ = MakeSchemaIndex();
  Reflection reflection_{schemas_, timer_, admission_};
  const std::shared_ptr<Connections> connections_ =
      Connections::Create(ToConnectionLimits(config_));
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Listener> listener_;
};

absl::Status Server::Impl::OpenRegistry() {
  const RegistryOptions options = {
      .data_dir = data_dir_.path(),
      .max_components = config_.tenant().components(),
      .max_revisions_per_component = config_.tenant().revisions_per_component(),
      .max_component_bytes = config_.tenant().component_bytes()};
  DAVIT_ASSIGN_OR_RETURN(registry_, Registry::Open(options, compiler_, background_));
  return absl::OkStatus();
}

void Server::Impl::StartServices() {
  component_service_.emplace(ComponentService::Parts{.upload = {.admission = admission_,
                                                                .limits = config_.uploads(),
                                                                .quota = upload_quota_,
                                                                .compiler = compiler_,
                                                                .background = background_,
                                                                .timer = timer_,
                                                                .registry = *registry_},
                                                     .short_work = short_work_,
                                                     .page_tokens = page_tokens_,
                                                     .descriptions = descriptions_,
                                                     .logs = logs_});
  instance_service_.emplace(InstanceService::Parts{.create = {.admission = admission_,
                                                              .deadlines = config_.deadlines(),
                                                              .registry = *registry_,
                                                              .compositions = compositions_,
                                                              .instances = instances_,
                                                              .host = host_},
                                                   .short_work = short_work_,
                                                   .page_tokens = page_tokens_,
                                                   .logs = logs_});
  call_service_.emplace(CallParts{.admission = admission_,
                                  .deadlines = config_.deadlines(),
                                  .registry = *registry_,
                                  .instances = instances_,
                                  .host = host_},
                        config_.scheduling().session_window());
}

absl::Status Server::Impl::Start() {
  DAVIT_RETURN_IF_ERROR(OpenRegistry());
  StartServices();
  WatchCode();
  return Listen();
}

absl::Status Server::Impl::Listen() {
  DAVIT_ASSIGN_OR_RETURN(listener_, Bind(config_));
  EnableHealthService();
  grpc::ServerBuilder builder;
  SetTransport(config_.transport(), builder);
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  builder.RegisterService(&*component_service_);
  builder.RegisterService(&*instance_service_);
  builder.RegisterService(&*call_service_);
  builder.RegisterService(&reflection_.v1());
  builder.RegisterService(&reflection_.v1alpha());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) return absl::InternalError("gRPC could not be started");
  for (const char* service : kServices) {
    server_->GetHealthCheckService()->SetServingStatus(service, true);
  }
  listener_->Start({.connected = [this](int connection) { Accept(connection); },
                    .exhausted = [this] { connections_->ShutDownIdle(); }});
  LOG(INFO) << "listening on " << config_.listen()
            << (port() > 0 ? absl::StrCat(", port ", port()) : "") << ", data in "
            << data_dir_.path();
  return absl::OkStatus();
}

void Server::Impl::Accept(int connection) {
  if (!connections_->Admit(connection)) {
    close(connection);
    return;
  }
  // What is written and not acknowledged for so long is lost with the connection.
  const int timeout_ms = OrNever(config_.transport().keepalive_timeout_ms());
  setsockopt(connection, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.fd = connection;
  acceptor_->HandleNewConnection(&parameters);
}

void Server::Impl::WatchCode() {
  if (engine_.CodeIsScarce()) background_([this] { MakeRoomForCode(); });
  timer_.Schedule(absl::Now() + kCodeWatch, [this] { WatchCode(); });
}

void Server::Impl::MakeRoomForCode() {
  absl::MutexLock lock(code_room_mutex_);
  if (!engine_.CodeIsScarce() || absl::Now() - last_code_room_ < kCodeWatch) return;
  last_code_room_ = absl::Now();
  LOG(WARNING) << "machine code is scarce (" << engine_.code_bytes()
               << " bytes): dropping compiled components that nothing uses";
  registry_->DropUnused([this] {
    engine_.ReleaseCode();
    return !engine_.CodeIsScarce();
  });
}

bool Server::Impl::IsIdle() {
  return scheduler_.IsIdle() && background_queue_.IsIdle() && short_work_.IsIdle() &&
         description_queue_.IsIdle() && upload_quota_.used() == 0 && !call_service_->HasSessions();
}

void Server::Impl::Drain() {
  const absl::Time end = absl::Now() + absl::Milliseconds(config_.deadlines().drain_ms());
  while (!IsIdle() && absl::Now() < end) absl::SleepFor(kDrainPoll);
  if (IsIdle()) return;
  // Whoever still waits learns from davit what became of it, not from a lost connection.
  given_up_ = true;
  scheduler_.EndTasks(DrainingError());
  const absl::Time grace_end = absl::Now() + kEndGrace;
  while (!IsIdle() && absl::Now() < grace_end) absl::SleepFor(kDrainPoll);
}

// A post-return that nobody waits for is all that can run here; it ends with its instance.
void Server::Impl::EndInstances() {
  for (const InstancePtr& record : instances_.RemoveAll()) record->MarkDeleted();
  while (!scheduler_.IsIdle() || !background_queue_.IsIdle() || !short_work_.IsIdle() ||
         !description_queue_.IsIdle()) {
    absl::SleepFor(kDrainPoll);
  }
}

void Server::Impl::Shutdown() {
  if (!admission_.Close()) return;
  if (server_ != nullptr) {
    const ServerLoad left = load();
    LOG(INFO) << "shutting down: " << left.waiting_tasks << " calls wait, " << left.session_requests
              << " requests of sessions and " << left.upload_bytes
              << " bytes of uploads are under way";
    server_->GetHealthCheckService()->Shutdown();
    call_service_->DrainSessions();
    instance_service_->DrainTails();
    Drain();
    listener_->Stop();
    server_->Shutdown(absl::ToChronoTime(absl::Now() + kAnswerGrace));
    server_->Wait();
    server_.reset();
    EndInstances();
    LOG(INFO) << "shut down";
  }
  timer_.Stop();
  workers_.Stop();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const Config& config, DataDir data_dir, engine::Engine& engine,
    std::shared_ptr<const component::Linker> linker) {
  DAVIT_RETURN_IF_ERROR(CheckConfig(config));
  auto impl = std::make_unique<Impl>(config, std::move(data_dir), engine, std::move(linker));
  DAVIT_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

int Server::port() const { return impl_->port(); }

ServerLoad Server::load() const { return impl_->load(); }

void Server::Shutdown() { impl_->Shutdown(); }

}  // namespace davit::server
