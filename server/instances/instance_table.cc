#include "server/instances/instance_table.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/log/check.h"
#include "server/rpc/errors.h"

namespace davit::server {

// -- Claim --

void InstanceTable::Claim::Publish(InstancePtr record) {
  Shard& shard = table_->ShardOf(name_);
  absl::MutexLock lock(shard.mutex);
  shard.records[name_] = std::move(record);
  table_ = nullptr;  // From now on Remove frees the name.
}

void InstanceTable::Claim::Release() {
  if (table_ != nullptr) std::exchange(table_, nullptr)->Release(name_);
}

// -- InstanceTable --

const InstanceTable::Shard& InstanceTable::ShardOf(std::string_view name) const {
  return shards_[absl::HashOf(name) % kShards];
}

InstancePtr InstanceTable::Find(const Tenant& tenant, std::string_view name) const {
  return tenant.Owns(name) ? FindNamed(name) : nullptr;
}

InstancePtr InstanceTable::FindNamed(std::string_view name) const {
  const Shard& shard = ShardOf(name);
  absl::ReaderMutexLock lock(shard.mutex);
  const auto found = shard.records.find(name);
  return found == shard.records.end() ? nullptr : found->second;
}

absl::StatusOr<InstanceTable::Claim> InstanceTable::Reserve(const Tenant& tenant,
                                                            std::string_view name) {
  DCHECK(tenant.Owns(name)) << name;
  absl::MutexLock lock(names_mutex_);
  if (names_.emplace(name).second) return Claim(this, name);
  return ResourceError(Reason::kInstanceExists, "instance", name, "exists already");
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

std::vector<InstancePtr> InstanceTable::List(const Tenant& tenant, std::string_view after,
                                             size_t count) const {
  std::vector<InstancePtr> listed;
  absl::ReaderMutexLock lock(names_mutex_);
  auto name = names_.upper_bound(std::max<std::string_view>(after, tenant.prefix()));
  for (; name != names_.end() && tenant.Owns(*name) && listed.size() < count; ++name) {
    if (InstancePtr record = FindNamed(*name)) listed.push_back(std::move(record));
  }
  return listed;
}

}  // namespace davit::server
