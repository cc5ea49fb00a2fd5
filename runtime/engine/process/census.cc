#include "runtime/engine/process/census.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace davit::engine {
namespace {

// Measured: 11 maps per isolate with its context and first memory, 2 per memory and two more for
// its image.
constexpr int64_t kMapsPerCell = 12;
constexpr int64_t kMapsPerMemory = 4;
// A reading of /proc/self/maps takes up to 25 ms when there are 50,000.
constexpr int64_t kMeasureEveryNanos = 5'000'000'000;

int64_t NowNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t CountMaps() {
  const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  int64_t lines = 0;
  char buffer[16384];
  for (ssize_t n; (n = read(file, buffer, sizeof buffer)) > 0;) {
    lines += std::count(buffer, buffer + n, '\n');
  }
  close(file);
  return lines;
}

}  // namespace

void Graveyard::Bury(std::weak_ptr<const void> memory) {
  absl::MutexLock lock(mutex_);
  memories_.push_back(std::move(memory));
}

uint32_t Graveyard::Sweep() {
  absl::MutexLock lock(mutex_);
  return static_cast<uint32_t>(
      std::erase_if(memories_, [](const auto& memory) { return memory.expired(); }));
}

size_t Graveyard::size() const {
  absl::MutexLock lock(mutex_);
  return memories_.size();
}

Census::Census(const EngineOptions& options)
    : max_cells_(options.max_cells),
      max_memories_(options.max_memories),
      max_maps_(options.max_maps),
      functions_("core_functions", options.max_core_functions,
                 "no more functions of core modules in this process"),
      exports_("core_exports", options.max_core_exports,
               "core instances of this process export no more functions") {
  MeasureMaps();
}

absl::Status Census::AdmitCell() {
  if (cells_.fetch_add(1) >= max_cells_) {
    cells_.fetch_sub(1);
    return base::LimitError("cells", max_cells_, "no more isolates in this process");
  }
  absl::Status status = CheckMaps();
  if (!status.ok()) cells_.fetch_sub(1);
  return status;
}

void Census::CellIsGone() { cells_.fetch_sub(1); }

absl::Status Census::AdmitMemory() {
  if (memories_.fetch_add(1) >= max_memories_) {
    memories_.fetch_sub(1);
    return base::LimitError("memories", max_memories_, "no more linear memories in this process");
  }
  absl::Status status = CheckMaps();
  if (!status.ok()) memories_.fetch_sub(1);
  return status;
}

void Census::MemoriesAreGone(uint32_t count) { memories_.fetch_sub(count); }

void Census::Register(std::weak_ptr<GarbageHolder> holder) {
  absl::MutexLock lock(mutex_);
  std::erase_if(holders_, [](const auto& known) { return known.expired(); });
  holders_.push_back(std::move(holder));
}

// A copy, because whoever drops the last reference to a holder destroys it, which takes its time.
std::vector<std::shared_ptr<GarbageHolder>> Census::Holders() {
  absl::MutexLock lock(mutex_);
  std::vector<std::shared_ptr<GarbageHolder>> holders;
  for (const auto& known : holders_) {
    if (auto holder = known.lock()) holders.push_back(std::move(holder));
  }
  return holders;
}

void Census::Sweep() {
  for (const auto& holder : Holders()) MemoriesAreGone(holder->graveyard().Sweep());
}

void Census::CollectIdle(absl::FunctionRef<bool()> enough) {
  for (const auto& holder : Holders()) {
    if (enough()) return;
    holder->CollectIfIdle();
    MemoriesAreGone(holder->graveyard().Sweep());
  }
}

bool Census::scarce() const {
  return memories() >= max_memories_ / 10 * 8 || maps() >= max_maps_ / 10 * 8 ||
         functions_.scarce() || exports_.scarce();
}

uint32_t Census::maps() const {
  const int64_t known = kMapsPerCell * cells_.load() + kMapsPerMemory * memories_.load();
  return static_cast<uint32_t>(std::max<int64_t>(0, other_maps_.load() + known));
}

absl::Status Census::CheckMaps() {
  int64_t last = measured_at_.load();
  const int64_t now = NowNanos();
  if (now - last >= kMeasureEveryNanos && measured_at_.compare_exchange_strong(last, now)) {
    MeasureMaps();
  }
  if (maps() > max_maps_) {
    return base::LimitError("maps", max_maps_, "no more memory maps in this process");
  }
  return absl::OkStatus();
}

void Census::MeasureMaps() {
  const int64_t known = kMapsPerCell * cells_.load() + kMapsPerMemory * memories_.load();
  other_maps_.store(CountMaps() - known);
  measured_at_.store(NowNanos());
}

}  // namespace davit::engine
