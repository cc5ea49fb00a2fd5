#ifndef DAVIT_SERVER_RPC_STREAM_H_
#define DAVIT_SERVER_RPC_STREAM_H_

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/request.h"

namespace davit::server {

// An RPC with a stream on either side or both: a Reactor of gRPC's that knows who asks. Made with
// new; it deletes itself once gRPC is done with it, on a thread of gRPC's.
template <typename Reactor>
class StreamRpc : public Reactor {
 public:
  StreamRpc(const StreamRpc&) = delete;
  StreamRpc& operator=(const StreamRpc&) = delete;

  void OnDone() final { delete this; }

 protected:
  explicit StreamRpc(const Request& request) : request_(request) {}
  ~StreamRpc() override = default;

  const Request& request() const { return request_; }
  // Ends the RPC, once, as soon as what is being written is written.
  void Finish(const absl::Status& status) { Reactor::Finish(request_.End(status)); }

 private:
  const Request request_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_STREAM_H_
