#include "server/rpc/call_service.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "grpcpp/support/message_allocator.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/handlers.h"
#include "server/rpc/parsed.h"

namespace davit::server {
namespace {

// How many calls' messages are kept to be used again: more than a busy process has under way.
constexpr size_t kKeptRpcs = 256;

// A task that answers PostReturn. Owns itself.
class PostReturnTask final : public CallTask {
 public:
  using Rpc = UnaryRpc<v1::PostReturnRequest, v1::PostReturnResponse>;

  PostReturnTask(const CallParts& parts, Rpc& rpc) : CallTask(parts, rpc.request()), rpc_(rpc) {}

 protected:
  bool Cancelled() const override { return rpc_.request().IsCancelled(); }
  Answers::AccountPtr FindAccount() override { return rpc_.request().account(); }
  void DropRequest() override {}  // It goes with the RPC, whose answer is empty.
  uint64_t ResponseBytes() const override { return 0; }
  void Done() override {
    rpc_.Finish(status(), instance_name());
    delete this;
  }

 private:
  Rpc& rpc_;
};

}  // namespace

// One Call: its messages, which small calls allocate nothing for, and its task; used again for
// later ones.
class CallRpc final : public Unary,
                      private grpc::MessageHolder<Parsed<v1::CallRequest>, v1::CallResponse> {
 public:
  using Message = v1::CallRequest;
  using Response = v1::CallResponse;

  static CallRpc& Of(grpc::CallbackServerContext& context) {
    return static_cast<CallRpc&>(*context.GetRpcAllocatorState());
  }
  explicit CallRpc(FreeList<CallRpc>& free) : free_(free) {
    set_request(&parsed_);
    set_response(messages_.response());
  }

  // As gRPC knows it.
  grpc::MessageHolder<Parsed<v1::CallRequest>, v1::CallResponse>* holder() { return this; }
  using Unary::request;
  void Start(const CallParts& parts) {
    task_.emplace(parts, *this);
    task_->StartCall(*parsed_, parsed_.bytes(), *messages_.response(), Place::kHere);
  }
  // Ends the RPC, which has no task, with an error.
  void Finish(const absl::Status& error) { End(error); }

 private:
  class Task final : public CallTask {
   public:
    Task(const CallParts& parts, CallRpc& rpc) : CallTask(parts, rpc.request()), rpc_(rpc) {}

   protected:
    bool Cancelled() const override { return rpc_.request().IsCancelled(); }
    Answers::AccountPtr FindAccount() override { return rpc_.request().account(); }
    void DropRequest() override {
      rpc_.messages_.DropRequest();
      rpc_.parsed_.Point(rpc_.messages_.request());
    }
    uint64_t ResponseBytes() const override { return rpc_.messages_.response_bytes(); }
    void Done() override {
      if (!status().ok()) rpc_.Clear();  // The client may be long in reading it.
      rpc_.End(status(), instance_name());
    }

   private:
    CallRpc& rpc_;
  };

  void Clear() {
    messages_.Clear();
    parsed_.Point(messages_.request());
    set_response(messages_.response());
  }
  // gRPC is done with the call: the connection has taken the answer, as far as the client's window
  // allows, or is gone.
  void Release() override {
    task_.reset();
    Clear();
    free_.Give(std::unique_ptr<CallRpc>(this));
  }

  FreeList<CallRpc>& free_;
  MessagePair<v1::CallRequest, v1::CallResponse> messages_;
  Parsed<v1::CallRequest> parsed_{messages_.request()};
  std::optional<Task> task_;
};

class CallService::Allocator final
    : public grpc::MessageAllocator<Parsed<v1::CallRequest>, v1::CallResponse> {
 public:
  grpc::MessageHolder<Parsed<v1::CallRequest>, v1::CallResponse>* AllocateMessages() override {
    std::unique_ptr<CallRpc> rpc = free_.Take();
    if (rpc == nullptr) rpc = std::make_unique<CallRpc>(free_);
    return rpc.release()->holder();  // Back with Release().
  }

 private:
  FreeList<CallRpc> free_{kKeptRpcs};
};

CallService::CallService(const CallParts& parts, size_t session_window)
    : parts_(parts), allocator_(std::make_unique<Allocator>()) {
  Admission& admission = parts_.admission;
  const auto& call = MethodOf<v1::CallRequest>("Call");
  MarkMethodCallback(call.index(), UnaryHandlerOf<CallRpc>(
                                       admission, call, std::bind_front(&CallService::StartCall, this),
                                       allocator_.get()));
  const auto& post_return = MethodOf<v1::PostReturnRequest>("PostReturn");
  MarkMethodCallback(post_return.index(),
                     UnaryHandler<v1::PostReturnRequest, v1::PostReturnResponse>(
                         admission, post_return, std::bind_front(&CallService::StartPostReturn, this)));
  const auto& session = MethodOf<v1::SessionRequest>("Session");
  MarkMethodCallback(session.index(),
                     BidiHandler<v1::SessionRequest, v1::SessionResponse>(
                         admission, session, [this, session_window](const Request& request) {
                           return sessions_.Start(parts_, session_window, request);
                         }));
}

CallService::~CallService() = default;

void CallService::StartCall(CallRpc& rpc) { rpc.Start(parts_); }

void CallService::StartPostReturn(UnaryRpc<v1::PostReturnRequest, v1::PostReturnResponse>& rpc) {
  auto* task = new PostReturnTask(parts_, rpc);
  task->StartPostReturn(rpc.message(), rpc.message_bytes());
}

}  // namespace davit::server
