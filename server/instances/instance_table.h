#ifndef DAVIT_SERVER_INSTANCES_INSTANCE_TABLE_H_
#define DAVIT_SERVER_INSTANCES_INSTANCE_TABLE_H_

#include <array>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/tenants/tenant.h"

namespace davit::server {

class InstanceRecord;
using InstancePtr = std::shared_ptr<InstanceRecord>;

// All instances by their resource name. Thread-safe; finding one takes one hash and a reader lock
// that is shared with a fraction of the others.
class InstanceTable {
 public:
  // A name that an instance is being made for: nobody else gets it meanwhile. Free again when the
  // claim ends without an instance. Must not outlive the table.
  class Claim {
   public:
    Claim() = default;
    ~Claim() { Release(); }
    Claim(Claim&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), name_(std::move(other.name_)) {}
    Claim& operator=(Claim&& other) noexcept {
      if (this != &other) {
        Release();
        table_ = std::exchange(other.table_, nullptr);
        name_ = std::move(other.name_);
      }
      return *this;
    }

    const std::string& name() const { return name_; }
    // The instance is there, and found by its name from now on. Once.
    void Publish(InstancePtr record);

   private:
    friend class InstanceTable;
    Claim(InstanceTable* table, std::string_view name) : table_(table), name_(name) {}
    void Release();

    InstanceTable* table_ = nullptr;
    std::string name_;
  };

  // Null when the tenant has no such instance, whatever others have, or it is still being made.
  InstancePtr Find(const Tenant& tenant, std::string_view name) const;

  // kInstanceExists. REQUIRES: `tenant` owns `name`.
  absl::StatusOr<Claim> Reserve(const Tenant& tenant, std::string_view name);

  // Takes this instance out; false when Find would not find it, but none or a later one.
  bool Remove(std::string_view name, const InstanceRecord* record);

  // Takes all of them out, of every tenant.
  std::vector<InstancePtr> RemoveAll();

  // Up to `count` instances of the tenant, in the order of their names, after the one called
  // `after` (empty: from the first).
  std::vector<InstancePtr> List(const Tenant& tenant, std::string_view after, size_t count) const;

 private:
  struct alignas(64) Shard {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<std::string, InstancePtr> records ABSL_GUARDED_BY(mutex);
  };
  static constexpr size_t kShards = 16;

  // Of any tenant: only for names that are known to be of the right one.
  InstancePtr FindNamed(std::string_view name) const;
  void Release(std::string_view name);
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
