#ifndef DAVIT_SERVER_COMPILE_ONCE_H_
#define DAVIT_SERVER_COMPILE_ONCE_H_

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

// A component that is made at first use, by one of those who want it, and kept. Thread-safe.
class CompileOnce : public std::enable_shared_from_this<CompileOnce> {
 public:
  using Make = std::function<absl::StatusOr<ComponentPtr>()>;
  using Callback = absl::AnyInvocable<void(absl::StatusOr<ComponentPtr>)>;

  // `background` must outlive it. `made` is null where making waits for the first use.
  CompileOnce(Make make, const Background& background, ComponentPtr made = nullptr)
      : make_(std::move(make)), background_(background), made_(std::move(made)) {}

  // Null until it is made.
  ComponentPtr made() const;
  // Hands the component to `done`: at once where it is made, else from another thread. Errors:
  // those of making it. A later use tries again.
  void WhenMade(Callback done);
  // The same on this thread, which may take long.
  absl::StatusOr<ComponentPtr> Get();

 private:
  void MakeAndTell();

  const Make make_;
  const Background& background_;
  mutable absl::Mutex mutex_;
  ComponentPtr made_ ABSL_GUARDED_BY(mutex_);
  std::vector<Callback> waiting_ ABSL_GUARDED_BY(mutex_);  // not empty: being made
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_COMPILE_ONCE_H_
