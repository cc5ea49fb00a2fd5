#ifndef DAVIT_SERVER_RPC_REQUEST_H_
#define DAVIT_SERVER_RPC_REQUEST_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/answers.h"
#include "server/tenants/tenant.h"

namespace davit::server {

// Who asks for what, until when, and whether still: an RPC, or one message of a stream, as those
// who serve it may know it. Only Admission makes one, and every look-up of what a tenant has
// demands the tenant of one. A value, good until gRPC is done with the RPC. Thread-safe.
class Request {
 public:
  const Tenant& tenant() const { return *tenant_; }
  // When the guest's budget ends: a time that stays, whoever waits for how long.
  absl::Time deadline() const { return deadline_; }

  // Whether the client has given up, or is gone.
  bool IsCancelled() const { return context_->IsCancelled(); }
  // Ends the RPC as if the client had given up.
  void Cancel() const { context_->TryCancel(); }
  // The client's connection, as gRPC calls it.
  std::string peer() const { return context_->peer(); }
  // What that connection has taken for answers.
  Answers::AccountPtr account() const { return answers_->AccountOf(peer()); }
  Answers& answers() const { return *answers_; }

  // -- How it ends: whatever counts or records outcomes does so in these two. --

  // Of the RPC, with `status`, once: what to tell gRPC. `instance` is the name of the instance that
  // was called, if any.
  grpc::Status End(const absl::Status& status, std::string_view instance = {}) const;
  // Of a message of a stream that goes on, with an error: what to answer.
  google::rpc::Status EndMessage(const absl::Status& error, std::string_view instance) const;

 private:
  friend class Admission;
  Request(const google::protobuf::MethodDescriptor& method, const Tenant& tenant, Answers& answers,
          grpc::CallbackServerContext& context, absl::Time deadline)
      : method_(&method),
        tenant_(&tenant),
        answers_(&answers),
        context_(&context),
        deadline_(deadline) {}

  void Note(int code, std::string_view message) const;

  const google::protobuf::MethodDescriptor* method_;
  const Tenant* tenant_;
  Answers* answers_;
  grpc::CallbackServerContext* context_;
  absl::Time deadline_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_REQUEST_H_
