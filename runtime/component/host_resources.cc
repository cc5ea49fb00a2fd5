#include "runtime/component/host_resources.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"

namespace davit::component {

using handles::HandleIndex;
using handles::Rep;

namespace {

absl::StatusOr<Rep> ParseRep(std::string_view text) {
  uint32_t rep = 0;
  if (absl::SimpleAtoi(text, &rep)) return Rep(rep);
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no rep of a host resource"));
}

}  // namespace

std::optional<uint64_t> HostResources::NumberOf(std::string_view name) const {
  std::string_view digits = name;
  uint64_t id = 0;
  if (absl::ConsumePrefix(&digits, prefix_) && absl::SimpleAtoi(digits, &id) &&
      absl::StrCat(id) == digits) {
    return id;
  }
  return std::nullopt;
}

absl::StatusOr<uint64_t> HostResources::Find(std::string_view name) const {
  const std::optional<uint64_t> id = NumberOf(name);
  if (id && entries_.contains(*id)) return *id;
  return absl::NotFoundError(absl::StrCat("no resource \"", name, "\" is held in this instance"));
}

std::string HostResources::Add(types::ResourceId type, HandleIndex handle,
                               const handles::CallScope* borrowed_in) {
  const uint64_t id = next_++;
  const bool is_borrow = borrowed_in != nullptr;
  entries_.emplace_hint(
      entries_.end(), id,
      Entry{.type = type, .handle = handle, .is_borrow = is_borrow, .last_used = absl::Now()});
  if (is_borrow) borrows_.push_back({borrowed_in, id});
  return absl::StrCat(prefix_, id);
}

absl::StatusOr<Rep> HostResources::TakeOwn(types::ResourceId type, std::string_view name) {
  if (is_hosts_own_[type.value]) return ParseRep(name);
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  DAVIT_ASSIGN_OR_RETURN(const Rep rep, table_.TakeOwn(type, entries_.at(id).handle));
  entries_.erase(id);
  return rep;
}

absl::StatusOr<Rep> HostResources::LendBorrow(types::ResourceId type, std::string_view name,
                                              handles::CallScope& scope) {
  if (is_hosts_own_[type.value]) return ParseRep(name);
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  lent_.push_back({&scope, id});
  return table_.LendBorrow(type, entries_.at(id).handle, scope);
}

absl::StatusOr<std::string> HostResources::AddOwn(types::ResourceId type, Rep rep) {
  if (is_hosts_own_[type.value]) return absl::StrCat(rep.value);
  DAVIT_ASSIGN_OR_RETURN(const HandleIndex handle, table_.AddOwn(type, rep));
  return Add(type, handle, /*borrowed_in=*/nullptr);
}

absl::StatusOr<std::string> HostResources::AddBorrow(types::ResourceId type, Rep rep,
                                                     handles::CallScope& scope) {
  if (is_hosts_own_[type.value]) return absl::StrCat(rep.value);
  DAVIT_ASSIGN_OR_RETURN(const HandleIndex handle, table_.AddBorrow(type, rep, scope));
  return Add(type, handle, &scope);
}

absl::Status HostResources::Check(types::ResourceId type, std::string_view name) const {
  if (is_hosts_own_[type.value]) return ParseRep(name).status();
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  if (entries_.at(id).type == type) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the resource \"", name, "\" is of another type"));
}

std::vector<uint64_t> HostResources::TakePassed(const handles::CallScope& scope,
                                                std::vector<Passed>& passed) {
  std::vector<uint64_t> ids;
  std::erase_if(passed, [&](const Passed& one) {
    if (one.scope != &scope) return false;
    ids.push_back(one.id);
    return true;
  });
  return ids;
}

void HostResources::EndLoans(const handles::CallScope& scope) {
  if (lent_.empty()) [[likely]]
    return;
  const absl::Time now = absl::Now();
  for (const uint64_t id : TakePassed(scope, lent_)) {
    if (const auto entry = entries_.find(id); entry != entries_.end()) {
      entry->second.last_used = now;
    }
  }
}

absl::Status HostResources::DropBorrows(const handles::CallScope& scope) {
  if (borrows_.empty()) [[likely]]
    return absl::OkStatus();
  for (const uint64_t id : TakePassed(scope, borrows_)) {
    const Entry entry = entries_.at(id);
    entries_.erase(id);
    DAVIT_RETURN_IF_ERROR(table_.Drop(entry.type, entry.handle).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<handles::OwnedResource> HostResources::Remove(std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  const Entry entry = entries_.at(id);
  absl::StatusOr<Rep> rep = table_.TakeOwn(entry.type, entry.handle);
  if (!rep.ok()) return absl::FailedPreconditionError(rep.status().message());
  entries_.erase(id);
  return handles::OwnedResource{.type = entry.type, .rep = *rep};
}

void HostResources::Forget() {
  table_ = handles::HandleTable(budget_);
  entries_.clear();
  borrows_.clear();
  lent_.clear();
}

HostResources::Held HostResources::HeldOf(const Entries::value_type& entry) const {
  return {.name = absl::StrCat(prefix_, entry.first),
          .type = entry.second.type,
          .last_used = entry.second.last_used};
}

std::vector<HostResources::Held> HostResources::List(std::string_view after, size_t max) const {
  std::vector<Held> held;
  for (auto it = entries_.upper_bound(NumberOf(after).value_or(0));
       it != entries_.end() && held.size() < max; ++it) {
    if (!it->second.is_borrow) held.push_back(HeldOf(*it));
  }
  return held;
}

HostResources::Idle HostResources::IdleSince(absl::Time time, size_t max) const {
  Idle idle;
  for (const auto& entry : entries_) {
    if (entry.second.is_borrow) continue;
    if (entry.second.last_used <= time && idle.held.size() < max) {
      idle.held.push_back(HeldOf(entry));
    } else {
      idle.next = std::min(idle.next, entry.second.last_used);
    }
  }
  return idle;
}

absl::StatusOr<HostResources::Held> HostResources::Get(std::string_view name) const {
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  return HeldOf(*entries_.find(id));
}

absl::Status HostResources::Touch(std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const uint64_t id, Find(name));
  entries_.at(id).last_used = absl::Now();
  return absl::OkStatus();
}

absl::Status CallHandles::CheckOwn(types::ResourceId type, std::string_view name) {
  DAVIT_RETURN_IF_ERROR(held_.Check(type, name));
  if (owns_.insert(name).second && !borrows_.contains(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the resource \"", name, "\" is given away and used again in one call"));
}

absl::Status CallHandles::CheckBorrow(types::ResourceId type, std::string_view name) {
  DAVIT_RETURN_IF_ERROR(held_.Check(type, name));
  borrows_.insert(name);
  if (!owns_.contains(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the resource \"", name, "\" is given away and used again in one call"));
}

}  // namespace davit::component
