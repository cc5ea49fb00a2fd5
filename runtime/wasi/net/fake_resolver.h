#ifndef DAVIT_RUNTIME_WASI_NET_FAKE_RESOLVER_H_
#define DAVIT_RUNTIME_WASI_NET_FAKE_RESOLVER_H_

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/wasi/net/resolver.h"

namespace davit::wasi::net {

// For tests: knows what it is told, and may be made to wait.
class FakeResolver final : public Resolver {
 public:
  ~FakeResolver() override { Answer(); }

  // What the name has from now on. Given more than once, each answer is given once and the last
  // for ever: as a server does to whom a name is bound anew.
  void Add(const std::string& name, const std::vector<std::string_view>& addresses) {
    std::vector<IpAddress> parsed;
    for (const std::string_view address : addresses) parsed.push_back(*IpAddress::Parse(address));
    Add(name, Resolution(std::move(parsed)));
  }
  void Add(const std::string& name, Resolution resolution) {
    absl::MutexLock lock(mutex_);
    answers_[name].push_back(std::move(resolution));
  }
  // Questions wait until Answer().
  void Hold() {
    absl::MutexLock lock(mutex_);
    is_held_ = true;
  }
  void Answer() {
    std::vector<std::pair<std::string, Done>> waiting;
    {
      absl::MutexLock lock(mutex_);
      is_held_ = false;
      waiting = std::exchange(waiting_, {});
    }
    for (auto& [name, done] : waiting) done(Next(name));
  }
  // Of which Resolve() has been asked.
  int asked() const {
    absl::MutexLock lock(mutex_);
    return asked_;
  }

  void Resolve(const std::string& name, Done done) override {
    {
      absl::MutexLock lock(mutex_);
      ++asked_;
      if (is_held_) return void(waiting_.emplace_back(name, std::move(done)));
    }
    done(Next(name));
  }

 private:
  Resolution Next(const std::string& name) {
    absl::MutexLock lock(mutex_);
    const auto known = answers_.find(name);
    if (known == answers_.end()) {
      return std::unexpected(ResolveFailure{ResolveFailure::Code::kUnknownName, "NXDOMAIN"});
    }
    Resolution next = known->second.front();
    if (known->second.size() > 1) known->second.pop_front();
    return next;
  }

  mutable absl::Mutex mutex_;
  std::map<std::string, std::deque<Resolution>> answers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, Done>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_held_ ABSL_GUARDED_BY(mutex_) = false;
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace davit::wasi::net

#endif  // DAVIT_RUNTIME_WASI_NET_FAKE_RESOLVER_H_
