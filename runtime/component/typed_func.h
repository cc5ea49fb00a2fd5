#ifndef DAVIT_RUNTIME_COMPONENT_TYPED_FUNC_H_
#define DAVIT_RUNTIME_COMPONENT_TYPED_FUNC_H_

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

  explicit TypedFunc(Func func) : func_(func) {}
  Func func_;
};

template <typename Signature>
absl::StatusOr<TypedFunc<Signature>> Typed(Func func) {
  return TypedFunc<Signature>::Create(func);
}

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_TYPED_FUNC_H_
