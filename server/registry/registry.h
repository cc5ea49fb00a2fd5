#ifndef DAVIT_SERVER_REGISTRY_REGISTRY_H_
#define DAVIT_SERVER_REGISTRY_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/registry/artifact.h"
#include "server/registry/blob_store.h"
#include "server/registry/storage.pb.h"
#include "server/rpc/naming.h"
#include "server/tenants/tenant.h"

namespace davit::server {

// One revision of a component. Immutable.
struct Revision {
  std::string component;  // tenants/{t}/components/{c}
  std::string name;       // that and /revisions/{digest}
  absl::Time create_time;
  std::shared_ptr<Artifact> artifact;
};
using RevisionPtr = std::shared_ptr<const Revision>;

struct RegistryOptions {
  std::string data_dir;
  uint32_t max_components = 1000;  // of one tenant
  uint32_t max_revisions_per_component = 100;
  uint64_t max_component_bytes = uint64_t{16} << 30;  // of all revisions of one tenant
};

// All components of all tenants, in memory and in data_dir: `blobs/{digest}` holds the binaries,
// `components/{tenant}/{component}` a ComponentRecord each. Every change is on disk when it
// returns. Thread-safe.
class Registry {
 public:
  // Reads what data_dir holds. A binary or record that is missing or corrupt is logged and left
  // out; an unreadable directory is an error.
  static absl::StatusOr<std::unique_ptr<Registry>> Open(const RegistryOptions& options,
                                                        Compiler compiler, Background background);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Adds `binary`, of which `compiled` was made, as the newest revision of the component. The same
  // bytes again give the revision that is there; where another tenant has them, what is compiled
  // already is shared instead. kQuotaExceeded when the tenant has too many.
  absl::StatusOr<RevisionPtr> Add(const Tenant& tenant, std::string_view component,
                                  std::string_view digest, std::string_view binary,
                                  ComponentPtr compiled);
  // The revision that `name` means. kComponentNotFound, also for whatever is not `tenant`'s.
  absl::StatusOr<RevisionPtr> Find(const Tenant& tenant, const ComponentName& name) const;
  // All revisions, newest first; empty when the tenant has no such component.
  std::vector<RevisionPtr> Revisions(const Tenant& tenant, std::string_view component) const;
  // The newest revisions of up to `count` components of `tenant`, by name, after the one called
  // `after`.
  std::vector<RevisionPtr> List(const Tenant& tenant, std::string_view after, size_t count) const;
  // Forgets a component, or one revision of it (the last one: the component). kComponentNotFound,
  // also for whatever is not `tenant`'s.
  absl::Status Delete(const Tenant& tenant, const ComponentName& name);

  // What the binary of `digest` is compiled to; null when `tenant` has no revision of it, whatever
  // others have, or it is not compiled yet.
  ComponentPtr Compiled(const Tenant& tenant, std::string_view digest) const;
  // Drops what binaries are compiled to where nothing uses it, half of it at a time, used least
  // recently first, until `enough`, which is asked after each half. It is compiled again at the
  // next use.
  void DropUnused(const std::function<bool()>& enough);
  absl::StatusOr<File> OpenBinary(const Revision& revision) const {
    return blobs_.OpenBlob(revision.artifact->digest());
  }

 private:
  using Key = std::pair<std::string, std::string>;  // tenant, component
  using Components = std::map<Key, std::vector<RevisionPtr>>;

  Registry(const RegistryOptions& options, BlobStore blobs, Compiler compiler,
           Background background);

  // What the records name, readable or not.
  struct Inventory {
    std::set<std::string> digests;
    bool is_complete = true;  // every record could be read
  };

  absl::Status Load();
  void LoadTenant(const std::string& tenant, Inventory& inventory);
  void LoadComponent(const std::string& tenant, const std::string& component, Inventory& inventory);
  RevisionPtr LoadRevision(const Key& key, const ComponentRecord::Revision& stored);
  absl::Status RemoveOrphans(const Inventory& inventory);

  std::string RecordPath(const Key& key) const;
  absl::Status SaveRecord(const Key& key, const std::vector<RevisionPtr>& revisions) const;
  // The artifact of `digest`, made where it is missing.
  std::shared_ptr<Artifact> ArtifactOf(std::string_view digest, uint64_t size_bytes,
                                       ComponentPtr compiled);
  std::vector<RevisionPtr> RevisionsOf(const Key& key) const;
  absl::Status CheckQuota(const Key& key, size_t revisions, uint64_t bytes) const;
  void RemoveBlobIfUnused(std::string digest);
  // Used least recently first.
  std::vector<std::shared_ptr<Artifact>> CompiledArtifacts();

  const RegistryOptions options_;
  const Compiler compiler_;
  const Background background_;
  BlobStore blobs_;
  // Held while something is added or deleted, also on disk; taken before mutex_.
  absl::Mutex change_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable absl::Mutex mutex_;
  Components components_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::weak_ptr<Artifact>> artifacts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_REGISTRY_REGISTRY_H_
