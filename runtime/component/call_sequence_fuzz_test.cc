// Any sequence of calls, deferred post-returns, drops, terminations and traps on one instance,
// beside a model that says what each must answer.

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/component/test_host.h"
#include "runtime/engine/store/store.h"

namespace davit::component {
namespace {

void Require(bool condition, std::string_view what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

// What an instance of the guest must know and answer.
struct Model {
  struct Held {
    std::string name;
    uint32_t rep;
  };
  std::vector<Held> held;
  uint32_t destroyed = 0;
  std::optional<std::string> pending;  // the function whose post-return is owed
  bool poisoned = false;
};

// One instance and its model. An operation takes a byte for what it is about.
class Sequence {
 public:
  void Run(const uint8_t* data, size_t size) {
    for (size_t i = 0; i + 1 < size && i < kMaxBytes; i += 2) {
      static constexpr void (Sequence::* kOperations[])(uint8_t) = {
          &Sequence::Make,   &Sequence::Borrow,    &Sequence::Take,       &Sequence::Drop,
          &Sequence::Ask,    &Sequence::Deferred,  &Sequence::PostReturn, &Sequence::Trap,
          &Sequence::Forget, &Sequence::Interrupt, &Sequence::Terminate};
      (this->*kOperations[data[i] % std::size(kOperations)])(data[i + 1]);
      CheckState();
    }
  }

 private:
  static constexpr size_t kMaxBytes = 200;

  // Whether a call may go in; if not, that it is refused as it must be.
  bool MayEnter(const absl::Status& status) {
    if (!model_.poisoned && !model_.pending) return true;
    Require(absl::IsFailedPrecondition(status), "a call is refused while none may start");
    return false;
  }
  const Model::Held* Pick(uint8_t which) const {
    return model_.held.empty() ? nullptr : &model_.held[which % model_.held.size()];
  }
  void Erase(const std::string& name) {
    std::erase_if(model_.held, [&](const Model::Held& held) { return held.name == name; });
  }

  void Make(uint8_t rep) {
    const auto made = guest_.Call(absl::StrCat("make(", rep, ")"));
    if (!MayEnter(made.status())) return;
    Require(made.ok() && made->size() > 2, "make answers a name");
    model_.held.push_back({made->substr(1, made->size() - 2), rep});
  }
  void Borrow(uint8_t which) { Use("rep", which, /*gives_away=*/false); }
  void Take(uint8_t which) { Use("take", which, /*gives_away=*/true); }
  void Use(std::string_view func, uint8_t which, bool gives_away) {
    const Model::Held* const held = Pick(which);
    const Model::Held used = held == nullptr ? Model::Held{"resource/999", 0} : *held;
    const auto rep = guest_.Call(absl::StrCat(func, "(\"", used.name, "\")"));
    if (!MayEnter(rep.status())) return;
    if (held == nullptr) {
      return Require(base::ArgumentPathOf(rep.status()) == "args[0]", "an unknown name is refused");
    }
    Require(rep.ok() && *rep == absl::StrCat(used.rep), "a resource keeps its rep");
    if (!gives_away) return;
    Erase(used.name);
    ++model_.destroyed;
  }
  void Drop(uint8_t which) {
    const Model::Held* const held = Pick(which);
    const std::string name = held == nullptr ? "resource/999" : held->name;
    engine::CellLock lock(guest_.cell());
    const absl::Status status = guest_.instance().DropResource(lock, name, absl::InfiniteFuture());
    if (!MayEnter(status)) return;
    if (held == nullptr) return Require(absl::IsNotFound(status), "an unknown name is not found");
    Require(status.ok(), "a held resource can be dropped");
    Erase(name);
    ++model_.destroyed;
  }
  void Ask(uint8_t /*unused*/) {
    const auto destroyed = guest_.Call("destroyed()");
    if (!MayEnter(destroyed.status())) return;
    Require(destroyed.ok() && *destroyed == absl::StrCat(model_.destroyed),
            "each destructor runs once");
  }
  void Deferred(uint8_t rep) {
    const auto made = guest_.Call(absl::StrCat("make(", rep, ")"), PostReturnMode::kDeferred);
    if (!MayEnter(made.status())) return;
    Require(made.ok(), "a deferred call answers at once");
    model_.held.push_back({made->substr(1, made->size() - 2), rep});
    model_.pending = "make";
  }
  void PostReturn(uint8_t which) {
    const std::string func = which % 2 == 0 ? "make" : "destroyed";
    const absl::Status status = guest_.PostReturn(func);
    const bool due = !model_.poisoned && model_.pending == func;
    Require(due ? status.ok() : absl::IsFailedPrecondition(status),
            "post-return runs when it is due, once, for its function");
    if (due) model_.pending.reset();
  }
  void Trap(uint8_t /*unused*/) {
    const auto result = guest_.Call("drop-twice()");
    if (!MayEnter(result.status())) return;
    Require(base::IsTrap(result.status()), "a handle cannot be dropped twice");
    model_.poisoned = true;
  }
  // Ends a call while it runs, from another thread.
  void Interrupt(uint8_t which) {
    const auto why =
        which % 2 == 0 ? engine::Termination::kCancelled : engine::Termination::kDeleted;
    std::atomic<bool> answered = false;
    std::thread other([&] {
      while (!answered) guest_.instance().Terminate(why);
    });
    const absl::Status status = guest_.Call("spin()").status();
    answered = true;
    other.join();
    if (!MayEnter(status)) return;
    Require(absl::IsCancelled(status), "a call that is terminated says so");
    model_.poisoned = true;
  }
  // While nothing runs it ends nothing, and nothing that runs later.
  void Terminate(uint8_t /*unused*/) { guest_.instance().Terminate(engine::Termination::kDeleted); }
  // What a name meant before means nothing now.
  void Forget(uint8_t number) {
    engine::CellLock lock(guest_.cell());
    const std::string name = absl::StrCat("resource/", number + 1000);
    Require(absl::IsNotFound(guest_.instance().RenewResource(lock, name).status()),
            "nobody can guess a resource");
  }

  void CheckState() {
    Require(guest_.instance().poison().ok() != model_.poisoned, "poison lasts");
    Require(guest_.instance().needs_post_return() == (model_.pending.has_value()),
            "needs-post-return is told");
    engine::CellLock lock(guest_.cell());
    const auto resources = guest_.instance().Resources(lock);
    Require(resources.size() == model_.held.size(), "as many are held");
    for (size_t i = 0; i < resources.size(); ++i) {
      Require(resources[i].name == model_.held[i].name, "in the order they were made in");
    }
  }

  TestInstance guest_{"tests/guests/wat/handles.wasm"};
  Model model_;
};

}  // namespace
}  // namespace davit::component

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  davit::component::Sequence().Run(data, size);
  return 0;
}
