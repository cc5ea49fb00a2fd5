#ifndef DAVIT_RUNTIME_WASI_RANDOM_RANDOM_HOST_H_
#define DAVIT_RUNTIME_WASI_RANDOM_RANDOM_HOST_H_

#include <cstdint>
#include <optional>
#include <random>
#include <tuple>
#include <vector>

#include "runtime/wasi/bindings/random_insecure.h"
#include "runtime/wasi/bindings/random_insecure_seed.h"
#include "runtime/wasi/bindings/random_random.h"
#include "runtime/wasi/core.h"

namespace davit::wasi::random {

// wasi:random/random: the kernel's random numbers.
class RandomHost final : public p2::random::random::Host {
 public:
  // `core` must outlive it.
  explicit RandomHost(Core& core) : core_(core) {}

  absl::StatusOr<std::vector<uint8_t>> GetRandomBytes(uint64_t len) override;
  absl::StatusOr<uint64_t> GetRandomU64() override;

 private:
  Core& core_;
  std::optional<std::mt19937_64> fixed_;  // for tests
};

// wasi:random/insecure: numbers that say nothing of the kernel's.
class InsecureHost final : public p2::random::insecure::Host {
 public:
  // `core` must outlive it.
  explicit InsecureHost(Core& core) : core_(core) {}

  absl::StatusOr<std::vector<uint8_t>> GetInsecureRandomBytes(uint64_t len) override;
  absl::StatusOr<uint64_t> GetInsecureRandomU64() override;

 private:
  Core& core_;
  std::optional<std::mt19937_64> numbers_;  // made at its first use
};

// wasi:random/insecure-seed: one value for each instance.
class InsecureSeedHost final : public p2::random::insecure_seed::Host {
 public:
  // `core` must outlive it.
  explicit InsecureSeedHost(Core& core) : core_(core) {}

  absl::StatusOr<std::tuple<uint64_t, uint64_t>> InsecureSeed() override;

 private:
  Core& core_;
  std::optional<std::tuple<uint64_t, uint64_t>> seed_;  // made at its first use
};

}  // namespace davit::wasi::random

#endif  // DAVIT_RUNTIME_WASI_RANDOM_RANDOM_HOST_H_
