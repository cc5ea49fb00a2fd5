#ifndef DAVIT_SERVER_REGISTRY_COMPILE_ONCE_H_
#define DAVIT_SERVER_REGISTRY_COMPILE_ONCE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace davit::component {
class Component;
}

namespace davit::server {

using ComponentPtr = std::shared_ptr<const component::Component>;
// Runs something that takes long, elsewhere.
using Background = std::function<void(absl::AnyInvocable<void()>)>;

// A component that is made at first use, by one of those who want it, and kept until it is dropped.
// Thread-safe.
class CompileOnce : public std::enable_shared_from_this<CompileOnce> {
 public:
  using Make = std::function<absl::StatusOr<ComponentPtr>()>;
  using Callback = absl::AnyInvocable<void(absl::StatusOr<ComponentPtr>)>;

  // `background` must outlive it. `made` is null where making waits for the first use.
  CompileOnce(Make make, const Background& background, ComponentPtr made = nullptr)
      : make_(std::move(make)), background_(background), made_(std::move(made)) {}

  // Null until it is made. A use.
  ComponentPtr made() const;
  // Forgets the component if nobody else has it: the next use makes it again. Whether it did.
  bool DropUnused();
  // When it was used last: a monotonic clock of some milliseconds.
  int64_t last_use() const { return last_use_.load(std::memory_order_relaxed); }
  // Hands the component to `done`: at once where it is made, else from another thread. Errors:
  // those of making it. A later use tries again.
  void WhenMade(Callback done);
  // The same on this thread, which may take long.
  absl::StatusOr<ComponentPtr> Get();

 private:
  void MakeAndTell();

  const Make make_;
  const Background& background_;
  mutable std::atomic<int64_t> last_use_ = 0;
  mutable absl::Mutex mutex_;
  ComponentPtr made_ ABSL_GUARDED_BY(mutex_);
  std::vector<Callback> waiting_ ABSL_GUARDED_BY(mutex_);  // not empty: being made
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_REGISTRY_COMPILE_ONCE_H_
