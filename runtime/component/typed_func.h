#ifndef DAVIT_RUNTIME_COMPONENT_TYPED_FUNC_H_
#define DAVIT_RUNTIME_COMPONENT_TYPED_FUNC_H_

#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/status_macros.h"
#include "runtime/canon/native.h"
#include "runtime/component/func.h"

namespace davit::component {

// An exported function whose WIT type was found to be Signature's, called without Vals:
//
//   DAVIT_ASSIGN_OR_RETURN(auto func, instance.GetFunc("ns:pkg/iface#repeat"));
//   DAVIT_ASSIGN_OR_RETURN(auto repeat, Typed<std::string(std::string_view, uint32_t)>(func));
//   absl::StatusOr<std::string> text = repeat.Call(lock, deadline, "ho", 3);
//
// canon/native.h says which C++ type stands for which WIT type. Lifetime and thread rule of Func.
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
    std::optional<Result> result;
    absl::Status status = func_.CallWith(
        lock, deadline,
        [&](canon::StringEncoding encoding, canon::Reservation& areas) {
          return canon::ReserveNative(func_.plan(), encoding, areas, args...);
        },
        [&](canon::CallContext& context, std::span<canon::CoreSlot> slots) {
          return canon::LowerNative(func_.plan(), context, slots, args...);
        },
        [&](canon::CallContext& context, std::span<const canon::CoreSlot> slots) {
          result = canon::LiftNative<R>(func_.plan(), context, slots);
          if constexpr (std::is_void_v<R>) {
            return *result;
          } else {
            return result->status();
          }
        });
    if (!status.ok()) return status;
    return *std::move(result);
  }

 private:
  explicit TypedFunc(Func func) : func_(func) {}
  Func func_;
};

template <typename Signature>
absl::StatusOr<TypedFunc<Signature>> Typed(Func func) {
  return TypedFunc<Signature>::Create(func);
}

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_TYPED_FUNC_H_
