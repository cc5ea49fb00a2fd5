#include "runtime/engine/process/platform.h"

#include <v8.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "runtime/engine/process/watchdog.h"

namespace davit::engine {
namespace {

thread_local uint64_t* allocation_counter = nullptr;

// Ends the guest for whose call this thread compiles, if it does.
void EndGuest() {
  v8::Isolate* const isolate = v8::Isolate::TryGetCurrent();
  if (isolate == nullptr) return;
  auto* const clock = static_cast<RunClock*>(isolate->GetData(kRunClockSlot));
  if (clock != nullptr) clock->ShootActive(Termination::kCode);
}

// What V8 calls the function that makes the jobs that compile one module.
bool CompilesModules(const v8::SourceLocation& location) {
  return location.Function() != nullptr &&
         std::string_view(location.Function()) == "InitCompileJob";
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // V8 destroys no delegate by its base.

// Lets a job do one thing at a time: V8 would keep what it has compiled to itself, up to an eighth
// of all functions, before it commits the code of any.
class OneAtATime final : public v8::JobDelegate {
 public:
  explicit OneAtATime(v8::JobDelegate& delegate) : delegate_(delegate) {}
  bool ShouldYield() override { return true; }
  void NotifyConcurrencyIncrease() override { delegate_.NotifyConcurrencyIncrease(); }
  uint8_t GetTaskId() override { return delegate_.GetTaskId(); }
  bool IsJoiningThread() const override { return delegate_.IsJoiningThread(); }

 private:
  v8::JobDelegate& delegate_;
};

#pragma GCC diagnostic pop

class CompileTask final : public v8::JobTask {
 public:
  CompileTask(std::unique_ptr<v8::JobTask> task, const CodeBudget& code,
              std::shared_ptr<CompileGate> gate)
      : task_(std::move(task)), code_(code), gate_(std::move(gate)) {
    gate_->Add(task_);
  }
  ~CompileTask() override { gate_->Remove(task_); }
  void Run(v8::JobDelegate* delegate) override {
    if (code_.exhausted() || !gate_->Enter()) return;
    OneAtATime one(*delegate);
    task_->Run(&one);
    gate_->Leave();
  }
  size_t GetMaxConcurrency(size_t worker_count) const override {
    return code_.exhausted() || gate_->closed() ? 0 : task_->GetMaxConcurrency(worker_count);
  }

 private:
  const std::shared_ptr<v8::JobTask> task_;
  const CodeBudget& code_;
  const std::shared_ptr<CompileGate> gate_;
};

}  // namespace

// A job counts what no thread has taken up yet, and what a thread takes up it takes up within the
// gate: so in this order.
bool CompileGate::IsBusy() {
  const auto has_work = [](const Job& job) { return job->GetMaxConcurrency(0) > 0; };
  if (std::ranges::any_of(jobs(), has_work)) return true;
  absl::MutexLock lock(mutex_);
  return compiling_ > 0;
}

void PageAllocator::CountOnThisThread(uint64_t* counter) { allocation_counter = counter; }

void* PageAllocator::AllocatePages(void* address, size_t length, size_t alignment,
                                   Permission permissions) {
  if (allocation_counter != nullptr) ++*allocation_counter;
  if (length == stacks_.stack_bytes() && address == nullptr && alignment <= AllocatePageSize() &&
      permissions == kReadWrite) {
    return stacks_.Allocate();
  }
  void* const pages = pages_.AllocatePages(address, length, alignment, permissions);
  if (pages == nullptr) return nullptr;
  memory_.Reserved(pages, length);
  if (permissions == kNoAccessWillJitLater) code_.Reserved(pages, length);
  return pages;
}

// Forgotten first: another thread may get the same address at once.
bool PageAllocator::FreePages(void* address, size_t length) {
  if (length == stacks_.stack_bytes() && stacks_.Release(address)) return true;
  memory_.Unreserved(address);
  code_.Unreserved(address);
  return pages_.FreePages(address, length);
}

bool PageAllocator::SetPermissions(void* address, size_t length, Permission permissions) {
  if (permissions != kReadWrite) return pages_.SetPermissions(address, length, permissions);
  const std::optional<size_t> before = memory_.Use(address, length);
  if (!before.has_value()) return false;
  if (pages_.SetPermissions(address, length, permissions)) return true;
  memory_.TakeBack(address, *before);
  return false;
}

// V8 commits pages of its reservations this way for machine code alone.
bool PageAllocator::RecommitPages(void* address, size_t length, Permission permissions) {
  if (!pages_.RecommitPages(address, length, permissions)) return false;
  code_.Committed(address, length);
  if (code_.exhausted()) [[unlikely]]
    EndGuest();
  return true;
}

bool PageAllocator::DecommitPages(void* address, size_t size) {
  if (size == stacks_.stack_bytes() && stacks_.Release(address)) return true;
  code_.Decommitted(address, size);
  return pages_.DecommitPages(address, size);
}

std::unique_ptr<v8::JobHandle> Platform::CreateJobImpl(v8::TaskPriority priority,
                                                       std::unique_ptr<v8::JobTask> task,
                                                       const v8::SourceLocation& location) {
  if (CompilesModules(location))
    task = std::make_unique<CompileTask>(std::move(task), code_, gate_);
  return platform_->CreateJob(priority, std::move(task), location);
}

bool Platform::StopCompiling(absl::Duration wait) { return gate_->Close(wait); }

void Platform::PostTaskOnWorkerThreadImpl(v8::TaskPriority priority, std::unique_ptr<v8::Task> task,
                                          const v8::SourceLocation& location) {
  platform_->PostTaskOnWorkerThread(priority, std::move(task), location);
}

void Platform::PostDelayedTaskOnWorkerThreadImpl(v8::TaskPriority priority,
                                                 std::unique_ptr<v8::Task> task,
                                                 double delay_in_seconds,
                                                 const v8::SourceLocation& location) {
  platform_->PostDelayedTaskOnWorkerThread(priority, std::move(task), delay_in_seconds, location);
}

}  // namespace davit::engine
