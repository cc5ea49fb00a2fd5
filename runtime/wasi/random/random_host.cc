#include "runtime/wasi/random/random_host.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"

namespace davit::wasi::random {
namespace {

absl::Status FromKernel(std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, "getrandom");
    out = out.subspan(static_cast<size_t>(got));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> NumberFromKernel() {
  uint64_t number = 0;
  DAVIT_RETURN_IF_ERROR(FromKernel({reinterpret_cast<uint8_t*>(&number), sizeof number}));
  return number;
}

void FromGenerator(std::mt19937_64& numbers, std::span<uint8_t> out) {
  while (!out.empty()) {
    const uint64_t number = numbers();
    const size_t count = std::min(out.size(), sizeof number);
    std::memcpy(out.data(), &number, count);
    out = out.subspan(count);
  }
}

absl::Status CheckLength(const Core& core, uint64_t len) {
  if (len <= core.config->quotas.random_bytes) return absl::OkStatus();
  return base::TrapStatus(base::TrapCode::kHostError,
                          absl::StrCat(len, " random bytes at once, where ",
                                       core.config->quotas.random_bytes, " may be asked for"));
}

// The generator in `numbers`, which begins with a number of the kernel's unless tests fix it.
absl::StatusOr<std::mt19937_64*> GeneratorIn(std::optional<std::mt19937_64>& numbers,
                                             const Core& core) {
  if (!numbers) {
    uint64_t seed = core.config->fixed_seed.value_or(0);
    if (!core.config->fixed_seed) {
      DAVIT_ASSIGN_OR_RETURN(seed, NumberFromKernel());
    }
    numbers.emplace(seed);
  }
  return &*numbers;
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> RandomHost::GetRandomBytes(uint64_t len) {
  DAVIT_RETURN_IF_ERROR(CheckLength(core_, len));
  std::vector<uint8_t> bytes(len);
  if (core_.config->fixed_seed) {
    DAVIT_ASSIGN_OR_RETURN(std::mt19937_64* const numbers, GeneratorIn(fixed_, core_));
    FromGenerator(*numbers, bytes);
  } else {
    DAVIT_RETURN_IF_ERROR(FromKernel(bytes));
  }
  return bytes;
}

absl::StatusOr<uint64_t> RandomHost::GetRandomU64() {
  if (!core_.config->fixed_seed) return NumberFromKernel();
  DAVIT_ASSIGN_OR_RETURN(std::mt19937_64* const numbers, GeneratorIn(fixed_, core_));
  return (*numbers)();
}

absl::StatusOr<std::vector<uint8_t>> InsecureHost::GetInsecureRandomBytes(uint64_t len) {
  DAVIT_RETURN_IF_ERROR(CheckLength(core_, len));
  DAVIT_ASSIGN_OR_RETURN(std::mt19937_64* const numbers, GeneratorIn(numbers_, core_));
  std::vector<uint8_t> bytes(len);
  FromGenerator(*numbers, bytes);
  return bytes;
}

absl::StatusOr<uint64_t> InsecureHost::GetInsecureRandomU64() {
  DAVIT_ASSIGN_OR_RETURN(std::mt19937_64* const numbers, GeneratorIn(numbers_, core_));
  return (*numbers)();
}

absl::StatusOr<std::tuple<uint64_t, uint64_t>> InsecureSeedHost::InsecureSeed() {
  if (!seed_) {
    std::optional<std::mt19937_64> numbers;
    DAVIT_ASSIGN_OR_RETURN(std::mt19937_64* const generator, GeneratorIn(numbers, core_));
    const uint64_t first = (*generator)();
    seed_.emplace(first, (*generator)());
  }
  return *seed_;
}

}  // namespace davit::wasi::random
