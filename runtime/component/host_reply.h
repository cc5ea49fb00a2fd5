#ifndef DAVIT_RUNTIME_COMPONENT_HOST_REPLY_H_
#define DAVIT_RUNTIME_COMPONENT_HOST_REPLY_H_

#include <memory>
#include <span>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/native/native.h"
#include "runtime/canon/vals/vals.h"

namespace davit::component {

class ReplyState;

// The answer to one call of a host function that may come later, from any thread: what holds it
// need hold nothing of the guest, which waits without a thread. Movable. The first answer counts;
// one that is destroyed without has failed with INTERNAL. After the call has ended for another
// reason (its deadline, its client, its instance) answers go nowhere.
class HostReply {
 public:
  // Lowers the result, when the guest goes on. Errors: as of HostFunction::call.
  using Lower = absl::AnyInvocable<absl::Status(
      const canon::FuncPlan& plan, canon::CallContext& context, std::span<canon::CoreSlot> slots)>;

  explicit HostReply(std::shared_ptr<ReplyState> state) : state_(std::move(state)) {}
  ~HostReply();
  HostReply(HostReply&&) = default;
  HostReply& operator=(HostReply&& other) noexcept;

  // The results: none or one, as the function's type says.
  void Return(canon::ValArgs results);
  void ReturnLowered(Lower lower);
  // Ends the guest with this status.
  void Fail(absl::Status status);

  // `cancel` is called when the call ends while it waits, from the thread that ends it, which it
  // must not hold up; at once when that has happened. Afterwards nothing is answered. It is dropped
  // with the answer. Once at most.
  void OnCancel(absl::AnyInvocable<void()> cancel);

  // When the call will be ended for its lateness.
  absl::Time deadline() const;

 private:
  std::shared_ptr<ReplyState> state_;
};

// The same for a result of a C++ type; void for none.
template <typename R>
class Reply {
 public:
  explicit Reply(HostReply reply) : reply_(std::move(reply)) {}

  void Return(R result) {
    reply_.ReturnLowered([result = std::move(result)](const canon::FuncPlan& plan,
                                                      canon::CallContext& context,
                                                      std::span<canon::CoreSlot> slots) {
      return canon::LowerNativeResult(plan, context, slots, result);
    });
  }
  void Fail(absl::Status status) { reply_.Fail(std::move(status)); }
  void OnCancel(absl::AnyInvocable<void()> cancel) { reply_.OnCancel(std::move(cancel)); }
  absl::Time deadline() const { return reply_.deadline(); }

 private:
  HostReply reply_;
};

template <>
class Reply<void> {
 public:
  explicit Reply(HostReply reply) : reply_(std::move(reply)) {}

  void Return() {
    reply_.ReturnLowered([](const canon::FuncPlan&, canon::CallContext&,
                            std::span<canon::CoreSlot>) { return absl::OkStatus(); });
  }
  void Fail(absl::Status status) { reply_.Fail(std::move(status)); }
  void OnCancel(absl::AnyInvocable<void()> cancel) { reply_.OnCancel(std::move(cancel)); }
  absl::Time deadline() const { return reply_.deadline(); }

 private:
  HostReply reply_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_HOST_REPLY_H_
