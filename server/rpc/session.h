#ifndef DAVIT_SERVER_RPC_SESSION_H_
#define DAVIT_SERVER_RPC_SESSION_H_

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "davit/v1/call_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/parsed.h"
#include "server/rpc/request.h"

namespace davit::server {

struct CallParts;
class Session;

// The sessions that are open. Thread-safe.
class SessionSet {
 public:
  // The reactor of a new Session RPC, which owns itself. It has up to `window` requests under way.
  grpc::ServerBidiReactor<Parsed<v1::SessionRequest>, v1::SessionResponse>* Start(
      const CallParts& parts, size_t window, const Request& request);
  // Ends every session, also those that start later, with kServerDraining once what it has under
  // way is answered.
  void Drain();
  bool IsEmpty();
  // Requests that were read from all of them and whose answers are not written yet.
  size_t requests_under_way();

 private:
  friend class Session;
  void Remove(Session* session);

  absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<Session*> sessions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_SESSION_H_
