#ifndef DAVIT_CLIENT_CLI_CALL_TEXT_H_
#define DAVIT_CLIENT_CLI_CALL_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/client.h"
#include "davit/v1/call_service.pb.h"
#include "runtime/types/world.h"

// Calls written in WAVE, checked against the types of the component before they are sent.
namespace davit::client::cli {

// What a call is made on, with the types of its exports.
struct Callee {
  v1::CallRequest target;  // its target only
  types::World world;
};

// `name` as an instance or, when there is none, as a component.
absl::StatusOr<Callee> FindCallee(Client& client, std::string_view name);

struct TypedRequest {
  v1::CallRequest request;
  types::FuncType type;
};

// "interface#func(args)" as a request. INVALID_ARGUMENT says where the text does not fit.
absl::StatusOr<TypedRequest> ParseCall(const Callee& callee, std::string_view text);

// The result in WAVE; empty when the function has none.
absl::StatusOr<std::string> ResultText(const TypedRequest& typed, const v1::CallResponse& response);

}  // namespace davit::client::cli

#endif  // DAVIT_CLIENT_CLI_CALL_TEXT_H_
