#include "server/rpc/admission.h"

#include <utility>

#include "absl/time/clock.h"
#include "server/rpc/deadlines.h"
#include "server/rpc/errors.h"

namespace davit::server {

Admission::Admission(const Config& config, const Tenant& tenant)
    : deadlines_(config.deadlines()),
      tenant_(tenant),
      answers_(config.scheduling().max_total_answer_bytes(),
               config.scheduling().max_connection_answer_bytes()),
      request_quota_(config.scheduling().max_total_request_bytes()) {}

Request Admission::Admit(const google::protobuf::MethodDescriptor& method,
                         grpc::CallbackServerContext& context) {
  return Request(method, tenant_, answers_, context,
                 BudgetEnd(deadlines_, absl::Now(), context.deadline()));
}

Request Admission::AdmitNext(const Request& stream) {
  Request next = stream;
  next.deadline_ = BudgetEnd(deadlines_, absl::Now(), stream.context_->deadline());
  return next;
}

absl::Status Admission::CheckOpen() const {
  return closed_.load(std::memory_order_relaxed) ? DrainingError() : absl::OkStatus();
}

absl::StatusOr<Quota::Share> Admission::TakeRequestShare(uint64_t bytes) {
  auto share = request_quota_.Take(bytes);
  if (share.has_value()) return *std::move(share);
  return QuotaError(Reason::kQueueFull, "max_total_request_bytes", request_quota_.limit(),
                    "the calls that wait or run are too large together");
}

}  // namespace davit::server
