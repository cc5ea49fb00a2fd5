#ifndef DAVIT_RUNTIME_COMPONENT_AWAITABLE_H_
#define DAVIT_RUNTIME_COMPONENT_AWAITABLE_H_

#include <coroutine>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/time/time.h"
#include "runtime/component/typed_func.h"
#include "runtime/engine/cell/cell.h"

namespace davit::component {

// A call for coroutines:
//
//   absl::StatusOr<uint32_t> sum = co_await Await(add, lock, deadline, 1u, 2u);
//
// The coroutine goes on when the call has ended: within Await's expression where the guest does not
// wait for its host, else within Instance::Drive, under the lock that this was given. It must not
// outlive the instance, nor be destroyed while the call waits.
template <typename Signature>
class CallAwaitable;

template <typename R, typename... Args>
class CallAwaitable<R(Args...)> {
 public:
  using Result = typename TypedFunc<R(Args...)>::Result;

  CallAwaitable(TypedFunc<R(Args...)> func, engine::CellLock& lock, absl::Time deadline,
                Args... args)
      : func_(std::move(func)), lock_(lock), deadline_(deadline), args_(std::move(args)...) {}

  bool await_ready() const { return false; }
  // Whether the coroutine is left: not where the call has ended already.
  bool await_suspend(std::coroutine_handle<> coroutine) {
    const auto done = [this, coroutine](Result result) {
      result_ = std::move(result);
      if (is_left_) coroutine.resume();
    };
    std::apply([&](auto&&... args) { func_.StartCall(lock_, deadline_, done, std::move(args)...); },
               std::move(args_));
    is_left_ = !result_.has_value();
    return is_left_;
  }
  Result await_resume() { return *std::move(result_); }

 private:
  TypedFunc<R(Args...)> func_;
  engine::CellLock& lock_;
  const absl::Time deadline_;
  std::tuple<Args...> args_;
  bool is_left_ = false;
  std::optional<Result> result_;
};

template <typename R, typename... Args>
CallAwaitable<R(Args...)> Await(TypedFunc<R(Args...)> func, engine::CellLock& lock,
                                absl::Time deadline, std::type_identity_t<Args>... args) {
  return {std::move(func), lock, deadline, std::move(args)...};
}

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_AWAITABLE_H_
