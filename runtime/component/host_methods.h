#ifndef DAVIT_RUNTIME_COMPONENT_HOST_METHODS_H_
#define DAVIT_RUNTIME_COMPONENT_HOST_METHODS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/component/host_reply.h"
#include "runtime/component/linker.h"
#include "runtime/handles/handle_table.h"

namespace davit::component {

// Defines an interface by the methods of a class of which every instance has an object, somewhere
// in its HostState. What bindings made from WIT consist of:
//
//   HostMethods<Host> methods(linker, "wasi:io/poll@0.2.12", host);
//   methods.Resource<Pollable, &Host::DropPollable>("pollable");
//   methods.Func<&Host::PollableReady>("[method]pollable.ready");
//   return methods.status();
//
// A method has the parameters of the function, as of OverValues, and returns absl::StatusOr of its
// result, or absl::Status where there is none. One that may answer later has a Reply as last
// parameter, and returns nothing.
template <typename Host>
class HostMethods {
 public:
  using HostOf = Host& (*)(HostState & state);

  // `host` finds the object for a call; `linker` and the interface's name must outlive this.
  HostMethods(Linker& linker, std::string_view interface, HostOf host)
      : linker_(linker), interface_(interface), host_(host) {}

  template <typename T, absl::Status (Host::*kDrop)(handles::Rep)>
  void Resource(std::string_view name) {
    const auto drop = [host = host_](HostState& state, uint32_t rep) {
      return (host(state).*kDrop)(handles::Rep(rep));
    };
    status_.Update(linker_.DefineResource<T>(interface_, name, drop));
  }

  template <auto kMethod>
  void Func(std::string_view name) {
    status_.Update(linker_.DefineFunc(interface_, name, Of<kMethod>::Make(kMethod, host_)));
  }

  // Of the first definition that failed.
  const absl::Status& status() const { return status_; }

 private:
  template <typename Method>
  struct OfType;
  template <auto kMethod>
  using Of = OfType<decltype(kMethod)>;

  Linker& linker_;
  const std::string_view interface_;
  const HostOf host_;
  absl::Status status_;
};

template <typename Host>
template <typename R, typename... Args>
struct HostMethods<Host>::OfType<absl::StatusOr<R> (Host::*)(Args...)> {
  static HostFunction Make(absl::StatusOr<R> (Host::*method)(Args...), HostOf host) {
    return OverValues<R(Args...)>([method, host](HostState& state, Args... args) {
      return (host(state).*method)(std::move(args)...);
    });
  }
};

template <typename Host>
template <typename... Args>
struct HostMethods<Host>::OfType<absl::Status (Host::*)(Args...)> {
  static HostFunction Make(absl::Status (Host::*method)(Args...), HostOf host) {
    return OverValues<void(Args...)>([method, host](HostState& state, Args... args) {
      return (host(state).*method)(std::move(args)...);
    });
  }
};

namespace internal {
template <typename Last>
struct ResultOfReply;
template <typename R>
struct ResultOfReply<Reply<R>> {
  using Type = R;
};
}  // namespace internal

template <typename Host>
template <typename... Args>
struct HostMethods<Host>::OfType<void (Host::*)(Args...)> {
  static constexpr size_t kParams = sizeof...(Args) - 1;
  template <size_t kIndex>
  using Arg = std::tuple_element_t<kIndex, std::tuple<Args...>>;
  using R = internal::ResultOfReply<Arg<kParams>>::Type;

  static HostFunction Make(void (Host::*method)(Args...), HostOf host) {
    return [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
      return WaitingOverValues<R(Arg<kIndex>...)>(
          [method, host](HostState& state, Arg<kIndex>... args, Reply<R> reply) {
            (host(state).*method)(std::move(args)..., std::move(reply));
          });
    }(std::make_index_sequence<kParams>());
  }
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_HOST_METHODS_H_
