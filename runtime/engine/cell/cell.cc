#include "runtime/engine/cell/cell.h"

#include <v8.h>

#include <memory>
#include <utility>

#include "runtime/engine/cell/cell_state.h"

namespace davit::engine {

Cell::Cell(std::shared_ptr<CellState> state) : state_(std::move(state)) {}

Cell::~Cell() = default;

size_t Cell::live_stores() const { return state_->live_stores(); }

bool Cell::is_worn_out() const { return state_->is_worn_out(); }

size_t Cell::heap_used() const {
  v8::HeapStatistics statistics;
  state_->isolate()->GetHeapStatistics(&statistics);
  return statistics.used_heap_size();
}

// In the order in which V8 wants them.
struct CellLock::Scopes {
  explicit Scopes(CellState& cell)
      : locker(cell.isolate()),
        isolate(cell.isolate()),
        handles(cell.isolate()),
        context(cell.context()) {}

  v8::Locker locker;
  v8::Isolate::Scope isolate;
  v8::HandleScope handles;
  v8::Context::Scope context;
};

CellLock::CellLock(Cell& cell) : cell_(cell) {
  static_assert(sizeof(Scopes) <= sizeof(scopes_) && alignof(Scopes) <= 16);
  cell.state_->Acquire();
  ::new (static_cast<void*>(scopes_)) Scopes(*cell.state_);
  cell.state_->Locked();
}

CellLock::~CellLock() {
  cell_.state_->BeforeUnlock();
  std::destroy_at(reinterpret_cast<Scopes*>(scopes_));
  cell_.state_->Release();
}

}  // namespace davit::engine
