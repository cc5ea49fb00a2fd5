#ifndef DAVIT_SERVER_CALL_SERVICE_H_
#define DAVIT_SERVER_CALL_SERVICE_H_

#include "davit/v1/call_service.grpc.pb.h"
#include "server/call_messages.h"
#include "server/core.h"
#include "server/session.h"

namespace davit::server {

class UnaryCall;

// CallService of call_service.proto.
class CallService final : public v1::CallService::CallbackService {
 public:
  explicit CallService(const Core& core);
  ~CallService() override;

  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const v1::CallRequest* request,
                                 v1::CallResponse* response) override;
  grpc::ServerUnaryReactor* PostReturn(grpc::CallbackServerContext* context,
                                       const v1::PostReturnRequest* request,
                                       v1::PostReturnResponse* response) override;
  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(
      grpc::CallbackServerContext* context) override;

  // Ends the sessions when what they have under way is answered. Call once draining.
  void DrainSessions() { sessions_.Drain(); }
  bool HasSessions() { return !sessions_.IsEmpty(); }

 private:
  class Allocator;

  const Core& core_;
  const std::unique_ptr<Allocator> allocator_;
  SessionSet sessions_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_CALL_SERVICE_H_
