#ifndef DAVIT_RUNTIME_WASI_IO_WAIT_H_
#define DAVIT_RUNTIME_WASI_IO_WAIT_H_

#include <atomic>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "runtime/component/host_reply.h"
#include "runtime/wasi/io/reactor.h"
#include "runtime/wasi/io/waker.h"

namespace davit::wasi::io {

namespace internal {

template <typename R>
struct AnswerOf {
  using Type = absl::StatusOr<R>;
};
template <>
struct AnswerOf<void> {
  using Type = absl::Status;
};

template <typename R>
void Give(component::Reply<R>& reply, typename AnswerOf<R>::Type answer) {
  if constexpr (std::is_void_v<R>) {
    answer.ok() ? reply.Return() : reply.Fail(std::move(answer));
  } else {
    answer.ok() ? reply.Return(*std::move(answer)) : reply.Fail(std::move(answer).status());
  }
}

// One wait of an instance: tries again on the reactor's thread whenever it is woken, until it has
// succeeded or is cancelled.
class Wait final : public Wakee, public std::enable_shared_from_this<Wait> {
 public:
  // Whether it is done; if not, it has armed the waker.
  using Attempt = absl::AnyInvocable<bool(const Waker& waker)>;

  Wait(Reactor& reactor, Attempt attempt) : reactor_(reactor), attempt_(std::move(attempt)) {}

  // Tries now, on this thread.
  void Try();
  void Wake() override;
  // Afterwards nothing is tried, nor being tried.
  void Cancel();

 private:
  Reactor& reactor_;
  std::atomic<bool> is_posted_ = false;
  absl::Mutex mutex_;
  Attempt attempt_ ABSL_GUARDED_BY(mutex_);
};

// Tries, and gives `reply` its Wait to cancel.
template <typename R>
void Begin(Reactor& reactor, component::Reply<R> reply, auto attempt) {
  auto shared = std::make_shared<component::Reply<R>>(std::move(reply));
  auto wait = std::make_shared<Wait>(
      reactor, [shared, attempt = std::move(attempt)](const Waker& waker) mutable {
        std::optional<typename AnswerOf<R>::Type> answer = attempt(waker);
        if (!answer) return false;
        Give(*shared, *std::move(answer));
        return true;
      });
  shared->OnCancel([wait] { wait->Cancel(); });
  wait->Try();
}

}  // namespace internal

// Answers `reply` with what `attempt` gives, now or as soon as it gives anything: a function of a
// Waker (which tells nobody at the first time) that returns std::optional<absl::StatusOr<R>>, or
// absl::Status for void. Where it returns nothing, it has armed the waker on all that could change
// that. It is called on this thread, then on the reactor's, but never after the call has ended, so
// that it may use what the instance has.
template <typename R, typename F>
void Await(Reactor& reactor, component::Reply<R> reply, F attempt) {
  if (std::optional<typename internal::AnswerOf<R>::Type> answer = attempt(Waker())) {
    return internal::Give(reply, *std::move(answer));
  }
  internal::Begin(reactor, std::move(reply), std::move(attempt));
}

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_WAIT_H_
