#ifndef DAVIT_SERVER_INSTANCES_ENGINE_CELL_H_
#define DAVIT_SERVER_INSTANCES_ENGINE_CELL_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/engine.h"
#include "server/sched/scheduler.h"

namespace davit::server {

// A cell of the engine, made when it is first entered.
class EngineCell final : public CellEntry {
 public:
  // `engine` must outlive it.
  EngineCell(engine::Engine& engine, const engine::CellOptions& options)
      : engine_(engine), options_(options) {}

  absl::Status Enter(absl::FunctionRef<void(engine::CellLock*)> batch) override;
  bool IsMade() const override { return made() != nullptr; }
  size_t LiveStores() const override;
  bool IsWornOut() const override;

 private:
  std::shared_ptr<engine::Cell> made() const;

  engine::Engine& engine_;
  const engine::CellOptions options_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<engine::Cell> cell_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_ENGINE_CELL_H_
