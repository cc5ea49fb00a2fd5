#ifndef DAVIT_SERVER_INSTANCES_INSTANCE_TABLE_H_
#define DAVIT_SERVER_INSTANCES_INSTANCE_TABLE_H_

#include <array>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace davit::server {

class InstanceRecord;
using InstancePtr = std::shared_ptr<InstanceRecord>;

// All instances by their resource name. Thread-safe; finding one takes one hash and a reader lock
// that is shared with a fraction of the others.
class InstanceTable {
 public:
  // Null when there is no such instance, or it is still being made.
  InstancePtr Find(std::string_view name) const;

  // Claims a name for an instance that is being made. kInstanceExists. Followed by Publish or
  // Release.
  absl::Status Reserve(std::string_view name);
  void Publish(std::string_view name, InstancePtr record);
  void Release(std::string_view name);

  // Takes this instance out; false when Find would not find it, but none or a later one.
  bool Remove(std::string_view name, const InstanceRecord* record);

  // Takes all of them out.
  std::vector<InstancePtr> RemoveAll();

  // Up to `count` instances whose names begin with `prefix`, in order, after the name `after`
  // (empty: from the first).
  std::vector<InstancePtr> List(std::string_view prefix, std::string_view after,
                                size_t count) const;

 private:
  struct alignas(64) Shard {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<std::string, InstancePtr> records ABSL_GUARDED_BY(mutex);
  };
  static constexpr size_t kShards = 16;

  const Shard& ShardOf(std::string_view name) const;
  Shard& ShardOf(std::string_view name) {
    return const_cast<Shard&>(static_cast<const InstanceTable*>(this)->ShardOf(name));
  }

  std::array<Shard, kShards> shards_;
  mutable absl::Mutex names_mutex_;  // taken before a shard's
  std::set<std::string, std::less<>> names_ ABSL_GUARDED_BY(names_mutex_);  // reserved ones too
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_INSTANCE_TABLE_H_
