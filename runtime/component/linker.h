#ifndef DAVIT_RUNTIME_COMPONENT_LINKER_H_
#define DAVIT_RUNTIME_COMPONENT_LINKER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "runtime/base/status_macros.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/host_state.h"
#include "runtime/canon/native/native.h"
#include "runtime/canon/native/resource_tags.h"
#include "runtime/canon/vals/vals.h"
#include "runtime/component/component.h"
#include "runtime/component/host_reply.h"

namespace davit::component {

using canon::HostState;

// A host function, in the form that calls use. It runs on the thread that runs the store, and many
// stores may use it at once. An error ends the guest with that status; a trap status
// (base::TrapStatus) is reported as the guest's own trap.
struct HostFunction {
  // Whether it can be imported as a function of this type, where `tags` says which resources are
  // the host's; null means any type.
  std::function<absl::Status(const types::FuncType& type, const canon::ResourceTags* tags)> matches;
  // Lifts the arguments from `slots` and lowers the result into them.
  std::function<absl::Status(const canon::FuncPlan& plan, canon::CallContext& context,
                             std::span<canon::CoreSlot> slots)>
      call;
  // Instead of `call`, of one that may answer later: lifts the arguments and sees to the reply.
  std::function<absl::Status(const canon::FuncPlan& plan, canon::CallContext& context,
                             std::span<canon::CoreSlot> slots, HostReply reply)>
      start;

  bool waits() const { return start != nullptr; }
};

// All of the following may have a HostState& as first parameter: that of the calling instance.
// Where it has none (Instance::Prepare), such a call ends with INTERNAL.

// A host function over Vals: fills `results` with none or one, as its type says; anything else is
// an error of the host. The names of borrows among `args` are valid until it returns.
using ValFunction =
    std::function<absl::Status(const canon::ValArgs& args, canon::ValArgs& results)>;
HostFunction OverVals(ValFunction function);
using StatefulValFunction = std::function<absl::Status(HostState& state, const canon::ValArgs& args,
                                                       canon::ValArgs& results)>;
HostFunction OverVals(StatefulValFunction function);

// One that may answer later: what waits for it, waits without a thread. To answer before it returns
// costs the guest no wait. The names of borrows among `args` are valid until it has answered.
using WaitingValFunction = std::function<void(const canon::ValArgs& args, HostReply reply)>;
HostFunction WaitingOverVals(WaitingValFunction function);
using StatefulWaitingValFunction =
    std::function<void(HostState& state, const canon::ValArgs& args, HostReply reply)>;
HostFunction WaitingOverVals(StatefulWaitingValFunction function);

namespace internal {
template <typename Signature>
struct TypedHostFunction;
}  // namespace internal

// A host function over C++ values, for example OverValues<uint64_t(std::string)>(f) where f takes a
// std::string and answers absl::StatusOr<uint64_t>; absl::Status where the result is void. It can
// be imported with that WIT type only (canon/native/native.h says which C++ type stands for which).
// canon::Own<T> and canon::Borrow<T> stand for the resource type that was defined with T. OwnRep
// and BorrowRep stand for any: where a host defines several, a guest chooses which of them it
// gives, and the function must tell their reps apart.
template <typename Signature, typename F>
HostFunction OverValues(F function) {
  return internal::TypedHostFunction<Signature>::Make(std::move(function));
}

// One that may answer later, for example WaitingOverValues<uint64_t(std::string)>(f) where f takes
// a std::string and a Reply<uint64_t>, and returns nothing. Otherwise as OverValues.
template <typename Signature, typename F>
HostFunction WaitingOverValues(F function) {
  return internal::TypedHostFunction<Signature>::MakeWaiting(std::move(function));
}

// What a host does when a guest drops the last handle to one of its resources; `rep` is the host's
// own number for it. An error ends the guest as that of a HostFunction does.
using HostDestructor = std::function<absl::Status(uint32_t rep)>;
using StatefulHostDestructor = std::function<absl::Status(HostState& state, uint32_t rep)>;

// What components may import. Build it, then share it; definition is not thread-safe, use is.
class Linker {
 public:
  Linker();
  ~Linker();
  Linker(const Linker&) = delete;
  Linker& operator=(const Linker&) = delete;

  // Defines function `name` of interface `interface` ("wasi:random/random@0.2.3"), or of the world
  // itself when `interface` is empty. An import of a compatible version finds it (same major, or
  // same minor below 1.0, or same patch below 0.1). ALREADY_EXISTS when it is defined.
  absl::Status DefineFunc(std::string_view interface, std::string_view name, HostFunction function);

