#ifndef DAVIT_RUNTIME_ENGINE_CELL_WASM_API_H_
#define DAVIT_RUNTIME_ENGINE_CELL_WASM_API_H_

#include <v8.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"

namespace davit::engine {

// The functions of the WebAssembly JS API that C++ has no other access to, taken from a fresh
// context. Methods need the cell's lock and a handle scope; where one returns an empty handle, an
// exception is pending for the caller's TryCatch. Spec: WebAssembly JavaScript Interface.
class WasmApi {
 public:
  // Errors: INTERNAL when V8 lacks one.
  static absl::StatusOr<std::unique_ptr<WasmApi>> Create(v8::Local<v8::Context> context);

  // The exports of a new instance; runs the start function.
  v8::MaybeLocal<v8::Object> Instantiate(v8::Local<v8::Context> context,
                                         v8::Local<v8::WasmModuleObject> module,
                                         v8::Local<v8::Object> imports) const;
  v8::MaybeLocal<v8::WasmMemoryObject> NewMemory(v8::Local<v8::Context> context, bool is64,
                                                 uint64_t min_pages, uint64_t max_pages) const;
  // Of funcref, without a maximum.
  v8::MaybeLocal<v8::Object> NewTable(v8::Local<v8::Context> context, uint32_t size) const;
  // Whether the table has grown, or the element been set.
  bool GrowTable(v8::Local<v8::Context> context, v8::Local<v8::Object> table, uint32_t more) const;
  bool SetTable(v8::Local<v8::Context> context, v8::Local<v8::Object> table, uint32_t index,
                v8::Local<v8::Value> value) const;

  // The value of a global, a number or BigInt.
  v8::MaybeLocal<v8::Value> GetGlobal(v8::Local<v8::Context> context,
                                      v8::Local<v8::Object> global) const;
  bool SetGlobal(v8::Local<v8::Context> context, v8::Local<v8::Object> global,
                 v8::Local<v8::Value> value) const;

  bool IsLinkError(v8::Local<v8::Context> context, v8::Local<v8::Value> exception) const;
  // Whether a guest threw it.
  bool IsGuestException(v8::Local<v8::Context> context, v8::Local<v8::Value> exception) const;

 private:
  WasmApi() = default;

  v8::Isolate* isolate_ = nullptr;
  v8::Global<v8::Function> instance_, memory_, table_, table_grow_, table_set_;
  v8::Global<v8::Object> link_error_, exception_;
  v8::Global<v8::String> exports_, initial_, maximum_, address_, element_, i64_, anyfunc_, value_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_WASM_API_H_
