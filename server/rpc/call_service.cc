#include "server/rpc/call_service.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "grpcpp/support/message_allocator.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/call_task.h"
#include "server/rpc/handlers.h"
#include "server/rpc/parsed.h"
#include "server/rpc/responder.h"
#include "server/rpc/run.h"

namespace davit::server {
namespace {

// How many RPCs of a kind are kept to be used again: more than a busy process has under way.
constexpr size_t kKeptRpcs = 256;

// How each is started.
void StartTask(const CallParts& parts, const Request& request,
               const Parsed<v1::CallRequest>& message, v1::CallResponse& response, CallTask& task) {
  StartCall(parts, request, *message, message.bytes(), response, task);
}
void StartTask(const CallParts& parts, const Request& request,
               const Parsed<v1::PostReturnRequest>& message, v1::PostReturnResponse&,
               CallTask& task) {
  StartPostReturn(parts, request, *message, message.bytes(), task);
}

}  // namespace

// One unary RPC that is a call: its messages, which small ones allocate nothing for, its task, and
// its answer. Used again for later ones.
template <typename M, typename R>
class CallRpc final : public Unary, private grpc::MessageHolder<Parsed<M>, R>, private Responder {
 public:
  using Message = M;
  using Response = R;
  using Holder = grpc::MessageHolder<Parsed<M>, R>;

  // Makes them, and keeps some to be used again. Must outlive the server.
  class Allocator final : public grpc::MessageAllocator<Parsed<M>, R> {
   public:
    explicit Allocator(Answers& answers) : answers_(answers) {}

    Holder* AllocateMessages() override {
      std::unique_ptr<CallRpc> rpc = free_.Take();
      if (rpc == nullptr) rpc.reset(new CallRpc(answers_, free_));
      return rpc.release();  // Back with Release().
    }

   private:
    Answers& answers_;
    FreeList<CallRpc> free_{kKeptRpcs};
  };
  // The one that a context of the handler belongs to.
  static CallRpc& Of(grpc::CallbackServerContext& context) {
    return static_cast<CallRpc&>(*context.GetRpcAllocatorState());
  }

  using Unary::request;
  void Start(const CallParts& parts) {
    task_.emplace(request(), static_cast<Responder&>(*this));
    StartTask(parts, request(), parsed_, *messages_.response(), *task_);
  }
  // Ends the RPC, which has not started, with an error.
  void Finish(const absl::Status& error) { End(error); }

 private:
  CallRpc(Answers& answers, FreeList<CallRpc>& free) : Responder(answers), free_(free) {
    Point();
    this->set_request(&parsed_);
  }

  bool Cancelled() const override { return request().IsCancelled(); }
  Answers::AccountPtr FindAccount() const override { return request().account(); }
  void DropArguments() override {
    messages_.DropRequest();
    Point();
  }
  uint64_t AnswerBytes() const override { return messages_.response_bytes(); }
  void Respond(const absl::Status& status, std::string_view instance) override {
    if (!status.ok()) Clear();  // The client may be long in reading it.
    End(status, instance);
  }

  void Point() {
    parsed_.Point(messages_.request());
    this->set_response(messages_.response());
  }
  void Clear() {
    messages_.Clear();
    Point();
  }
  // gRPC is done with the call: the connection has taken the answer, as far as the client's window
  // allows, or is gone.
  void Release() override {
    task_.reset();
    FreeRoom();
    Clear();
    free_.Give(std::unique_ptr<CallRpc>(this));
  }

  FreeList<CallRpc>& free_;
  MessagePair<M, R> messages_;
  Parsed<M> parsed_{messages_.request()};
  std::optional<CallTask> task_;
};

struct CallService::Allocators {
  explicit Allocators(Answers& answers) : calls(answers), post_returns(answers) {}

  CallRpc<v1::CallRequest, v1::CallResponse>::Allocator calls;
  CallRpc<v1::PostReturnRequest, v1::PostReturnResponse>::Allocator post_returns;
};

CallService::CallService(const CallParts& parts, size_t session_window)
    : parts_(parts), allocators_(std::make_unique<Allocators>(parts.admission.answers())) {
  Register("Call", allocators_->calls);
  Register("PostReturn", allocators_->post_returns);
  const auto& session = MethodOf<v1::SessionRequest>("Session");
  MarkMethodCallback(session.index(),
                     BidiHandler<v1::SessionRequest, v1::SessionResponse>(
                         parts_.admission, session, [this, session_window](const Request& request) {
                           return sessions_.Start(parts_, session_window, request);
                         }));
  const auto& run = MethodOf<v1::RunRequest>("Run");
  MarkMethodCallback(run.index(), BidiHandler<v1::RunRequest, v1::RunResponse>(
                                      parts_.admission, run, [this](const Request& request) {
                                        return StartRun(parts_, request, runs_);
                                      }));
}

template <typename M, typename R>
void CallService::Register(const char* name, grpc::MessageAllocator<Parsed<M>, R>& allocator) {
  const auto& method = MethodOf<M>(name);
  MarkMethodCallback(
      method.index(),
      UnaryHandlerOf<CallRpc<M, R>>(
          parts_.admission, method, [this](CallRpc<M, R>& rpc) { rpc.Start(parts_); }, &allocator));
}

CallService::~CallService() = default;

}  // namespace davit::server
