#include "runtime/engine/platform.h"

#include <utility>

namespace davit::engine {
namespace {

thread_local uint64_t* allocation_counter = nullptr;

}  // namespace

void PageAllocator::CountOnThisThread(uint64_t* counter) { allocation_counter = counter; }

void* PageAllocator::AllocatePages(void* address, size_t length, size_t alignment,
                                   Permission permissions) {
  if (allocation_counter != nullptr) ++*allocation_counter;
  void* const pages = pages_.AllocatePages(address, length, alignment, permissions);
  if (pages != nullptr) budget_.Reserved(pages, length);
  return pages;
}

// Forgotten first: another thread may get the same address at once.
bool PageAllocator::FreePages(void* address, size_t length) {
  budget_.Unreserved(address);
  return pages_.FreePages(address, length);
}

bool PageAllocator::SetPermissions(void* address, size_t length, Permission permissions) {
  if (permissions != kReadWrite) return pages_.SetPermissions(address, length, permissions);
  const std::optional<size_t> before = budget_.Use(address, length);
  if (!before.has_value()) return false;
  if (pages_.SetPermissions(address, length, permissions)) return true;
  budget_.TakeBack(address, *before);
  return false;
}

std::unique_ptr<v8::JobHandle> Platform::CreateJobImpl(v8::TaskPriority priority,
                                                       std::unique_ptr<v8::JobTask> task,
                                                       const v8::SourceLocation& location) {
  return platform_->CreateJob(priority, std::move(task), location);
}

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
