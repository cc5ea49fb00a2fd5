#ifndef DAVIT_RUNTIME_COMPONENT_HOST_RESOURCES_H_
#define DAVIT_RUNTIME_COMPONENT_HOST_RESOURCES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/vals/vals.h"
#include "runtime/handles/handle_table.h"

namespace davit::component {

// The resources of one store that its host holds: those of guests under names that are never used
// twice, its own under their reps in decimal. Not thread-safe; belongs to the store's thread.
class HostResources final : public canon::HostHandles {
 public:
  // `budget` must outlive it. `is_hosts_own`: by types::ResourceId, which resource types the host
  // itself defines.
  HostResources(handles::HandleBudget& budget, std::vector<bool> is_hosts_own)
      : budget_(budget), table_(budget), is_hosts_own_(std::move(is_hosts_own)) {}

  // What every name begins with; "resource/" unless set. Names made before keep theirs.
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }

  absl::StatusOr<handles::Rep> TakeOwn(types::ResourceId type, std::string_view name) override;
  absl::StatusOr<handles::Rep> LendBorrow(types::ResourceId type, std::string_view name,
                                          handles::CallScope& scope) override;
  absl::StatusOr<std::string> AddOwn(types::ResourceId type, handles::Rep rep) override;
  absl::StatusOr<std::string> AddBorrow(types::ResourceId type, handles::Rep rep,
                                        handles::CallScope& scope) override;

  // OK when the host holds `name` as a handle of `type`; changes nothing.
  absl::Status Check(types::ResourceId type, std::string_view name) const;

  // A call of the host has ended: what it lent the guest in `scope` was used until now.
  void EndLoans(const handles::CallScope& scope);
  // Forgets the borrows that a guest lent to a host function in `scope`: their names end with its
  // call.
  absl::Status DropBorrows(const handles::CallScope& scope);

  struct Held {
    std::string name;
    types::ResourceId type;
    absl::Time last_used;
  };
  // At most `max` own handles, oldest first, after the one named `after` (which need not be held
  // any more); from the first if that is empty.
  std::vector<Held> List(std::string_view after, size_t max) const;
  size_t size() const { return entries_.size(); }
  struct Idle {
    std::vector<Held> held;
    absl::Time next = absl::InfiniteFuture();
  };
  // At most `max` own handles that were last used at or before `time`, oldest first, and when the
  // first of all others was used (InfiniteFuture when there is none).
  Idle IdleSince(absl::Time time, size_t max) const;
  // What List() would say of it. NOT_FOUND.
  absl::StatusOr<Held> Get(std::string_view name) const;
  // Notes that it is used now. NOT_FOUND.
  absl::Status Touch(std::string_view name);

  // Forgets all of them; no destructor runs, and no name is used again.
  void Forget();

  // Takes an own handle away, whatever its type. NOT_FOUND; FAILED_PRECONDITION when it is lent.
  absl::StatusOr<handles::OwnedResource> Remove(std::string_view name);

 private:
  struct Entry {
    types::ResourceId type;
    handles::HandleIndex handle;
    bool is_borrow = false;
    absl::Time last_used;
  };
  // What passed in a call that is under way, by the call's scope.
  struct Passed {
    const handles::CallScope* scope;
    uint64_t id;
  };
  using Entries = absl::btree_map<uint64_t, Entry>;  // by the number in the name

  // The number in a name of this store; nothing if it is none.
  std::optional<uint64_t> NumberOf(std::string_view name) const;
  absl::StatusOr<uint64_t> Find(std::string_view name) const;
  Held HeldOf(const Entries::value_type& entry) const;
  std::string Add(types::ResourceId type, handles::HandleIndex handle,
                  const handles::CallScope* borrowed_in);
  // Takes the ids that passed in `scope` away from `passed`.
  static std::vector<uint64_t> TakePassed(const handles::CallScope& scope,
                                          std::vector<Passed>& passed);

  handles::HandleBudget& budget_;
  handles::HandleTable table_;
  const std::vector<bool> is_hosts_own_;
  std::string prefix_ = "resource/";
  uint64_t next_ = 1;
  Entries entries_;
  std::vector<Passed> borrows_;  // from guests
  std::vector<Passed> lent_;     // to guests
};

// Checks the resource names among the arguments of one call before it starts.
class CallHandles final : public canon::ArgHandles {
 public:
  // `held` must outlive it, and the names that it is asked for too.
  explicit CallHandles(const HostResources& held) : held_(held) {}
  absl::Status CheckOwn(types::ResourceId type, std::string_view name) override;
  absl::Status CheckBorrow(types::ResourceId type, std::string_view name) override;

 private:
  const HostResources& held_;
  absl::flat_hash_set<std::string_view> owns_, borrows_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_HOST_RESOURCES_H_
