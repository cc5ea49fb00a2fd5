#include "server/rpc/call_service.h"

#include <functional>
#include <memory>
#include <new>
#include <utility>

#include "absl/time/clock.h"
#include "grpcpp/support/message_allocator.h"
#include "server/rpc/call_task.h"
#include "server/rpc/deadlines.h"
#include "server/rpc/errors.h"
#include "server/rpc/handlers.h"
#include "server/rpc/parsed.h"

namespace davit::server {
namespace {

// How many calls' messages are kept to be used again: more than a busy process has under way.
constexpr size_t kKeptMessages = 256;

absl::Time Budget(const Core& core, const grpc::CallbackServerContext& context) {
  return BudgetEnd(core.config.deadlines(), absl::Now(), context.deadline());
}

// A task that answers PostReturn. Owns itself.
class PostReturnTask final : public CallTask {
 public:
  PostReturnTask(const Core& core, grpc::CallbackServerContext& context)
      : CallTask(core), core_(core), context_(context), reactor_(context.DefaultReactor()) {}

  grpc::ServerUnaryReactor* reactor() const { return reactor_; }

 protected:
  bool Cancelled() const override { return context_.IsCancelled(); }
  Answers::AccountPtr FindAccount() override { return core_.answers.AccountOf(context_.peer()); }
  void DropRequest() override {}  // It goes with the RPC, whose answer is empty.
  uint64_t ResponseBytes() const override { return 0; }
  void Done() override {
    const grpc::Status answer = ToGrpcStatus(status(), instance_name());
    grpc::ServerUnaryReactor* const reactor = reactor_;
    delete this;
    reactor->Finish(answer);
  }

 private:
  const Core& core_;
  grpc::CallbackServerContext& context_;
  grpc::ServerUnaryReactor* const reactor_;
};

}  // namespace

// The messages of one Call, as gRPC wants to find them.
class CallHolder : public grpc::MessageHolder<Parsed<v1::CallRequest>, v1::CallResponse> {
 public:
  CallHolder() {
    set_request(&request_);
    set_response(messages_.response());
  }

  void Clear() {
    messages_.Clear();
    request_.Point(messages_.request());
    set_response(messages_.response());
  }
  void DropRequest() {
    messages_.DropRequest();
    request_.Point(messages_.request());
  }
  uint64_t response_bytes() const { return messages_.response_bytes(); }

 private:
  MessagePair<v1::CallRequest, v1::CallResponse> messages_;
  Parsed<v1::CallRequest> request_{messages_.request()};
};

// A task that answers a unary RPC. The reactor is gRPC's own, so that the answer needs no further
// thread; that the client has gone is asked of the context by whoever watches over the queue.
class UnaryCall final : public CallTask {
 public:
  UnaryCall(const Core& core, grpc::CallbackServerContext& context, CallHolder& messages)
      : CallTask(core),
        core_(core),
        context_(context),
        messages_(messages),
        reactor_(context.DefaultReactor()) {}

  grpc::ServerUnaryReactor* reactor() const { return reactor_; }

 protected:
  bool Cancelled() const override { return context_.IsCancelled(); }
  Answers::AccountPtr FindAccount() override { return core_.answers.AccountOf(context_.peer()); }
  void DropRequest() override { messages_.DropRequest(); }
  uint64_t ResponseBytes() const override { return messages_.response_bytes(); }
  void Done() override {
    const grpc::Status answer = ToGrpcStatus(status(), instance_name());
    if (!answer.ok()) messages_.Clear();  // The client may be long in reading it.
    reactor_->Finish(answer);
  }

 private:
  const Core& core_;
  grpc::CallbackServerContext& context_;
  CallHolder& messages_;
  grpc::ServerUnaryReactor* const reactor_;
};

// Gives each Call its messages and the room for its task, both used again and again.
class CallService::Allocator final
    : public grpc::MessageAllocator<Parsed<v1::CallRequest>, v1::CallResponse> {
 public:
  class Holder final : public CallHolder {
   public:
    explicit Holder(Allocator& allocator) : allocator_(allocator) {}
    ~Holder() override { EndTask(); }

    UnaryCall& MakeTask(const Core& core, grpc::CallbackServerContext& context) {
      task_ = new (task_room_) UnaryCall(core, context, *this);
      return *task_;
    }
    // gRPC is done with the call: the connection has taken the answer, as far as the client's
    // window allows, or is gone.
    void Release() override {
      EndTask();
      Clear();
      allocator_.free_.Give(std::unique_ptr<Holder>(this));
    }

   private:
    void EndTask() {
      if (task_ != nullptr) std::exchange(task_, nullptr)->~UnaryCall();
    }

    Allocator& allocator_;
    alignas(UnaryCall) std::byte task_room_[sizeof(UnaryCall)];
    UnaryCall* task_ = nullptr;
  };

  Holder* AllocateMessages() override {
    if (std::unique_ptr<Holder> kept = free_.Take()) return kept.release();
    return new Holder(*this);
  }

 private:
  FreeList<Holder> free_{kKeptMessages};
};

CallService::CallService(const Core& core)
    : core_(core), allocator_(std::make_unique<Allocator>()) {
  MarkMethodCallback(MethodIndex<v1::CallRequest>("Call"),
                     UnaryHandler<v1::CallRequest, v1::CallResponse>(
                         std::bind_front(&CallService::StartCall, this), allocator_.get()));
  MarkMethodCallback(MethodIndex<v1::CallRequest>("PostReturn"),
                     UnaryHandler<v1::PostReturnRequest, v1::PostReturnResponse>(
                         std::bind_front(&CallService::StartPostReturn, this)));
  MarkMethodCallback(MethodIndex<v1::CallRequest>("Session"),
                     new BidiHandler<v1::SessionRequest, v1::SessionResponse>(
                         [this](grpc::CallbackServerContext* context) {
                           return sessions_.Start(core_, *context);
                         }));
}

CallService::~CallService() = default;

grpc::ServerUnaryReactor* CallService::StartCall(grpc::CallbackServerContext* context,
                                                 const Parsed<v1::CallRequest>& request,
                                                 v1::CallResponse* response) {
  auto* holder = static_cast<Allocator::Holder*>(context->GetRpcAllocatorState());
  UnaryCall& task = holder->MakeTask(core_, *context);
  grpc::ServerUnaryReactor* const reactor = task.reactor();
  task.StartCall(*request, request.bytes(), *response, Budget(core_, *context), Place::kHere);
  return reactor;
}

grpc::ServerUnaryReactor* CallService::StartPostReturn(grpc::CallbackServerContext* context,
                                                       const Parsed<v1::PostReturnRequest>& request,
                                                       v1::PostReturnResponse*) {
  auto* task = new PostReturnTask(core_, *context);
  grpc::ServerUnaryReactor* const reactor = task->reactor();
  task->StartPostReturn(*request, request.bytes(), Budget(core_, *context));
  return reactor;
}

}  // namespace davit::server
