#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_CORE_TYPE_BUDGET_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_CORE_TYPE_BUDGET_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "runtime/wasm/core_groups.h"

// Bounds the types of core modules. V8 keeps each distinct one for the life of the process, from
// when it decodes the type section of any module, valid or not, and ends the process when there are
// 1,000,000.
namespace davit::engine {

// Types that V8 has room for.
inline constexpr uint64_t kMostCoreTypes = 1'000'000;

// The types that somebody has brought into the process, and how many it may be. What it counts is
// never given back: V8 does not either. Thread-safe; outlives the calls that it is given to, and no
// more.
class CoreTypeAccount {
 public:
  explicit CoreTypeAccount(uint64_t limit) : limit_(limit) {}
  CoreTypeAccount(const CoreTypeAccount&) = delete;
  CoreTypeAccount& operator=(const CoreTypeAccount&) = delete;

  // Below what is used nothing new is taken.
  void SetLimit(uint64_t limit) { limit_.store(limit, std::memory_order_relaxed); }
  uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  friend class CoreTypeBudget;
  std::atomic<uint64_t> limit_;
  std::atomic<uint64_t> used_ = 0;  // written by budgets alone, each under its mutex
};

// All types of the process, each counted once: for a whole rec group, as often as it comes, whoever
// brings it first has its account charged. A type counts one, and one more for every 32 params,
// results or fields, which V8 keeps as well. Thread-safe.
class CoreTypeBudget {
 public:
  static constexpr uint64_t kValuesPerType = 32;

  // `module_limit` is for the types of one module, known ones included: V8 compares each with all
  // those that it has.
  CoreTypeBudget(uint64_t limit, uint64_t module_limit);
  CoreTypeBudget(const CoreTypeBudget&) = delete;
  CoreTypeBudget& operator=(const CoreTypeBudget&) = delete;

  // To be called before V8 decodes `module`, whatever becomes of that. Types that are known cost
  // nothing. `account` may be null. Errors, which leave everything as it was:
  // LimitError "core_types"; INVALID_ARGUMENT when the type section cannot be read, so that V8 must
  // not see it.
  absl::Status Charge(std::span<const uint8_t> module, CoreTypeAccount* account);

  uint64_t used() const;

 private:
  wasm::CoreGroupName NameOf(std::string_view key) const;
  absl::Status Add(const std::vector<wasm::CoreGroup>& groups, CoreTypeAccount* account);

  const uint64_t limit_, module_limit_;
  // In front of what is hashed, so that nobody can look for two groups of one name.
  const std::array<uint8_t, 16> secret_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<wasm::CoreGroupName> known_ ABSL_GUARDED_BY(mutex_);
  uint64_t used_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_CORE_TYPE_BUDGET_H_
