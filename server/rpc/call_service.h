#ifndef DAVIT_SERVER_RPC_CALL_SERVICE_H_
#define DAVIT_SERVER_RPC_CALL_SERVICE_H_

#include "davit/v1/call_service.grpc.pb.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/core.h"
#include "server/rpc/parsed.h"
#include "server/rpc/session.h"

namespace davit::server {

class UnaryCall;

// CallService of call_service.proto.
class CallService final : public v1::CallService::CallbackService {
 public:
  explicit CallService(const Core& core);
  ~CallService() override;

  // Ends the sessions when what they have under way is answered. Call once draining.
  void DrainSessions() { sessions_.Drain(); }
  bool HasSessions() { return !sessions_.IsEmpty(); }
  // As SessionSet has it.
  size_t session_requests() { return sessions_.requests_under_way(); }

 private:
  class Allocator;

  grpc::ServerUnaryReactor* StartCall(grpc::CallbackServerContext* context,
                                      const Parsed<v1::CallRequest>& request,
                                      v1::CallResponse* response);
  grpc::ServerUnaryReactor* StartPostReturn(grpc::CallbackServerContext* context,
                                            const Parsed<v1::PostReturnRequest>& request,
                                            v1::PostReturnResponse* response);

  const Core& core_;
  const std::unique_ptr<Allocator> allocator_;
  SessionSet sessions_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_CALL_SERVICE_H_
