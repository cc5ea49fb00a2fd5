#ifndef DAVIT_RUNTIME_ENGINE_CELL_FIBER_TEST_UTIL_H_
#define DAVIT_RUNTIME_ENGINE_CELL_FIBER_TEST_UTIL_H_

#include <v8-platform.h>
#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/engine/cell/wasm_api.h"

// V8's stacks for guests that park (JSPI), without an Engine: for tests and benchmarks that say
// what V8 itself does.
namespace davit::engine {

// What --wasm-stack-switching-stack-size is in these programs, and how far guests on the thread's
// stack may go.
inline constexpr size_t kStackKb = 512;

// How long a stack is with that flag: what guests may use and 40 KB of V8's own, together no more
// than --stack-size (984 KB), in whole pages.
size_t TestStackBytes(size_t stack_kb, size_t stack_size_flag_kb = 984);

// What V8 asked of its page allocator.
struct PageCall {
  enum class Kind : uint8_t { kAllocate, kFree, kDecommit, kOther };
  Kind kind = Kind::kOther;
  std::byte* address = nullptr;
  size_t length = 0;
  // Of kAllocate.
  void* hint = nullptr;
  size_t alignment = 0;
  v8::PageAllocator::Permission permissions = v8::PageAllocator::kNoAccess;
};

// V8's page allocator, which remembers what it is asked and may give stacks that end to new ones.
// Thread-safe.
class TestPages final : public v8::PageAllocator {
 public:
  // Nothing unless `pages` is set.
  void set_pages(v8::PageAllocator* pages) { pages_ = pages; }
  // Allocations of exactly so many bytes are served from decommitted ranges of that length; 0:
  // none.
  void PoolRangesOf(size_t length);
  // Calls from now on, until TakeCalls.
  void Record();
  std::vector<PageCall> TakeCalls();
  size_t pooled() const {
    const absl::MutexLock lock(mutex_);
    return pool_.size();
  }

  size_t AllocatePageSize() override { return pages_->AllocatePageSize(); }
  size_t CommitPageSize() override { return pages_->CommitPageSize(); }
  void SetRandomMmapSeed(int64_t seed) override { pages_->SetRandomMmapSeed(seed); }
  void* GetRandomMmapAddr() override { return pages_->GetRandomMmapAddr(); }
  void* AllocatePages(void* hint, size_t length, size_t alignment, Permission permissions) override;
  bool FreePages(void* address, size_t length) override;
  bool ReleasePages(void* address, size_t length, size_t new_length) override;
  bool SetPermissions(void* address, size_t length, Permission permissions) override;
  bool RecommitPages(void* address, size_t length, Permission permissions) override;
  bool DiscardSystemPages(void* address, size_t length) override;
  bool DecommitPages(void* address, size_t length) override;
  bool SealPages(void* address, size_t length) override;

 private:
  void Saw(PageCall call);
  void* TakePooled(size_t length);

  v8::PageAllocator* pages_ = nullptr;
  mutable absl::Mutex mutex_;
  bool recording_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<PageCall> calls_ ABSL_GUARDED_BY(mutex_);
  size_t pooled_length_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<void*> pool_ ABSL_GUARDED_BY(mutex_);
};

// V8's default platform with these pages.
class TestPlatform final : public v8::Platform {
 public:
  TestPlatform();

  TestPages& pages() { return pages_; }

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
  double MonotonicallyIncreasingTime() override { return platform_->MonotonicallyIncreasingTime(); }
  double CurrentClockTimeMillis() override { return platform_->CurrentClockTimeMillis(); }
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
  TestPages pages_;
};

// V8 in this process, started when first asked for and never ended, with davit's flags and those of
// its stacks. Its flags may be changed by SetFlagsFromString afterwards.
class TestV8 {
 public:
  static TestV8& Get();

  TestPages& pages() { return platform_.pages(); }
  // As V8Process::NewIsolate.
  v8::Isolate* NewIsolate();

 private:
  TestV8();

