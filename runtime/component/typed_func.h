#ifndef DAVIT_RUNTIME_COMPONENT_TYPED_FUNC_H_
#define DAVIT_RUNTIME_COMPONENT_TYPED_FUNC_H_

#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/status_macros.h"
#include "runtime/canon/call_values.h"
#include "runtime/canon/native/native.h"
#include "runtime/component/func.h"

namespace davit::component {

// An exported function whose WIT type was found to be Signature's, called without Vals:
//
//   DAVIT_ASSIGN_OR_RETURN(auto func, instance.GetFunc("ns:pkg/iface#repeat"));
//   DAVIT_ASSIGN_OR_RETURN(auto repeat, Typed<std::string(std::string_view, uint32_t)>(func));
//   absl::StatusOr<std::string> text = repeat.Call(lock, deadline, "ho", 3);
//
// canon/native/native.h says which C++ type stands for which WIT type. Lifetime and thread rule of
// Func.
template <typename Signature>
class TypedFunc;

template <typename R, typename... Args>
class TypedFunc<R(Args...)> {
 public:
  using Result = std::conditional_t<std::is_void_v<R>, absl::Status, absl::StatusOr<R>>;

  // INVALID_ARGUMENT when the types differ; checked once, here.
  static absl::StatusOr<TypedFunc> Create(Func func) {
    DAVIT_RETURN_IF_ERROR((canon::MatchesFunc<R, Args...>(func.type())));
    return TypedFunc(func);
  }

  // Errors as of Instance::Call; post-return has run when it returns.
  Result Call(engine::CellLock& lock, absl::Time deadline, const Args&... args) const {
    DAVIT_RETURN_IF_ERROR(canon::CheckNative(args...));
    Values values(func_.plan(), args...);
    DAVIT_RETURN_IF_ERROR(func_.CallWith(lock, deadline, values));
    return *std::move(values).result();
  }

  // The same, but returns where the guest waits for its host (Instance::StartCall): `done(Result)`
  // is called with what Call() would have returned, once, under the cell's lock: before this
  // returns or in Instance::Drive; not at all if the instance ends before. The arguments are
  // copied.
  template <typename Done>
  void StartCall(engine::CellLock& lock, absl::Time deadline, Done done, Args... args) const {
    if (absl::Status status = canon::CheckNative(args...); !status.ok()) {
      return done(Result(std::move(status)));
    }
    func_.StartWith(
        lock, deadline,
        std::make_unique<Started<Done>>(func_.plan(), std::move(done), std::move(args)...));
  }

 private:
  // The values of one call.
  class Values final : public canon::CallValues {
   public:
    explicit Values(const canon::FuncPlan& plan, const Args&... args)
        : plan_(plan), args_(args...) {}

    absl::Status Reserve(canon::StringEncoding encoding, canon::Reservation& areas) override {
      return std::apply(
          [&](const Args&... args) {
            return canon::ReserveNative(plan_, encoding, areas, args...);
          },
          args_);
    }
    absl::Status Lower(canon::CallContext& callee, std::span<canon::CoreSlot> slots) override {
      return std::apply(
          [&](const Args&... args) { return canon::LowerNative(plan_, callee, slots, args...); },
          args_);
    }
    absl::Status Lift(canon::CallContext& callee, std::span<const canon::CoreSlot> slots) override {
      result_ = canon::LiftNative<R>(plan_, callee, slots);
      if constexpr (std::is_void_v<R>) {
        return *result_;
      } else {
        return result_->status();
      }
    }
    // REQUIRES: lifted.
    std::optional<Result>&& result() && { return std::move(result_); }

   private:
    const canon::FuncPlan& plan_;
    const std::tuple<const Args&...> args_;
    std::optional<Result> result_;
  };

  template <typename Done>
  class Started final : public AnyCall {
   public:
    Started(const canon::FuncPlan& plan, Done done, Args... args)
        : done_(std::move(done)),
          args_(std::move(args)...),
          values_(std::apply(
              [&plan](const Args&... args) { return std::make_unique<Values>(plan, args...); },
              args_)) {}
    canon::CallValues& values() override { return *values_; }
    void Ended(absl::Status status) override {
      if (status.ok()) return done_(*std::move(*values_).result());
      done_(Result(std::move(status)));
    }

   private:
    Done done_;
    const std::tuple<Args...> args_;
    const std::unique_ptr<Values> values_;
  };

  explicit TypedFunc(Func func) : func_(func) {}
  Func func_;
};

template <typename Signature>
absl::StatusOr<TypedFunc<Signature>> Typed(Func func) {
  return TypedFunc<Signature>::Create(func);
}

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_TYPED_FUNC_H_