  // Defines a resource type of the host, found as DefineFunc's names are. In the Vals of host
  // functions an own or borrow of it is the rep in decimal: whoever returns an own gives it away
  // and learns of its end by `on_drop`, which may be null.
  absl::Status DefineResource(std::string_view interface, std::string_view name,
                              HostDestructor on_drop);
  absl::Status DefineResource(std::string_view interface, std::string_view name,
                              StatefulHostDestructor on_drop);

  // The same, and T is the C++ name of this resource type: functions over canon::Own<T> and
  // canon::Borrow<T> can be imported with it and with no other. INVALID_ARGUMENT when T is
  // another's name already.
  template <typename T, typename OnDrop>
  absl::Status DefineResource(std::string_view interface, std::string_view name, OnDrop on_drop) {
    return DefineTagged(interface, name, canon::ResourceTag::Of<T>(), std::move(on_drop));
  }

  // Gives the resource type `name` of `interface` a second name, for imports that want both to be
  // equal. NOT_FOUND when it is not defined, ALREADY_EXISTS when the second name is.
  absl::Status DefineResourceAlias(std::string_view interface, std::string_view name,
                                   std::string_view second_interface, std::string_view second_name);

  // FAILED_PRECONDITION (base::UnsatisfiedImportsError) that lists every import of `component` that
  // nothing here satisfies, with its type and, where the types differ, how.
  absl::Status CheckImports(const Component& component) const;

 private:
  friend class LinkedComponent;
  class Impl;
  absl::Status DefineTagged(std::string_view interface, std::string_view name,
                            canon::ResourceTag tag, HostDestructor on_drop);
  absl::Status DefineTagged(std::string_view interface, std::string_view name,
                            canon::ResourceTag tag, StatefulHostDestructor on_drop);
  std::unique_ptr<Impl> impl_;
};

namespace internal {

// Whether a function takes the state of its instance first.
template <typename F, typename... Args>
inline constexpr bool kIsStateful = std::is_invocable_v<const F&, HostState&, Args...>;

// INTERNAL where there is no state.
absl::Status CheckState(const canon::CallContext& context);

template <typename F, typename... Args>
auto CallWithState(const F& function, const canon::CallContext& context, Args&&... args) {
  if constexpr (kIsStateful<F, Args...>) {
    return function(*context.host_state, std::forward<Args>(args)...);
  } else {
    return function(std::forward<Args>(args)...);
  }
}

template <typename R, typename... Args>
struct TypedHostFunction<R(Args...)> {
  template <typename F>
  static HostFunction Make(F function) {
    return {
        .matches = canon::MatchesFunc<R, Args...>,
        .call = [function = std::move(function)](const canon::FuncPlan& plan,
                                                 canon::CallContext& context,
                                                 std::span<canon::CoreSlot> slots) -> absl::Status {
          DAVIT_ASSIGN_OR_RETURN(auto args, canon::LiftNativeParams<Args...>(plan, context, slots));
          const auto call = [&](auto&&... each) {
            return CallWithState(function, context, std::forward<decltype(each)>(each)...);
          };
          if constexpr (kIsStateful<F, Args...>) DAVIT_RETURN_IF_ERROR(CheckState(context));
          if constexpr (std::is_void_v<R>) {
            return std::apply(call, std::move(args));
          } else {
            DAVIT_ASSIGN_OR_RETURN(R result, std::apply(call, std::move(args)));
            return canon::LowerNativeResult(plan, context, slots, result);
          }
        }};
  }

  template <typename F>
  static HostFunction MakeWaiting(F function) {
    return {.matches = canon::MatchesFunc<R, Args...>,
            .start = [function = std::move(function)](
                         const canon::FuncPlan& plan, canon::CallContext& context,
                         std::span<canon::CoreSlot> slots, HostReply reply) -> absl::Status {
              DAVIT_ASSIGN_OR_RETURN(auto args,
                                     canon::LiftNativeParams<Args...>(plan, context, slots));
              if constexpr (kIsStateful<F, Args..., Reply<R>>) {
                DAVIT_RETURN_IF_ERROR(CheckState(context));
              }
              std::apply(
                  [&](auto&&... each) {
                    CallWithState(function, context, std::forward<decltype(each)>(each)...,
                                  Reply<R>(std::move(reply)));
                  },
                  std::move(args));
              return absl::OkStatus();
            }};
  }
};

}  // namespace internal

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LINKER_H_
