#ifndef DAVIT_SERVER_SCHED_END_ON_WORKER_H_
#define DAVIT_SERVER_SCHED_END_ON_WORKER_H_

#include <memory>
#include <utility>

#include "server/sched/worker_pool.h"

// To end an instance is to give back up to gigabytes of memory, to end a component is to end as
// many as millions of objects: nothing for the thread of gRPC or of the timer that happens to drop
// the last reference.
namespace davit::server {

// Another reference to what `object` points to, whose last copy ends on a worker thread. `workers`
// must outlive all of them.
template <typename T>
std::shared_ptr<T> EndOnWorker(std::shared_ptr<T> object, WorkerPool& workers) {
  T* const pointer = object.get();
  return std::shared_ptr<T>(pointer, [&workers, object = std::move(object)](T*) mutable {
    workers.RunOnWorker([object = std::move(object)]() mutable { object = nullptr; });
  });
}

}  // namespace davit::server

#endif  // DAVIT_SERVER_SCHED_END_ON_WORKER_H_
