#ifndef DAVIT_SERVER_RPC_REFLECTION_H_
#define DAVIT_SERVER_RPC_REFLECTION_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/schema_index.h"
#include "server/sched/timer.h"

namespace davit::server {

struct ReflectionLimits {
  // Streams at once; a further one is refused with RESOURCE_EXHAUSTED.
  size_t max_streams = 1000;
  size_t max_streams_per_connection = 100;
  // A stream without a request for so long, or with an answer that is not read, is ended; and any
  // one at last.
  absl::Duration idle = absl::Seconds(60);
  absl::Duration life = absl::Minutes(10);
  // Of one request: what is longer names nothing that there is.
  size_t max_request_bytes = 4096;
};

class Admission;
class ReflectionStream;

// grpc.reflection.v1 and v1alpha for the schemas of an index. A stream takes no thread.
// Thread-safe.
class Reflection {
 public:
  // `index`, `timer` and `admission` must outlive it; `timer` must have stopped, and all streams
  // must have ended, when it is destroyed.
  Reflection(const SchemaIndex& index, Timer& timer, Admission& admission,
             const ReflectionLimits& limits = {});
  ~Reflection();
  Reflection(const Reflection&) = delete;
  Reflection& operator=(const Reflection&) = delete;

  // To be registered with a server.
  grpc::Service& v1() { return *v1_; }
  grpc::Service& v1alpha() { return *v1alpha_; }

  size_t stream_count() const;

 private:
  template <typename Api>
  class ServiceOf;
  template <typename Api>
  friend class ReflectionStreamOf;

  // Whether one more stream of this peer may begin; it is counted then, until Remove.
  bool Add(ReflectionStream* stream);
  void Remove(ReflectionStream* stream);
  void Sweep();

  const SchemaIndex& index_;
  Timer& timer_;
  const ReflectionLimits limits_;
  mutable absl::Mutex mutex_;
  bool sweeping_ ABSL_GUARDED_BY(mutex_) = false;  // a sweep is scheduled
  absl::flat_hash_set<ReflectionStream*> streams_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, size_t> peers_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Service> v1_;
  std::unique_ptr<grpc::Service> v1alpha_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_REFLECTION_H_
