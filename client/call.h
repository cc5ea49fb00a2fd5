#ifndef DAVIT_CLIENT_CALL_H_
#define DAVIT_CLIENT_CALL_H_

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "client/val.h"
#include "runtime/base/status_macros.h"

namespace davit::client {

namespace internal {

template <typename R>
absl::StatusOr<R> TakeResult(const v1::CallResponse& response) {
  if (response.results_size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("want one result, got ", response.results_size()));
  }
  return FromVal<R>(response.results(0));
}

template <typename R, typename... A>
auto Call(Client& client, v1::CallRequest request, std::string_view function, const A&... args) {
  using Answer = std::conditional_t<std::is_void_v<R>, absl::Status, absl::StatusOr<R>>;
  request.set_function(std::string(function));
  ((*request.add_args() = ToVal(args)), ...);
  absl::StatusOr<v1::CallResponse> response = client.Call(request);
  if constexpr (std::is_void_v<R>) {
    return Answer(response.status());
  } else {
    if (!response.ok()) return Answer(response.status());
    return TakeResult<R>(*response);
  }
}

}  // namespace internal

// Calls a function of an instance with C++ values, as client/val.h maps them:
//
//   absl::StatusOr<uint32_t> sum = Call<uint32_t>(client, "i1", "bench:calc/api#add", 3u, 4u);
//
// R may be void. Errors: those of Client::Call; INVALID_ARGUMENT when the result is no R.
template <typename R, typename... A>
auto Call(Client& client, std::string_view instance, std::string_view function, const A&... args) {
  v1::CallRequest request;
  request.set_instance(client.InstanceName(instance));
  return internal::Call<R>(client, std::move(request), function, args...);
}

// The same on a fresh instance of a component, which is dropped afterwards.
template <typename R, typename... A>
auto CallFresh(Client& client, std::string_view component, std::string_view function,
               const A&... args) {
  v1::CallRequest request;
  request.set_component(client.ComponentName(component));
  return internal::Call<R>(client, std::move(request), function, args...);
}

}  // namespace davit::client

#endif  // DAVIT_CLIENT_CALL_H_
