#ifndef DAVIT_RUNTIME_ENGINE_CELL_FUNC_TABLE_H_
#define DAVIT_RUNTIME_ENGINE_CELL_FUNC_TABLE_H_

#include <v8.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/engine/cell/wasm_api.h"

namespace davit::engine {

// The funcref table of a cell through which entry shims reach the guests' functions. Guests never
// see it. Everything needs the cell's lock and a handle scope.
class FuncTable {
 public:
  // `api` must outlive it. Errors: INTERNAL when V8 cannot make a table.
  static absl::StatusOr<std::unique_ptr<FuncTable>> Create(v8::Local<v8::Context> context,
                                                           const WasmApi& api);

  v8::Local<v8::Object> object(v8::Isolate* isolate) const { return table_.Get(isolate); }

  // Puts a function in a free slot. Errors: RESOURCE_EXHAUSTED (LimitError "table_elements") when
  // the table is full, INVALID_ARGUMENT when it is no wasm function.
  absl::StatusOr<uint32_t> Put(v8::Local<v8::Context> context, v8::Local<v8::Value> function);
  // Frees a slot. Where V8 refuses, because a termination is pending, this is done later.
  void Clear(v8::Local<v8::Context> context, uint32_t slot);
  // Slots that the table has. All but those in use are free or are going to be.
  uint32_t size() const { return size_; }

 private:
  explicit FuncTable(const WasmApi& api) : api_(api) {}
  absl::Status Grow(v8::Local<v8::Context> context);
  void ClearStale(v8::Local<v8::Context> context);

  const WasmApi& api_;
  v8::Global<v8::Object> table_;
  uint32_t size_ = 0;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> stale_;  // not in use, but still set
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_FUNC_TABLE_H_
