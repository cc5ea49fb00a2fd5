#include "server/registry/registry.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/proto_time.h"

namespace davit::server {
namespace {

RevisionPtr MakeRevision(const std::string& tenant, const std::string& component,
                         absl::Time create_time, std::shared_ptr<Artifact> artifact) {
  return std::make_shared<const Revision>(
      Revision{.component = FormatComponentName(tenant, component),
               .name = FormatRevisionName(tenant, component, artifact->digest()),
               .create_time = create_time,
               .artifact = std::move(artifact)});
}

std::vector<RevisionPtr>::const_iterator FindDigest(const std::vector<RevisionPtr>& revisions,
                                                    std::string_view digest) {
  return std::ranges::find_if(
      revisions, [&](const RevisionPtr& r) { return r->artifact->digest() == digest; });
}

absl::Status NotFound(const ComponentName& name) {
  const bool is_revision = !name.digest.empty();
  return ResourceError(Reason::kComponentNotFound, is_revision ? "revision" : "component",
                       is_revision ? FormatRevisionName(name.tenant, name.component, name.digest)
                                   : FormatComponentName(name.tenant, name.component),
                       "not found");
}

}  // namespace

Registry::Registry(const RegistryOptions& options, BlobStore blobs, Compiler compiler,
                   Background background)
    : options_(options),
      compiler_(std::move(compiler)),
      background_(std::move(background)),
      blobs_(std::move(blobs)) {}

absl::StatusOr<std::unique_ptr<Registry>> Registry::Open(const RegistryOptions& options,
                                                         Compiler compiler, Background background) {
  DAVIT_ASSIGN_OR_RETURN(BlobStore blobs,
                         BlobStore::Open(absl::StrCat(options.data_dir, "/blobs")));
  std::unique_ptr<Registry> registry(
      new Registry(options, std::move(blobs), std::move(compiler), std::move(background)));
  DAVIT_RETURN_IF_ERROR(registry->Load());
  return registry;
}

// -- What is on disk --

std::string Registry::RecordPath(const Key& key) const {
  return absl::StrCat(options_.data_dir, "/components/", key.first, "/", key.second);
}

absl::Status Registry::Load() {
  const std::string directory = absl::StrCat(options_.data_dir, "/components");
  DAVIT_RETURN_IF_ERROR(MakeDirectory(directory));
  DAVIT_ASSIGN_OR_RETURN(const std::vector<std::string> tenants, ListDirectory(directory));
  Inventory inventory;
  for (const std::string& tenant : tenants) {
    if (IsValidId(tenant)) LoadTenant(tenant, inventory);
  }
  return RemoveOrphans(inventory);
}

void Registry::LoadTenant(const std::string& tenant, Inventory& inventory) {
  const std::string directory = absl::StrCat(options_.data_dir, "/components/", tenant);
  const auto names = ListDirectory(directory);
  if (!names.ok()) {
    LOG(ERROR) << "components of tenant " << tenant << " left out: " << names.status();
    inventory.is_complete = false;
    return;
  }
  for (const std::string& name : *names) {
    if (IsValidId(name)) {
      LoadComponent(tenant, name, inventory);
    } else if (absl::EndsWith(name, kTemporarySuffix)) {
      RemoveFile(absl::StrCat(directory, "/", name)).IgnoreError();
    }
  }
}

void Registry::LoadComponent(const std::string& tenant, const std::string& component,
                             Inventory& inventory) {
  const Key key(tenant, component);
  const auto bytes = ReadFile(RecordPath(key));
  ComponentRecord record;
  if (!bytes.ok() || !record.ParseFromString(*bytes) || record.tenant() != tenant ||
      record.component() != component) {
    LOG(ERROR) << "component " << FormatComponentName(tenant, component)
               << " left out: its record is corrupt";
    inventory.is_complete = false;
    return;
  }
  std::vector<RevisionPtr> revisions;
  for (const ComponentRecord::Revision& stored : record.revisions()) {
    inventory.digests.insert(stored.digest());
    if (RevisionPtr revision = LoadRevision(key, stored)) revisions.push_back(std::move(revision));
  }
  if (revisions.empty()) return;
  absl::MutexLock lock(mutex_);
  components_.emplace(key, std::move(revisions));
}

RevisionPtr Registry::LoadRevision(const Key& key, const ComponentRecord::Revision& stored) {
  const bool known = IsValidDigest(stored.digest()) && [&] {
    absl::MutexLock lock(mutex_);
    return artifacts_.contains(stored.digest());  // verified for another component
  }();
  if (!known) {
    const auto bytes = IsValidDigest(stored.digest())
                           ? blobs_.Read(stored.digest())
                           : absl::DataLossError("the digest in the record is none");
    if (!bytes.ok()) {
      LOG(ERROR) << "a revision of " << FormatComponentName(key.first, key.second)
                 << " left out: " << bytes.status();
      return nullptr;
    }
  }
  return MakeRevision(key.first, key.second, FromProto(stored.create_time()),
                      ArtifactOf(stored.digest(), stored.size_bytes(), nullptr));
}

// A crash between writing a binary and its record leaves a binary that nothing names. Corrupt ones
// that a record names stay, for whoever wants to look; with a record unreadable nobody can tell
// which binaries are without an owner.
absl::Status Registry::RemoveOrphans(const Inventory& inventory) {
  if (!inventory.is_complete) return absl::OkStatus();
  DAVIT_ASSIGN_OR_RETURN(const std::vector<std::string> digests, blobs_.List());
  for (const std::string& digest : digests) {
    if (!inventory.digests.contains(digest)) DAVIT_RETURN_IF_ERROR(blobs_.Remove(digest));
  }
  return absl::OkStatus();
}

absl::Status Registry::SaveRecord(const Key& key, const std::vector<RevisionPtr>& revisions) const {
  if (revisions.empty()) return RemoveFile(RecordPath(key));
  ComponentRecord record;
  record.set_tenant(key.first);
  record.set_component(key.second);
  for (const RevisionPtr& revision : revisions) {
    auto* stored = record.add_revisions();
    stored->set_digest(revision->artifact->digest());
    stored->set_size_bytes(revision->artifact->size_bytes());
    *stored->mutable_create_time() = ToProto(revision->create_time);
  }
  DAVIT_RETURN_IF_ERROR(MakeDirectory(absl::StrCat(options_.data_dir, "/components/", key.first)));
  return WriteFileAtomically(RecordPath(key), record.SerializeAsString());
}

// -- What is in memory --

std::shared_ptr<Artifact> Registry::ArtifactOf(std::string_view digest, uint64_t size_bytes,
                                               ComponentPtr compiled) {
  absl::MutexLock lock(mutex_);
  std::weak_ptr<Artifact>& known = artifacts_[digest];
  std::shared_ptr<Artifact> artifact = known.lock();
  if (artifact == nullptr) {
    artifact = std::make_shared<Artifact>(std::string(digest), size_bytes, blobs_, compiler_,
                                          background_, std::move(compiled));
    known = artifact;
  }
  return artifact;
}

std::vector<RevisionPtr> Registry::RevisionsOf(const Key& key) const {
  absl::ReaderMutexLock lock(mutex_);
  const auto found = components_.find(key);
  return found == components_.end() ? std::vector<RevisionPtr>() : found->second;
}

absl::Status Registry::CheckQuota(const Key& key, size_t revisions, uint64_t bytes) const {
  if (revisions >= options_.max_revisions_per_component) {
    return QuotaError(Reason::kQuotaExceeded, "revisions_per_component",
                      options_.max_revisions_per_component, "delete a revision first");
  }
  uint32_t components = revisions > 0 ? 0 : 1;
  absl::ReaderMutexLock lock(mutex_);
  for (const auto& [name, of_component] : components_) {
    if (name.first != key.first) continue;
    ++components;
    for (const RevisionPtr& revision : of_component) bytes += revision->artifact->size_bytes();
  }
  if (components > options_.max_components) {
    return QuotaError(Reason::kQuotaExceeded, "components", options_.max_components,
                      "the tenant has too many components");
  }
  if (bytes <= options_.max_component_bytes) return absl::OkStatus();
  return QuotaError(Reason::kQuotaExceeded, "component_bytes", options_.max_component_bytes,
                    "the tenant's components are too large together");
}

absl::StatusOr<RevisionPtr> Registry::Add(const Tenant& tenant, std::string_view component,
                                          std::string_view digest, std::string_view binary,
                                          ComponentPtr compiled) {
  const Key key(tenant.id(), component);
  absl::MutexLock change(change_mutex_);
  std::vector<RevisionPtr> revisions = RevisionsOf(key);
  if (const auto same = FindDigest(revisions, digest); same != revisions.end()) return *same;
  DAVIT_RETURN_IF_ERROR(CheckQuota(key, revisions.size(), binary.size()));
  DAVIT_RETURN_IF_ERROR(blobs_.Put(digest, binary));
  revisions.insert(revisions.begin(),
                   MakeRevision(key.first, key.second, absl::Now(),
                                ArtifactOf(digest, binary.size(), std::move(compiled))));
  RevisionPtr added = revisions.front();
  DAVIT_RETURN_IF_ERROR(SaveRecord(key, revisions));
  absl::MutexLock lock(mutex_);
  components_[key] = std::move(revisions);
  return added;
}

absl::StatusOr<RevisionPtr> Registry::Find(const Tenant& tenant, const ComponentName& name) const {
  if (name.tenant != tenant.id()) return NotFound(name);
  absl::ReaderMutexLock lock(mutex_);
  const auto found = components_.find(Key(tenant.id(), name.component));
  if (found == components_.end()) return NotFound(name);
  if (name.digest.empty()) return found->second.front();
  const auto revision = FindDigest(found->second, name.digest);
  if (revision == found->second.end()) return NotFound(name);
  return *revision;
}

std::vector<RevisionPtr> Registry::Revisions(const Tenant& tenant,
                                             std::string_view component) const {
  return RevisionsOf(Key(tenant.id(), component));
}

std::vector<RevisionPtr> Registry::List(const Tenant& tenant, std::string_view after,
                                        size_t count) const {
  std::vector<RevisionPtr> listed;
  absl::ReaderMutexLock lock(mutex_);
  auto entry = components_.upper_bound(Key(tenant.id(), after));
  for (; entry != components_.end() && entry->first.first == tenant.id() && listed.size() < count;
       ++entry) {
    listed.push_back(entry->second.front());
  }
  return listed;
}

absl::Status Registry::Delete(const Tenant& tenant, const ComponentName& name) {
  if (name.tenant != tenant.id()) return NotFound(name);
  const Key key(tenant.id(), name.component);
  absl::MutexLock change(change_mutex_);
  const std::vector<RevisionPtr> before = RevisionsOf(key);
  std::vector<RevisionPtr> kept;
  std::vector<RevisionPtr> removed;
  std::ranges::partition_copy(before, std::back_inserter(removed), std::back_inserter(kept),
                              [&](const RevisionPtr& r) {
                                return name.digest.empty() || r->artifact->digest() == name.digest;
                              });
  if (removed.empty()) return NotFound(name);
  DAVIT_RETURN_IF_ERROR(SaveRecord(key, kept));
  {
    absl::MutexLock lock(mutex_);
    if (kept.empty()) {
      components_.erase(key);
    } else {
      components_[key] = std::move(kept);
    }
  }
  for (const RevisionPtr& revision : removed) RemoveBlobIfUnused(revision->artifact->digest());
  return absl::OkStatus();
}

void Registry::RemoveBlobIfUnused(std::string digest) {
  {
    absl::MutexLock lock(mutex_);
    const bool used = std::ranges::any_of(components_, [&](const auto& entry) {
      return FindDigest(entry.second, digest) != entry.second.end();
    });
    if (used) return;
    artifacts_.erase(digest);
  }
  if (const absl::Status status = blobs_.Remove(digest); !status.ok()) LOG(ERROR) << status;
}

std::vector<std::shared_ptr<Artifact>> Registry::CompiledArtifacts() {
  std::vector<std::pair<int64_t, std::shared_ptr<Artifact>>> by_use;
  {
    absl::ReaderMutexLock lock(mutex_);
    for (const auto& [digest, known] : artifacts_) {
      std::shared_ptr<Artifact> artifact = known.lock();
      if (artifact == nullptr) continue;
      const int64_t last_use = artifact->component().last_use();
      by_use.emplace_back(last_use, std::move(artifact));
    }
  }
  std::ranges::sort(by_use, {}, [](const auto& entry) { return entry.first; });
  std::vector<std::shared_ptr<Artifact>> artifacts;
  for (auto& [last_use, artifact] : by_use) artifacts.push_back(std::move(artifact));
  return artifacts;
}

void Registry::DropUnused(const std::function<bool()>& enough) {
  const auto artifacts = CompiledArtifacts();
  size_t dropped = 0, most = std::max<size_t>(1, artifacts.size() / 2);
  for (const std::shared_ptr<Artifact>& artifact : artifacts) {
    if (!artifact->component().DropUnused() || ++dropped < most) continue;
    if (enough()) return;
    dropped = 0;
    most = std::max<size_t>(1, most / 2);
  }
  if (dropped > 0) enough();
}

ComponentPtr Registry::Compiled(const Tenant& tenant, std::string_view digest) const {
  absl::ReaderMutexLock lock(mutex_);
  auto entry = components_.lower_bound(Key(tenant.id(), ""));
  for (; entry != components_.end() && entry->first.first == tenant.id(); ++entry) {
    const auto revision = FindDigest(entry->second, digest);
    if (revision != entry->second.end()) return (*revision)->artifact->component().made();
  }
  return nullptr;
}

}  // namespace davit::server
