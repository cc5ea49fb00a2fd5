#ifndef DAVIT_RUNTIME_ENGINE_PLATFORM_H_
#define DAVIT_RUNTIME_ENGINE_PLATFORM_H_

#include <v8-platform.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "runtime/engine/memory_budget.h"

namespace davit::engine {

// V8's page allocator, asked for memories within a budget only: a memory.grow beyond it is -1.
// Tells each cell when its heap may have grown.
class PageAllocator final : public v8::PageAllocator {
 public:
  PageAllocator(v8::PageAllocator& pages, MemoryBudget& budget) : pages_(pages), budget_(budget) {}

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
  bool RecommitPages(void* address, size_t length, Permission permissions) override {
    return pages_.RecommitPages(address, length, permissions);
  }
  bool DiscardSystemPages(void* address, size_t size) override {
    return pages_.DiscardSystemPages(address, size);
  }
  bool DecommitPages(void* address, size_t size) override {
    return pages_.DecommitPages(address, size);
  }
  bool SealPages(void* address, size_t length) override {
    return pages_.SealPages(address, length);
  }

 private:
  v8::PageAllocator& pages_;
  MemoryBudget& budget_;
};

// V8's default platform with this page allocator in place of its own.
class Platform final : public v8::Platform {
 public:
  Platform(std::unique_ptr<v8::Platform> platform, MemoryBudget& budget)
      : platform_(std::move(platform)), pages_(*platform_->GetPageAllocator(), budget) {}

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
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PLATFORM_H_
