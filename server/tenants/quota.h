#ifndef DAVIT_SERVER_TENANTS_QUOTA_H_
#define DAVIT_SERVER_TENANTS_QUOTA_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace davit::server {

// So many units of something that several holders share. Thread-safe.
class Quota {
 public:
  explicit Quota(uint64_t limit) : limit_(limit) {}
  Quota(const Quota&) = delete;
  Quota& operator=(const Quota&) = delete;

  // Units that go back when it is destroyed. Must not outlive the Quota.
  class Share {
   public:
    Share() = default;
    ~Share() { Return(); }
    Share(Share&& other) noexcept
        : quota_(std::exchange(other.quota_, nullptr)), units_(std::exchange(other.units_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      if (this != &other) {
        Return();
        quota_ = std::exchange(other.quota_, nullptr);
        units_ = std::exchange(other.units_, 0);
      }
      return *this;
    }

    uint64_t units() const { return units_; }
    // Adds the units of `other`, which must be of the same Quota.
    void Add(Share other) {
      if (quota_ == nullptr) quota_ = other.quota_;
      units_ += std::exchange(other.units_, 0);
    }

   private:
    friend class Quota;
    Share(Quota* quota, uint64_t units) : quota_(quota), units_(units) {}
    void Return() {
      if (quota_ != nullptr) quota_->used_.fetch_sub(units_, std::memory_order_relaxed);
    }

    Quota* quota_ = nullptr;
    uint64_t units_ = 0;
  };

  // nullopt when fewer than `units` are left.
  std::optional<Share> Take(uint64_t units) {
    uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (units > limit_ - used) return std::nullopt;
    } while (!used_.compare_exchange_weak(used, used + units, std::memory_order_relaxed));
    return Share(this, units);
  }

  uint64_t limit() const { return limit_; }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> used_ = 0;  // never over limit_
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_TENANTS_QUOTA_H_
