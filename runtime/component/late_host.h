#ifndef DAVIT_RUNTIME_COMPONENT_LATE_HOST_H_
#define DAVIT_RUNTIME_COMPONENT_LATE_HOST_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "runtime/component/linker.h"

namespace davit::component {

// For tests: a host whose functions answer when it is told to: wait(n) with 10 * n, echo(text) with
// it twice. Thread-safe.
class LateHost {
 public:
  LateHost() {
    const auto wait = [this](uint32_t n, Reply<uint32_t> reply) {
      reply.OnCancel([this] { ++cancelled_; });
      Keep([n, reply = std::move(reply)]() mutable { reply.Return(10 * n); });
    };
    const auto echo = [this](const std::string& text, Reply<std::string> reply) {
      Keep([text, reply = std::move(reply)]() mutable { reply.Return(absl::StrCat(text, text)); });
    };
    EXPECT_TRUE(linker_->DefineFunc("", "wait", WaitingOverValues<uint32_t(uint32_t)>(wait)).ok());
    EXPECT_TRUE(
        linker_->DefineFunc("", "echo", WaitingOverValues<std::string(std::string)>(echo)).ok());
  }

  std::shared_ptr<const Linker> linker() const { return linker_; }
  // Whether it answers before it returns, from now on.
  void set_at_once(bool at_once) { at_once_ = at_once; }

  // Gives the answer that is due for longest; waits until there is one.
  void Answer() {
    absl::AnyInvocable<void()> answer;
    {
      absl::MutexLock lock(mutex_);
      const auto is_asked = [this]()
                                ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !kept_.empty(); };
      mutex_.Await(absl::Condition(&is_asked));
      answer = std::move(kept_.front());
      kept_.pop_front();
    }
    answer();
  }
  // Gives one of those due, if there are any.
  void AnswerAny(std::mt19937& random) {
    absl::AnyInvocable<void()> answer;
    {
      absl::MutexLock lock(mutex_);
      if (kept_.empty()) return;
      std::swap(kept_.front(), kept_[random() % kept_.size()]);
      answer = std::move(kept_.front());
      kept_.pop_front();
    }
    answer();
  }
  // Drops all that are due.
  void Forget() {
    std::deque<absl::AnyInvocable<void()>> dropped;
    {
      absl::MutexLock lock(mutex_);
      dropped.swap(kept_);
    }
  }
  // Answers that are due, also to calls that have ended.
  size_t asked() {
    absl::MutexLock lock(mutex_);
    return kept_.size();
  }
  // Calls of wait() that have ended otherwise.
  int cancelled() const { return cancelled_; }

 private:
  void Keep(absl::AnyInvocable<void()> answer) {
    if (at_once_) return answer();
    absl::MutexLock lock(mutex_);
    kept_.push_back(std::move(answer));
  }

  const std::shared_ptr<Linker> linker_ = std::make_shared<Linker>();
  std::atomic<bool> at_once_ = false;
  std::atomic<int> cancelled_ = 0;
  absl::Mutex mutex_;
  std::deque<absl::AnyInvocable<void()>> kept_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LATE_HOST_H_
