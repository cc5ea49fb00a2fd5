#include "runtime/engine/process/core_type_budget.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <string>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace davit::engine {
namespace {

constexpr std::string_view kLimit = "core_types";

std::array<uint8_t, 16> RandomBytes() {
  std::array<uint8_t, 16> bytes;
  CHECK_EQ(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())), 1) << "no random bytes";
  return bytes;
}

uint64_t CostOf(const wasm::CoreGroup& group) {
  return group.types + group.values / CoreTypeBudget::kValuesPerType;
}

}  // namespace

CoreTypeBudget::CoreTypeBudget(uint64_t limit, uint64_t module_limit)
    : limit_(limit), module_limit_(module_limit), secret_(RandomBytes()) {}

// Half of a SHA-256 with a secret in it.
wasm::CoreGroupName CoreTypeBudget::NameOf(std::string_view key) const {
  std::string text;
  text.reserve(secret_.size() + key.size());
  text.append(reinterpret_cast<const char*>(secret_.data()), secret_.size());
  text.append(key);
  std::array<uint8_t, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), hash.data());
  wasm::CoreGroupName name;
  std::copy_n(hash.begin(), name.size(), name.begin());
  return name;
}

absl::Status CoreTypeBudget::Charge(std::span<const uint8_t> module, CoreTypeAccount* account) {
  uint64_t cost = 0;
  const auto name = [this](std::string_view key) { return NameOf(key); };
  const auto admit = [&cost, this](const wasm::CoreGroup& group) -> absl::Status {
    cost += CostOf(group);
    if (cost <= module_limit_) return absl::OkStatus();
    return base::LimitError(kLimit, module_limit_, "a core module defines more types");
  };
  DAVIT_ASSIGN_OR_RETURN(const std::vector<wasm::CoreGroup> groups,
                         wasm::ReadCoreGroups(module, name, admit));
  return Add(groups, account);
}

absl::Status CoreTypeBudget::Add(const std::vector<wasm::CoreGroup>& groups,
                                 CoreTypeAccount* account) {
  absl::MutexLock lock(mutex_);
  absl::flat_hash_set<wasm::CoreGroupName> added;
  uint64_t cost = 0;
  for (const wasm::CoreGroup& group : groups) {
    if (!known_.contains(group.name) && added.insert(group.name).second) cost += CostOf(group);
  }
  if (cost == 0) return absl::OkStatus();
  if (account != nullptr && account->used() + cost > account->limit()) {
    return base::LimitError(
        kLimit, account->limit(),
        absl::StrCat("core modules of this tenant have brought in ", account->used(),
                     " distinct types since the start, and ", cost, " more are wanted"));
  }
  if (used_ + cost > limit_) {
    return base::LimitError(
        kLimit, limit_,
        absl::StrCat("core modules have brought in ", used_,
                     " distinct types since the start, and ", cost, " more are wanted"));
  }
  known_.insert(added.begin(), added.end());
  used_ += cost;
  if (account != nullptr) account->used_.fetch_add(cost, std::memory_order_relaxed);
  return absl::OkStatus();
}

uint64_t CoreTypeBudget::used() const {
  absl::MutexLock lock(mutex_);
  return used_;
}

}  // namespace davit::engine
