#ifndef DAVIT_SERVER_RPC_CALL_TASK_H_
#define DAVIT_SERVER_RPC_CALL_TASK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "davit/v1/call_service.pb.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "server/app/config.pb.h"
#include "server/instances/aim.h"
#include "server/instances/instance_host.h"
#include "server/instances/instance_record.h"
#include "server/instances/instance_table.h"
#include "server/registry/registry.h"
#include "server/rpc/admission.h"
#include "server/rpc/answers.h"
#include "server/rpc/request.h"
#include "server/sched/scheduler.h"
#include "server/tenants/quota.h"

namespace davit::server {

// What it takes to call something. All of it outlives every call, and is thread-safe.
struct CallParts {
  Admission& admission;
  const Config::Deadlines& deadlines;
  const Registry& registry;
  const InstanceTable& instances;
  InstanceHost& host;
};

// One Call or PostReturn on its way through admission, the queue of its cell and the guest,
// whatever RPC it came by. The request and the response outlive it. When it is over, Done() is
// called once, on whatever thread that is, possibly within Start. The room that its answer takes
// goes back when it is destroyed.
class CallTask : public CellTask, private component::ResultRoom {
 public:
  // `parts` must outlive it.
  CallTask(const CallParts& parts, const Request& request) : parts_(parts), request_(request) {}

  // Admits the call and queues it; the message takes `bytes`. `place` kWorker never runs the guest
  // before this returns.
  void StartCall(const v1::CallRequest& message, uint64_t bytes, v1::CallResponse& response,
                 Place place);
  void StartPostReturn(const v1::PostReturnRequest& message, uint64_t bytes);

  // What became of it; the resource name of the instance it was for, if any. From Done() on.
  const absl::Status& status() const { return status_; }
  std::string_view instance_name() const {
    return instance_ == nullptr ? std::string_view() : std::string_view(instance_->name());
  }
  // Bytes that the answer takes beside what every call has; 0 for small ones.
  uint64_t answer_bytes() const { return answer_.bytes(); }
  // The instance that the call is for, null for a fresh one or when there is none. After Start.
  const InstanceRecord* instance() const { return instance_.get(); }

  absl::Status Wanted(absl::Time now) const final;
  void Run(engine::CellLock* lock) final;
  void Drop(const absl::Status& why) final { status_ = why; }
  void Interrupt(const absl::Status& why) final;
  void Finish() final;

 protected:
  // Whether the client has gone. Thread-safe.
  virtual bool Cancelled() const = 0;
  // Of the client's connection.
  virtual Answers::AccountPtr FindAccount() = 0;
  // Forgets the request, which is large, and keeps the response. After Run.
  virtual void DropRequest() = 0;
  // Bytes that the response takes now, but for its strings.
  virtual uint64_t ResponseBytes() const = 0;
  // The end. May destroy this.
  virtual void Done() = 0;

  // Makes the answer count as what `response` takes now; false, and it does not, when there is no
  // room.
  bool CountAnswer(const google::protobuf::Message& response);

 private:
  enum class Kind : uint8_t { kCall, kPostReturn, kFreshCall };

  // Each leads to Done(), with the error or by way of the queue.
  void Fail(absl::Status status);
  void Submit(CellQueue& queue, Place place);

  absl::Status AdmitCall(const v1::CallRequest& message, uint64_t bytes);
  absl::Status AdmitPostReturn(const v1::PostReturnRequest& message, uint64_t bytes);
  absl::Status FindTarget(std::string_view instance, std::string_view function);
  void StartFresh();
  void SubmitFresh(absl::StatusOr<ComponentPtr> component);
  absl::Status RunFresh(engine::CellLock& lock);
  absl::Status RunKind(engine::CellLock& lock);

  // Refuses the call of a connection that has no room for any answer.
  absl::Status AdmitAnswer();
  Answers::Share& answer();
  bool Take(uint64_t bytes) override { return answer().Take(bytes); }
  // The call has run: its request goes, its answer takes what it takes.
  void Settle();

  const CallParts& parts_;
  const Request request_;
  Kind kind_ = Kind::kCall;
  InstanceCall call_;
  const v1::PostReturnRequest* post_return_ = nullptr;
  InstancePtr instance_;
  absl::Status status_;
  Quota::Share request_share_;  // until it is over
  Answers::Share answer_;       // empty for a small one
  // Of a fresh call.
  std::shared_ptr<Artifact> artifact_;
  ComponentPtr component_;
  FreshPool* fresh_pool_ = nullptr;
  Place fresh_place_ = Place::kWorker;
  Aim fresh_;  // what Interrupt aims at
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_CALL_TASK_H_
