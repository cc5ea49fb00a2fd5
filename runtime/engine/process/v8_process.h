#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_V8_PROCESS_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_V8_PROCESS_H_

#include <v8.h>

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "runtime/engine/options.h"
#include "runtime/engine/process/code_budget.h"
#include "runtime/engine/process/memory_budget.h"
#include "runtime/engine/process/platform.h"
#include "runtime/engine/process/stack_budget.h"
#include "runtime/engine/process/stack_pages.h"

namespace davit::engine {

// V8 as far as it belongs to the process: flags, platform, trap handler. Thread-safe.
class V8Process {
 public:
  // Errors: FAILED_PRECONDITION when it was started before: V8 cannot be initialised twice.
  static absl::StatusOr<std::unique_ptr<V8Process>> Start(const EngineOptions& options);
  // REQUIRES: no isolate is left.
  ~V8Process();
  V8Process(const V8Process&) = delete;
  V8Process& operator=(const V8Process&) = delete;

  // A new isolate, not entered, without a context. What V8 treats as fatal ends the process with a
  // line on stderr. The caller disposes it.
  v8::Isolate* NewIsolate(size_t heap_bytes);
  // Runs V8's foreground tasks of an isolate that this thread has entered.
  void RunTasks(v8::Isolate* isolate);
  // Waits for such a task and runs it.
  void WaitAndRunTask(v8::Isolate* isolate);

  // As Platform::StopCompiling.
  bool StopCompiling(absl::Duration wait) { return platform_.StopCompiling(wait); }
  // As Platform::IsCompiling.
  bool IsCompiling() const { return platform_.IsCompiling(); }

  MemoryBudget& memory_budget() { return memory_budget_; }
  CodeBudget& code_budget() { return code_budget_; }
  StackBudget& stack_budget() { return stack_budget_; }

 private:
  explicit V8Process(const EngineOptions& options);

  MemoryBudget memory_budget_;
  CodeBudget code_budget_;
  StackPages stack_pages_;
  StackBudget stack_budget_;
  Platform platform_;
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator_;
};

// The flags that V8 runs with, for the key of compiled code.
std::string V8Flags(const EngineOptions& options);

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_V8_PROCESS_H_
