#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_PLATFORM_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_PLATFORM_H_

#include <v8-platform.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/engine/process/code_budget.h"
#include "runtime/engine/process/memory_budget.h"
#include "runtime/engine/process/stack_pages.h"

namespace davit::engine {

// Slot of an isolate's embedder data: the RunClock of the cell that it belongs to, or null.
inline constexpr uint32_t kRunClockSlot = 1;

// V8's page allocator, asked for memories within a budget only: a memory.grow beyond it is -1. The
// machine code of modules is counted, and a guest whose code goes past its budget is ended. Tells
// each cell when its heap may have grown.
class PageAllocator final : public v8::PageAllocator {
 public:
  // `stacks`: of fibers, which are kept apart.
  PageAllocator(v8::PageAllocator& pages, MemoryBudget& memory, CodeBudget& code,
                StackPages& stacks)
      : pages_(pages), memory_(memory), code_(code), stacks_(stacks) {}

  size_t AllocatePageSize() override { return pages_.AllocatePageSize(); }
  size_t CommitPageSize() override { return pages_.CommitPageSize(); }
  void SetRandomMmapSeed(int64_t seed) override { pages_.SetRandomMmapSeed(seed); }
  void* GetRandomMmapAddr() override { return pages_.GetRandomMmapAddr(); }
  void* AllocatePages(void* address, size_t length, size_t alignment,
                      Permission permissions) override;
  // Counts in `*counter` what this thread allocates from now on; null: nowhere.
  static void CountOnThisThread(uint64_t* counter);
  bool FreePages(void* address, size_t length) override;
  bool ReleasePages(void* address, size_t length, size_t new_length) override {
    return pages_.ReleasePages(address, length, new_length);
  }
  bool SetPermissions(void* address, size_t length, Permission permissions) override;
  bool RecommitPages(void* address, size_t length, Permission permissions) override;
  bool DiscardSystemPages(void* address, size_t size) override {
    return pages_.DiscardSystemPages(address, size);
  }
  bool DecommitPages(void* address, size_t size) override;
  bool SealPages(void* address, size_t length) override {
    return pages_.SealPages(address, length);
  }

 private:
  v8::PageAllocator& pages_;
  MemoryBudget& memory_;
  CodeBudget& code_;
  StackPages& stacks_;
};

// What is compiled in the background now. Thread-safe.
class CompileGate {
 public:
  using Job = std::shared_ptr<const v8::JobTask>;

  // The jobs that compile one module each, for as long as V8 keeps them.
  void Add(Job job) {
    absl::MutexLock lock(mutex_);
    jobs_.insert(std::move(job));
  }
  void Remove(const Job& job) {
    absl::MutexLock lock(mutex_);
    jobs_.erase(job);
  }
  // Whether anything is compiled or waits for it. Asked of the jobs without the mutex: V8 may end a
  // module within the question.
  bool IsBusy() ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether one more may be. If so, Leave() follows.
  bool Enter() {
    absl::MutexLock lock(mutex_);
    if (closed_) return false;
    ++compiling_;
    return true;
  }
  void Leave() {
    absl::MutexLock lock(mutex_);
    --compiling_;
  }
  bool closed() {
    absl::MutexLock lock(mutex_);
    return closed_;
  }
  bool Close(absl::Duration wait) {
    absl::MutexLock lock(mutex_);
    closed_ = true;
    const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return compiling_ == 0; };
    return mutex_.AwaitWithTimeout(absl::Condition(&none), wait);
  }

 private:
  std::vector<Job> jobs() {
    absl::MutexLock lock(mutex_);
    return {jobs_.begin(), jobs_.end()};
  }

  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  uint32_t compiling_ ABSL_GUARDED_BY(mutex_) = 0;
};

// V8's default platform with this page allocator in place of its own. Modules are compiled in the
// background as long as there is room for their code; what is left then V8 takes up when it next
// has something to compile for the same module.
class Platform final : public v8::Platform {
 public:
  Platform(std::unique_ptr<v8::Platform> platform, MemoryBudget& memory, CodeBudget& code,
           StackPages& stacks)
      : platform_(std::move(platform)),
        pages_(*platform_->GetPageAllocator(), memory, code, stacks),
        code_(code) {}

  // Lets no compile begin from now on, and waits so long for those under way. Whether they have
  // ended. Thread-safe.
  bool StopCompiling(absl::Duration wait);
  // Whether functions of modules are compiled in the background now, or wait for it. Thread-safe.
  bool IsCompiling() const { return gate_->IsBusy(); }

  // What libplatform's functions want, which know no other.
  v8::Platform* default_platform() { return platform_.get(); }

  v8::PageAllocator* GetPageAllocator() override { return &pages_; }
  v8::ThreadIsolatedAllocator* GetThreadIsolatedAllocator() override {
    return platform_->GetThreadIsolatedAllocator();
  }
  void OnCriticalMemoryPressure() override { platform_->OnCriticalMemoryPressure(); }
  int NumberOfWorkerThreads() override { return platform_->NumberOfWorkerThreads(); }
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner(v8::Isolate* isolate,
                                                          v8::TaskPriority priority) override {
    return platform_->GetForegroundTaskRunner(isolate, priority);
  }
  bool IdleTasksEnabled(v8::Isolate* isolate) override {
    return platform_->IdleTasksEnabled(isolate);
  }
  std::unique_ptr<v8::ScopedBlockingCall> CreateBlockingScope(v8::BlockingType type) override {
    return platform_->CreateBlockingScope(type);
  }
  double MonotonicallyIncreasingTime() override { return platform_->MonotonicallyIncreasingTime(); }
  double CurrentClockTimeMillis() override { return platform_->CurrentClockTimeMillis(); }
  StackTracePrinter GetStackTracePrinter() override { return platform_->GetStackTracePrinter(); }
  v8::TracingController* GetTracingController() override {
    return platform_->GetTracingController();
  }

 protected:
  std::unique_ptr<v8::JobHandle> CreateJobImpl(v8::TaskPriority priority,
                                               std::unique_ptr<v8::JobTask> task,
                                               const v8::SourceLocation& location) override;
  void PostTaskOnWorkerThreadImpl(v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
                                  const v8::SourceLocation& location) override;
  void PostDelayedTaskOnWorkerThreadImpl(v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
                                         double delay_in_seconds,
                                         const v8::SourceLocation& location) override;

 private:
  const std::unique_ptr<v8::Platform> platform_;
  PageAllocator pages_;
  const CodeBudget& code_;
  const std::shared_ptr<CompileGate> gate_ = std::make_shared<CompileGate>();
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_PLATFORM_H_
