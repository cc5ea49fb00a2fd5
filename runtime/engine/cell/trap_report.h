#ifndef DAVIT_RUNTIME_ENGINE_CELL_TRAP_REPORT_H_
#define DAVIT_RUNTIME_ENGINE_CELL_TRAP_REPORT_H_

#include <v8.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "runtime/base/trap.h"
#include "runtime/engine/cell/wasm_api.h"
#include "runtime/engine/code/compiled_module.h"

// From V8's exceptions to davit's statuses, in this one place.
namespace davit::engine {

// The trap code for what V8 calls it; kCoreOther for words that are not known.
base::TrapCode TrapCodeOfMessage(std::string_view message);

// The module that V8 knows by this URL, or null for one whose frames are left out (shims).
using ModuleByUrl = absl::FunctionRef<std::shared_ptr<const CompiledModule>(std::string_view url)>;

// What guest code has ended with.
struct Thrown {
  Thrown() = default;
  explicit Thrown(const v8::TryCatch& caught)
      : exception(caught.Exception()),
        message(caught.Message()),
        is_termination(caught.HasTerminated()) {}

  v8::Local<v8::Value> exception;
  v8::Local<v8::Message> message;  // may be empty
  bool is_termination = false;     // then there is no exception
};

// The wasm frames of a message, innermost first, at most kMaxTrapFrames.
inline constexpr int kMaxTrapFrames = 64;
std::vector<base::TrapFrame> FramesOf(v8::Isolate* isolate, const Thrown& thrown,
                                      ModuleByUrl modules);

// What `thrown` means for a call: a trap with its frames; RESOURCE_EXHAUSTED when V8 found no
// memory; FAILED_PRECONDITION for a link error. REQUIRES: an exception that is no termination.
absl::Status StatusOfException(v8::Local<v8::Context> context, const Thrown& thrown,
                               const WasmApi& api, ModuleByUrl modules);

// `failed`, what a host import returned, with the frames of `thrown` when it is a trap that has
// none.
absl::Status WithFrames(const absl::Status& failed, v8::Isolate* isolate, const Thrown& thrown,
                        ModuleByUrl modules);

// A kHeapLimit trap.
absl::Status HeapLimitStatus();

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_TRAP_REPORT_H_