  TestPlatform platform_;
  const std::unique_ptr<v8::ArrayBuffer::Allocator> buffers_;
};

// A guest's stack of its own.
struct TestFiber {
  // Not empty: it is parked.
  v8::Global<v8::Promise::Resolver> parked;
  // What the call that began it answered.
  v8::Global<v8::Promise> outcome;
};

// What the functions of testdata/fiber_guest.wat do: with kWait they park again, with a larger
// number than these they return it. kSpin and kCall call the host first, with their own number.
enum What : int32_t {
  kWait = 0,
  kUnreachable = 1,
  kOutOfBounds = 2,
  kSpin = 3,
  kOverflow = 4,
  kThrowAndCatch = 5,  // 51
  kCall = 6,           // What the host answered.
  kReturn = 7,
  kThrow = 8,
};
inline constexpr int32_t kCaught = 60;     // What run_caught answers when it has caught something.
inline constexpr int32_t kLegsEnded = 70;  // What legs answers.

// An isolate of its own with one instance of a module that imports "host" "park", a
// WebAssembly.Suspending, and "host" "call", a function of the test.
class TestGuest {
 public:
  using Host = std::function<int32_t(int32_t)>;

  // The isolate on this thread. One at a time; any thread.
  class Lock {
   public:
    explicit Lock(TestGuest& guest);

   private:
    const v8::Locker locker_;
    const v8::Isolate::Scope isolate_scope_;
    const v8::HandleScope handles_;
    const v8::Context::Scope context_scope_;
  };

  // `path` of the module, below the root of the sources.
  explicit TestGuest(const std::string& path = "runtime/engine/cell/testdata/fiber_guest.wasm");
  // Parked or not, nothing is left of its fibers. REQUIRES: no lock of it.
  ~TestGuest();
  TestGuest(const TestGuest&) = delete;
  TestGuest& operator=(const TestGuest&) = delete;

  v8::Isolate* isolate() const { return isolate_; }

  // Everything below needs the lock.

  void set_host(Host host) { host_ = std::move(host); }

  v8::Local<v8::Context> context() const { return context_.Get(isolate_); }
  v8::Local<v8::Value> Export(std::string_view name) const;
  // An export as it is, and one that runs on a stack of its own.
  v8::Local<v8::Function> Plain(std::string_view name) const;
  v8::Local<v8::Function> Promising(std::string_view name) const;

  // Calls `function` on the thread's stack: its result, or the exception's text.
  std::string Call(v8::Local<v8::Function> function, int32_t arg);
  // Calls `promising`. Whether it was not terminated meanwhile.
  bool Start(TestFiber& fiber, v8::Local<v8::Function> promising, int32_t arg);
  // Lets the fiber go on with `value`, or with an exception, at the next checkpoint.
  void Resolve(TestFiber& fiber, int32_t value);
  void Reject(TestFiber& fiber);
  // Runs what was resolved. Whether nothing was terminated meanwhile.
  bool Checkpoint();
  // Resolve and Checkpoint.
  bool Resume(TestFiber& fiber, int32_t value);
  // "pending", "fulfilled 7" or "rejected RuntimeError: unreachable".
  std::string OutcomeOf(const TestFiber& fiber) const;

  void FullGc() { isolate_->LowMemoryNotification(); }
  void MinorGc() {
    isolate_->RequestGarbageCollectionForTesting(v8::Isolate::kMinorGarbageCollection);
  }

 private:
  static void OnPark(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void OnCall(const v8::FunctionCallbackInfo<v8::Value>& info);
  v8::Local<v8::Value> Suspending(v8::Local<v8::Function> function) const;
  v8::Local<v8::Object> Imports() const;

  v8::Isolate* const isolate_;
  v8::Global<v8::Context> context_;
  std::unique_ptr<WasmApi> api_;
  v8::Global<v8::Object> exports_;
  Host host_;
  TestFiber* running_ = nullptr;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_FIBER_TEST_UTIL_H_
