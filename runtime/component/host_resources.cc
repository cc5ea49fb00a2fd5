#include "runtime/component/host_resources.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/status_macros.h"

namespace davit::component {

using resources::HandleIndex;
using resources::Rep;
using resources::StoreResourceId;

namespace {

absl::StatusOr<Rep> ParseRep(std::string_view text) {
  uint32_t rep = 0;
  if (absl::SimpleAtoi(text, &rep)) return Rep(rep);
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no rep of a host resource"));
}

}  // namespace

absl::StatusOr<uint64_t> HostResources::Find(std::string_view name) const {
  std::string_view digits = name;
  uint64_t id = 0;
  if (absl::ConsumePrefix(&digits, prefix_) && absl::SimpleAtoi(digits, &id) &&
      absl::StrCat(id) == digits && entries_.contains(id)) {
    return id;
  }
  return absl::NotFoundError(absl::StrCat("no resource \"", name, "\" is held in this instance"));
}

std::string HostResources::Add(StoreResourceId type, HandleIndex handle, bool is_borrow) {
  const uint64_t id = next_++;
  entries_.emplace(id, Entry{.type = type, .handle = handle, .is_borrow = is_borrow});
  if (is_borrow) borrows_.push_back(id);
  return absl::StrCat(prefix_, id);
}

absl::StatusOr<Rep> HostResources::TakeOwn(StoreResourceId type, std::string_view name) {
  if (is_hosts_own_[type.value]) return ParseRep(name);
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  DAVIT_ASSIGN_OR_RETURN(const Rep rep, table_.TakeOwn(type, entries_.at(id).handle));
  entries_.erase(id);
  return rep;
}

absl::StatusOr<Rep> HostResources::LendBorrow(StoreResourceId type, std::string_view name,
                                              resources::CallScope& scope) {
  if (is_hosts_own_[type.value]) return ParseRep(name);
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  return table_.LendBorrow(type, entries_.at(id).handle, scope);
}

absl::StatusOr<std::string> HostResources::AddOwn(StoreResourceId type, Rep rep) {
  if (is_hosts_own_[type.value]) return absl::StrCat(rep.value);
  DAVIT_ASSIGN_OR_RETURN(const HandleIndex handle, table_.AddOwn(type, rep));
  return Add(type, handle, /*is_borrow=*/false);
}

absl::StatusOr<std::string> HostResources::AddBorrow(StoreResourceId type, Rep rep,
                                                     resources::CallScope& scope) {
  if (is_hosts_own_[type.value]) return absl::StrCat(rep.value);
  DAVIT_ASSIGN_OR_RETURN(const HandleIndex handle, table_.AddBorrow(type, rep, scope));
  return Add(type, handle, /*is_borrow=*/true);
}

absl::Status HostResources::Check(StoreResourceId type, std::string_view name) const {
  if (is_hosts_own_[type.value]) return ParseRep(name).status();
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  if (entries_.at(id).type == type) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the resource \"", name, "\" is of another type"));
}

absl::Status HostResources::DropBorrows() {
  for (const uint64_t id : std::exchange(borrows_, {})) {
    const Entry entry = entries_.at(id);
    entries_.erase(id);
    DAVIT_RETURN_IF_ERROR(table_.Drop(entry.type, entry.handle).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<resources::OwnedResource> HostResources::Remove(std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  const Entry entry = entries_.at(id);
  absl::StatusOr<Rep> rep = table_.TakeOwn(entry.type, entry.handle);
  if (!rep.ok()) return absl::FailedPreconditionError(rep.status().message());
  entries_.erase(id);
  return resources::OwnedResource{.type = entry.type, .rep = *rep};
}

std::vector<HostResources::Held> HostResources::List() const {
  std::vector<uint64_t> ids;
  for (const auto& [id, entry] : entries_) {
    if (!entry.is_borrow) ids.push_back(id);
  }
  std::ranges::sort(ids);
  std::vector<Held> held;
  held.reserve(ids.size());
  for (const uint64_t id : ids) {
    held.push_back({.name = absl::StrCat(prefix_, id), .type = entries_.at(id).type});
  }
  return held;
}

absl::Status CallHandles::CheckOwn(types::ResourceId type, std::string_view name) {
  DAVIT_RETURN_IF_ERROR(held_.Check(StoreResourceId(type.value), name));
  if (owns_.insert(name).second && !borrows_.contains(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the resource \"", name, "\" is given away and used again in one call"));
}

absl::Status CallHandles::CheckBorrow(types::ResourceId type, std::string_view name) {
  DAVIT_RETURN_IF_ERROR(held_.Check(StoreResourceId(type.value), name));
  borrows_.insert(name);
  if (!owns_.contains(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the resource \"", name, "\" is given away and used again in one call"));
}

}  // namespace davit::component
