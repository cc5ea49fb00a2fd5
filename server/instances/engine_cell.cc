#include "server/instances/engine_cell.h"

#include "runtime/base/status_macros.h"

namespace davit::server {

std::shared_ptr<engine::Cell> EngineCell::made() const {
  absl::ReaderMutexLock lock(mutex_);
  return cell_;
}

size_t EngineCell::LiveStores() const {
  const std::shared_ptr<engine::Cell> cell = made();
  return cell == nullptr ? 0 : cell->live_stores();
}

bool EngineCell::IsWornOut() const {
  const std::shared_ptr<engine::Cell> cell = made();
  return cell != nullptr && cell->is_worn_out();
}

absl::Status EngineCell::Enter(absl::FunctionRef<void(engine::CellLock*)> batch) {
  std::shared_ptr<engine::Cell> cell = made();
  if (cell == nullptr) {
    DAVIT_ASSIGN_OR_RETURN(cell, engine_.NewCell(options_));
    absl::MutexLock lock(mutex_);
    cell_ = cell;
  }
  engine::CellLock lock(*cell);
  batch(&lock);
  return absl::OkStatus();
}

}  // namespace davit::server
