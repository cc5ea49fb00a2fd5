#include "server/rpc/request.h"

#include "absl/log/log.h"
#include "server/rpc/errors.h"

namespace davit::server {

grpc::Status Request::End(const absl::Status& status, std::string_view instance) const {
  grpc::Status answer = ToGrpcStatus(status, instance);
  Note(answer.error_code(), answer.error_message());
  return answer;
}

google::rpc::Status Request::EndMessage(const absl::Status& error,
                                        std::string_view instance) const {
  google::rpc::Status answer = ToRpcStatus(error, instance);
  Note(answer.code(), answer.message());
  return answer;
}

// What went wrong stands in the log under the reference in the message; this is where.
void Request::Note(int code, std::string_view message) const {
  if (code != grpc::StatusCode::INTERNAL) [[likely]]
    return;
  LOG(ERROR) << method_->full_name() << " for tenant " << tenant_->id() << ": " << message;
}

}  // namespace davit::server
