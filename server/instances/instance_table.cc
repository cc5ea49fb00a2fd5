#include "server/instances/instance_table.h"

#include <functional>
#include <string>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "server/rpc/errors.h"

namespace davit::server {

const InstanceTable::Shard& InstanceTable::ShardOf(std::string_view name) const {
  return shards_[absl::HashOf(name) % kShards];
}

InstancePtr InstanceTable::Find(std::string_view name) const {
  const Shard& shard = ShardOf(name);
  absl::ReaderMutexLock lock(shard.mutex);
  const auto found = shard.records.find(name);
  return found == shard.records.end() ? nullptr : found->second;
}

absl::Status InstanceTable::Reserve(std::string_view name) {
  absl::MutexLock lock(names_mutex_);
  if (names_.emplace(name).second) return absl::OkStatus();
  return ResourceError(Reason::kInstanceExists, "instance", name, "exists already");
}

void InstanceTable::Publish(std::string_view name, InstancePtr record) {
  Shard& shard = ShardOf(name);
  absl::MutexLock lock(shard.mutex);
  shard.records[std::string(name)] = std::move(record);
}

void InstanceTable::Release(std::string_view name) {
  absl::MutexLock lock(names_mutex_);
  if (const auto found = names_.find(name); found != names_.end()) names_.erase(found);
}

bool InstanceTable::Remove(std::string_view name, const InstanceRecord* record) {
  InstancePtr removed;  // ends outside of the mutex
  {
    Shard& shard = ShardOf(name);
    absl::MutexLock lock(shard.mutex);
    const auto found = shard.records.find(name);
    if (found == shard.records.end() || found->second.get() != record) return false;
    removed = std::move(found->second);
    shard.records.erase(found);
  }
  Release(name);
  return true;
}

std::vector<InstancePtr> InstanceTable::RemoveAll() {
  std::vector<InstancePtr> removed;
  for (Shard& shard : shards_) {
    absl::MutexLock lock(shard.mutex);
    for (auto& [name, record] : shard.records) removed.push_back(std::move(record));
    shard.records.clear();
  }
  absl::MutexLock lock(names_mutex_);
  names_.clear();
  return removed;
}

std::vector<InstancePtr> InstanceTable::List(std::string_view prefix, std::string_view after,
                                             size_t count) const {
  std::vector<InstancePtr> listed;
  absl::ReaderMutexLock lock(names_mutex_);
  auto name = after.empty() ? names_.lower_bound(prefix) : names_.upper_bound(after);
  for (; name != names_.end() && absl::StartsWith(*name, prefix) && listed.size() < count; ++name) {
    if (InstancePtr record = Find(*name)) listed.push_back(std::move(record));
  }
  return listed;
}

}  // namespace davit::server
