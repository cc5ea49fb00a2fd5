// Tells ThreadSanitizer what Abseil's synchronization does. Debian's Abseil is compiled without the
// sanitizer, which therefore sees no order between a mutex's holders and would report every datum
// that a mutex guards. The functions here take the library's places at run time, for davit, gRPC
// and Abseil itself: each calls the library's own and says what it synchronizes.
//
// Linked into every program under --config=tsan, and only there.
//
// Debian's gRPC is compiled without it too, and orders its callbacks by means that cannot be told
// from here: races within its headers' inline functions, within the messages that it reads and
// writes, and between one read of an upload and the next are not reported.

#include <dlfcn.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): names of the sanitizer's own.
void __tsan_acquire(void* address);
void __tsan_release(void* address);
const char* __tsan_default_suppressions() {
  return "race_top:/grpcpp/\n"
         "race_top:grpc_core::\n"
         "race:grpc::internal::CallOp\n"
         "race:CatchingCallback\n"
         "race:~CallbackWithSuccessTag\n"
         "race:CallbackClientStreamingHandler\n"
         "race_top:google::protobuf::\n"
         "race_top:davit::v1::\n";
}
// NOLINTEND(bugprone-reserved-identifier)
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

// The library's function of this (mangled) name, as a function that takes the object first.
template <typename Function>
Function* Library(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool AcquireIf(bool acquired, const void* address) {
  if (acquired) __tsan_acquire(const_cast<void*>(address));  // A key only.
  return acquired;
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::lock() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static const auto next = Library<void(Mutex*)>("_ZN4absl8debian105Mutex4lockEv");
  next(this);
  __tsan_acquire(this);
}

void Mutex::unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static const auto next = Library<void(Mutex*)>("_ZN4absl8debian105Mutex6unlockEv");
  __tsan_release(this);
  next(this);
}

bool Mutex::try_lock() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static const auto next = Library<bool(Mutex*)>("_ZN4absl8debian105Mutex8try_lockEv");
  return AcquireIf(next(this), this);
}

void Mutex::lock_shared() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static const auto next = Library<void(Mutex*)>("_ZN4absl8debian105Mutex11lock_sharedEv");
  next(this);
  __tsan_acquire(this);
}

void Mutex::unlock_shared() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static const auto next = Library<void(Mutex*)>("_ZN4absl8debian105Mutex13unlock_sharedEv");
  __tsan_release(this);
  next(this);
}

bool Mutex::try_lock_shared() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  static const auto next = Library<bool(Mutex*)>("_ZN4absl8debian105Mutex15try_lock_sharedEv");
  return AcquireIf(next(this), this);
}

bool Mutex::AwaitCommon(const Condition& condition, synchronization_internal::KernelTimeout timeout)
    ABSL_NO_THREAD_SAFETY_ANALYSIS {
  using Function = bool(Mutex*, const Condition&, synchronization_internal::KernelTimeout);
  static const auto next = Library<Function>(
      "_ZN4absl8debian105Mutex11AwaitCommonERKNS0_9ConditionENS0_24synchronization_"
      "internal13KernelTimeoutE");
  __tsan_release(this);
  const bool holds = next(this, condition, timeout);
  __tsan_acquire(this);
  return holds;
}

bool Mutex::LockWhenCommon(const Condition& condition,
                           synchronization_internal::KernelTimeout timeout,
                           bool write) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  using Function = bool(Mutex*, const Condition&, synchronization_internal::KernelTimeout, bool);
  static const auto next = Library<Function>(
      "_ZN4absl8debian105Mutex14LockWhenCommonERKNS0_9ConditionENS0_24synchronization_"
      "internal13KernelTimeoutEb");
  const bool holds = next(this, condition, timeout, write);
  __tsan_acquire(this);
  return holds;
}

// Whoever holds the mutex evaluates the conditions of those who wait for it, inside the library.
bool Condition::Eval() const {
  static const auto next = Library<bool(const Condition*)>("_ZNK4absl8debian109Condition4EvalEv");
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  const bool holds = next(this);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  return holds;
}

bool CondVar::WaitCommon(Mutex* mutex, synchronization_internal::KernelTimeout timeout)
    ABSL_NO_THREAD_SAFETY_ANALYSIS {
  using Function = bool(CondVar*, Mutex*, synchronization_internal::KernelTimeout);
  static const auto next = Library<Function>(
      "_ZN4absl8debian107CondVar10WaitCommonEPNS0_5MutexENS0_24synchronization_"
      "internal13KernelTimeoutE");
  __tsan_release(mutex);
  const bool timed_out = next(this, mutex, timeout);
  __tsan_acquire(mutex);
  return timed_out;
}

void Notification::Notify() {
  static const auto next = Library<void(Notification*)>("_ZN4absl8debian1012Notification6NotifyEv");
  __tsan_release(&notified_yet_);  // What HasBeenNotified() acquires.
  next(this);
}

void Notification::WaitForNotification() const {
  static const auto next =
      Library<void(const Notification*)>("_ZNK4absl8debian1012Notification19WaitForNotificationEv");
  next(this);
  AcquireIf(true, &notified_yet_);
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static const auto next = Library<bool(const Notification*, Duration)>(
      "_ZNK4absl8debian1012Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  return AcquireIf(next(this, timeout), &notified_yet_);
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  static const auto next = Library<bool(const Notification*, Time)>(
      "_ZNK4absl8debian1012Notification31WaitForNotificationWithDeadlineENS0_4TimeE");
  return AcquireIf(next(this, deadline), &notified_yet_);
}

bool BlockingCounter::DecrementCount() {
  static const auto next =
      Library<bool(BlockingCounter*)>("_ZN4absl8debian1015BlockingCounter14DecrementCountEv");
  __tsan_release(this);
  return next(this);
}

void BlockingCounter::Wait() {
  static const auto next =
      Library<void(BlockingCounter*)>("_ZN4absl8debian1015BlockingCounter4WaitEv");
  next(this);
  __tsan_acquire(this);
}

ABSL_NAMESPACE_END
}  // namespace absl
