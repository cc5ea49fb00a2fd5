#include "server/logs/component_logs.h"

#include <utility>

namespace davit::server {

std::shared_ptr<Log> ComponentLogs::Of(const std::string& component) {
  std::shared_ptr<Log> oldest;  // Closed without the lock.
  std::shared_ptr<Log> log;
  {
    absl::MutexLock lock(mutex_);
    std::shared_ptr<Log>& known = logs_[component];
    if (known != nullptr) return known;
    log = known = std::make_shared<Log>(limits_);
    by_age_.push_back(component);
    if (by_age_.size() > kMostLogs) oldest = Take(std::string(by_age_.front()));
  }
  if (oldest != nullptr) oldest->Close();
  return log;
}

void ComponentLogs::Forget(const std::string& component) {
  std::shared_ptr<Log> log;
  {
    absl::MutexLock lock(mutex_);
    log = Take(component);
  }
  if (log != nullptr) log->Close();
}

std::shared_ptr<Log> ComponentLogs::Take(const std::string& component) {
  const auto found = logs_.find(component);
  if (found == logs_.end()) return nullptr;
  std::shared_ptr<Log> log = std::move(found->second);
  logs_.erase(found);
  std::erase(by_age_, component);
  return log;
}

}  // namespace davit::server
