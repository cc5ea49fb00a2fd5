#ifndef DAVIT_SERVER_LOGS_COMPONENT_LOGS_H_
#define DAVIT_SERVER_LOGS_COMPONENT_LOGS_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "server/logs/log.h"

namespace davit::server {

// The logs of components: of what calls on fresh instances write. Thread-safe.
class ComponentLogs {
 public:
  // Past so many the one goes that was made first: more than a tenant has components.
  static constexpr size_t kMostLogs = 4096;

  explicit ComponentLogs(const LogLimits& limits) : limits_(limits) {}
  ComponentLogs(const ComponentLogs&) = delete;
  ComponentLogs& operator=(const ComponentLogs&) = delete;

  // Of the component of that resource name. Made where there is none.
  std::shared_ptr<Log> Of(const std::string& component);
  // Closes and forgets it.
  void Forget(const std::string& component);

 private:
  std::shared_ptr<Log> Take(const std::string& component) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const LogLimits limits_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Log>> logs_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> by_age_ ABSL_GUARDED_BY(mutex_);  // oldest first
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_LOGS_COMPONENT_LOGS_H_
