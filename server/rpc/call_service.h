#ifndef DAVIT_SERVER_RPC_CALL_SERVICE_H_
#define DAVIT_SERVER_RPC_CALL_SERVICE_H_

#include <cstddef>
#include <memory>

#include "davit/v1/call_service.grpc.pb.h"
#include "grpcpp/support/message_allocator.h"
#include "server/rpc/call_admission.h"
#include "server/rpc/parsed.h"
#include "server/rpc/session.h"
#include "server/rpc/stream_set.h"

namespace davit::server {

// CallService of call_service.proto.
class CallService final : public v1::CallService::CallbackService {
 public:
  // What `parts` refers to must outlive it. A Session has up to `session_window` requests under
  // way.
  CallService(const CallParts& parts, size_t session_window);
  ~CallService() override;

  // Ends the sessions when what they have under way is answered. Call once draining.
  void DrainSessions() {
    sessions_.Drain();
    runs_.Drain();
  }
  // Also commands that run, or whose output is not read yet.
  bool HasSessions() { return !sessions_.IsEmpty() || !runs_.IsEmpty(); }
  // As SessionSet has it.
  size_t session_requests() { return sessions_.requests_under_way(); }
  size_t runs() const { return runs_.size(); }

 private:
  struct Allocators;

  // Of a method that is a call.
  template <typename M, typename R>
  void Register(const char* name, grpc::MessageAllocator<Parsed<M>, R>& allocator);

  const CallParts parts_;
  const std::unique_ptr<Allocators> allocators_;
  SessionSet sessions_;
  StreamSet runs_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_CALL_SERVICE_H_
