#ifndef DAVIT_CLIENT_STATUS_H_
#define DAVIT_CLIENT_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

// What a failed RPC says, as absl::Status.
namespace davit::client {

// Code and message, with every detail of the server's google.rpc.Status as a payload under its type
// URL. A peer that sends no details, or garbage, loses only those.
absl::Status FromGrpc(const grpc::Status& status);
absl::Status FromRpc(const google::rpc::Status& status);

// Whether a guest has trapped: the status has a TrapInfo, and no deadline or client ended it.
bool HasTrapped(const absl::Status& status);

// For people: "NOT_FOUND: message", then a line for each detail that adds something: the arguments
// that do not fit, unsatisfied imports, the frames of a trap.
std::string Explain(const absl::Status& status);

}  // namespace davit::client

#endif  // DAVIT_CLIENT_STATUS_H_
