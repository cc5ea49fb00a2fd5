#include "runtime/engine/process/v8_process.h"

#include <libplatform/libplatform.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/engine/process/gc_stress.h"

namespace davit::engine {
namespace {

// V8 may not go on after these. Nothing is flushed or destroyed: the heap may be half way through a
// collection.
[[noreturn]] void Die(const char* what, const char* where, const char* detail) {
  std::fprintf(stderr, "davit: V8 %s at %s: %s\n", what, where ? where : "?", detail ? detail : "");
  _exit(70);
}

void OnFatalError(const char* location, const char* message) {
  Die("fatal error", location, message);
}

void OnOutOfMemory(const char* location, const v8::OOMDetails& details) {
  Die(details.is_heap_oom ? "heap exhausted" : "out of memory", location, details.detail);
}

}  // namespace

std::string V8Flags(const EngineOptions& options) {
  return absl::StrCat(
      // A table's own maximum may be higher or absent; V8's default of 10,000,000 entries is 240
      // MB.
      "--wasm-max-table-size=", options.max_table_elements,
      // Baseline code with dynamic tiering looks for a termination only when a tiering budget runs
      // out, some 10^5 turns of a loop: a loop around a large memory.fill outlives its deadline by
      // hours. Without it every loop and call looks, and each function that runs at all is
      // optimised in the background.
      " --no-wasm-dynamic-tiering",
      // A fiber has as much of a stack as a guest on a thread: fiber stacks heed no SetStackLimit.
      // V8 gives none more than --stack-size, which means nothing else here.
      " --wasm-stack-switching-stack-size=", options.guest_stack_bytes / 1024,
      " --stack-size=", std::max<size_t>(984, options.guest_stack_bytes / 1024 + 40),
      // The stacks of Error objects cost time at every trap; frames come with the Message instead.
      " --stack-trace-limit=0", GcStressFlags());
}

absl::StatusOr<std::unique_ptr<V8Process>> V8Process::Start(const EngineOptions& options) {
  static std::atomic<bool> started = false;
  if (started.exchange(true)) {
    return absl::FailedPreconditionError("an Engine was started before in this process");
  }
  return std::unique_ptr<V8Process>(new V8Process(options));
}

V8Process::V8Process(const EngineOptions& options)
    : memory_budget_(options.max_memory_bytes),
      code_budget_(std::min(options.max_code_bytes, kMostCodeBytes)),
      stack_pages_(
          StackBytes(options.guest_stack_bytes / 1024, static_cast<size_t>(sysconf(_SC_PAGESIZE)))),
      stack_budget_(stack_pages_, options.max_stacks, options.max_stack_bytes),
      platform_(v8::platform::NewDefaultPlatform(options.platform_threads), memory_budget_,
                code_budget_, stack_pages_),
      allocator_(v8::ArrayBuffer::Allocator::NewDefaultAllocator()) {
  v8::V8::SetFlagsFromString(V8Flags(options).c_str());
  v8::V8::InitializePlatform(&platform_);
  // Bounds checks of memories by SIGSEGV: 1.27 times faster than compares.
  v8::V8::EnableWebAssemblyTrapHandler(/*use_v8_signal_handler=*/true);
  v8::V8::Initialize();
}

V8Process::~V8Process() {
  v8::V8::Dispose();
  v8::V8::DisposePlatform();
}

v8::Isolate* V8Process::NewIsolate(size_t heap_bytes) {
  // V8's own maximum for the young generation, less for a small heap.
  constexpr size_t kMaxYoungBytes = 48 << 20;
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = allocator_.get();
  params.constraints.set_max_old_generation_size_in_bytes(heap_bytes);
  params.constraints.set_max_young_generation_size_in_bytes(
      std::min(heap_bytes / 8, kMaxYoungBytes));
  v8::Isolate* const isolate = [&] {
    const CodeBudget::NotForModules isolate_code;
    return v8::Isolate::New(params);
  }();
  isolate->SetFatalErrorHandler(OnFatalError);
  isolate->SetOOMErrorHandler(OnOutOfMemory);
  // Promises are for fibers alone, which resume one in each checkpoint.
  isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  return isolate;
}

void V8Process::RunTasks(v8::Isolate* isolate) {
  while (v8::platform::PumpMessageLoop(platform_.default_platform(), isolate)) {
  }
}

void V8Process::WaitAndRunTask(v8::Isolate* isolate) {
  v8::platform::PumpMessageLoop(platform_.default_platform(), isolate,
                                v8::platform::MessageLoopBehavior::kWaitForWork);
}

}  // namespace davit::engine
