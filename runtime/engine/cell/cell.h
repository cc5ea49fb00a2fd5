#ifndef DAVIT_RUNTIME_ENGINE_CELL_CELL_H_
#define DAVIT_RUNTIME_ENGINE_CELL_CELL_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "runtime/engine/cell/cell_options.h"

namespace davit::engine {

class CellState;
class Engine;
class Fiber;

// One V8 isolate with one context: holds the stores of one tenant, runs one thread at a time.
// Thread-safe to hold and to lock; everything inside needs a CellLock.
class Cell {
 public:
  ~Cell();
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  // Stores alive in this cell. Thread-safe.
  size_t live_stores() const;
  // Whether V8 has lost so much in it, for guests that were ended while they ran on fibers, that
  // new stores should be made elsewhere. Thread-safe.
  bool is_worn_out() const;
  // Bytes of JS heap in use. REQUIRES: a CellLock is held by this thread.
  size_t heap_used() const;

 private:
  friend class CellLock;
  friend class Fiber;
  friend class Store;
  friend class Engine;
  explicit Cell(std::shared_ptr<CellState> state);
  std::shared_ptr<CellState> state_;  // its stores keep it as well
};

// Proof that this thread has the cell: V8's Locker and scopes, taken and released together (about
// 400 ns). Stack only. Blocks while another thread holds it; the same thread may take it again. A
// thread has one cell at a time. At the last release it runs V8's pending tasks and destroys what
// was dropped meanwhile.
class CellLock {
 public:
  explicit CellLock(Cell& cell);
  ~CellLock();
  CellLock(const CellLock&) = delete;
  CellLock& operator=(const CellLock&) = delete;

  Cell& cell() const { return cell_; }

 private:
  struct Scopes;
  Cell& cell_;
  alignas(16) std::byte scopes_[256];
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_CELL_H_
