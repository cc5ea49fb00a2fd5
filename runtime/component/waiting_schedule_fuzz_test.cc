// Any schedule of calls that wait: starts, answers, drives, deadlines and ends on a few instances
// of one cell, from several threads, beside a model that says what each must come to.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "runtime/base/error.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker.h"
#include "runtime/component/test_host.h"
#include "runtime/component/waiting_model.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/process/termination.h"

namespace davit::component {
namespace {

using absl::StatusCode;
using engine::CellLock;
using engine::Termination;
using model::Asked;
using model::CodeOf;
using model::Entry;
using model::Require;
using model::Run;
using model::Slot;
using model::Then;
using model::Verdict;

constexpr char kGuest[] = "tests/guests/wat/waits.wasm";
// An operation takes three bytes: which (the highest bit: on another thread), on which instance or
// reply, and how.
class Sequence {
 public:
  explicit Sequence(uint8_t shape)
      : max_stacks_(shape % 4 == 0 ? 2 : 8192),
        cell_goes_first_((shape & 4) != 0),
        replies_go_first_((shape & 8) != 0) {
    cell_ = TestEngine().NewCell({.max_stacks = max_stacks_}).value();
    Require(linker_
                ->DefineFunc("", "wait",
                             WaitingOverValues<uint32_t(uint32_t)>(
                                 [this](uint32_t n, Reply<uint32_t> reply) {
                                   auto asked = std::make_unique<Asked>(n);
                                   asked->number.emplace(std::move(reply));
                                   Ask(std::move(asked));
                                 }))
                .ok(),
            "the host has wait");
    Require(linker_
                ->DefineFunc("", "echo",
                             WaitingOverVals([this](const canon::ValArgs& args, HostReply reply) {
                               auto asked = std::make_unique<Asked>(args[0].string());
                               asked->text.emplace(std::move(reply));
                               Ask(std::move(asked));
                             }))
                .ok(),
            "the host has echo");
  }

  void Execute(const uint8_t* data, size_t size) {
    for (size_t i = 0; i + 2 < size && i < kMaxBytes; i += 3) {
      static constexpr void (Sequence::* kOperations[])(uint8_t, uint8_t) = {
          &Sequence::Start,      &Sequence::Start,        &Sequence::Call,      &Sequence::Answer,
          &Sequence::Answer,     &Sequence::Register,     &Sequence::SetHost,   &Sequence::DriveOne,
          &Sequence::DriveOne,   &Sequence::DriveAll,     &Sequence::Terminate, &Sequence::Delete,
          &Sequence::PostReturn, &Sequence::DropResource, &Sequence::Restore,   &Sequence::Race};
      on_other_thread_ = (data[i] & 0x80) != 0;
      (this->*kOperations[data[i] % std::size(kOperations)])(data[i + 1], data[i + 2]);
      CheckState();
    }
    End();
  }

  // Of a sink: what ends here has waited.
  void HasEnded(Run& run, const absl::Status& status) {
    const bool others_wake = terminator_ || has_helper_;
    terminator_.reset();
    if (others_wake) run.slot->wakes = *run.slot->woken;
    Require(!run.over, "a sink is told once, and not of what an instance took with it");
    Require(run.slot->waiting == &run, "a sink is told of the call that waits");
    run.slot->waiting = nullptr;
    run.slot->ended.reset();
    Require(!run.while_waiting || base::IsWhileWaiting(status) == *run.while_waiting,
            "it is told whether it waited");
    Finish(run, status);
    if (run.then == Then::kStartsNext) {
      StartOne(*lock_, *run.slot, NewRun(*run.slot, Entry::kDirect, run.n + 1));
    } else if (run.then == Then::kDeletesInstance) {
      DeleteNow(*run.slot);
    }
  }

 private:
  static constexpr size_t kMaxBytes = 180;
  static constexpr absl::Duration kSoon = absl::Milliseconds(5);

  // What the host does when it is asked...
  enum class Mode : uint8_t { kKeeps, kAnswers, kFails, kForgets };
  // ... and before, once.
  enum class Act : uint8_t { kNone, kTerminatesAsker, kDeletesOther, kCallsOther, kDrivesOther };
  // What another thread does for a call whose thread waits.
  enum class Helper : uint8_t { kAnswers, kFails, kForgets, kTerminates, kNobody };

  // Ends what runs in an instance, whenever it does.
  class Terminator {
   public:
    explicit Terminator(Instance& instance)
        : thread_([this, &instance] {
            while (!done_) instance.Terminate(Termination::kCancelled);
          }) {}
    ~Terminator() {
      done_ = true;
      thread_.join();
    }

   private:
    std::atomic<bool> done_ = false;
    std::thread thread_;
  };

  // ---- Threads and locks ----

  template <typename F>
  void OnThread(F body) const {
    if (on_other_thread_) {
      std::thread(body).join();
    } else {
      body();
    }
  }
  template <typename F>
  void Locked(F body) {
    OnThread([&] {
      CellLock lock(*cell_);
      lock_ = &lock;
      body(lock);
      CheckHeld(lock);
      lock_ = nullptr;
    });
    buried_ = 0;
  }

  Slot& At(CellLock& lock, uint8_t which) {
    Slot& slot = slots_[which % slots_.size()];
    if (slot.instance != nullptr) return slot;
    slot = Slot();
    slot.instance = Create(lock);
    slot.woken = std::make_shared<std::atomic<int>>(0);
    slot.instance->SetWaker([woken = slot.woken] { ++*woken; });
    if ((which & 0x80) != 0) {
      slot.restorable = slot.instance->MakeRestorable(lock).value();
      Require(slot.restorable, "the guest can be restored");
    }
    return slot;
  }
  std::unique_ptr<Instance> Create(CellLock& lock) const {
    static const auto& component = *new auto(CompileGuest(kGuest));
    return Instance::Create(lock, component, linker_, {}, absl::InfiniteFuture()).value();
  }

  // ---- The host ----

  void SetHost(uint8_t mode, uint8_t act) {
    mode_ = static_cast<Mode>(mode % 8 < 4 ? mode % 4 : 0);
    act_ = static_cast<Act>(act % 5);
    registers_ = (act & 0x40) == 0;
  }

  void Ask(std::unique_ptr<Asked> asked) {
    Run& run = *running_;
    Fold(run);
    Require(!run.over && !run.end && run.answered < Info(run).asks, "a guest asks when it runs");
    Require(
        run.entry == Entry::kSay ? asked->said == TextOf(run) : asked->n == run.n + run.answered,
        "a guest asks what it was told to");
    Require(asked->deadline() == run.deadline, "the host is told the deadline");
    Perform(run);
    switch (mode_) {
      case Mode::kKeeps:
        return Keep(run, std::move(asked));
      case Mode::kAnswers:
        ++run.answered;
        return asked->Answer(Verdict::kValue);
      case Mode::kFails:
        run.end = StatusCode::kAborted;
        return asked->Answer(Verdict::kFailure);
      case Mode::kForgets:
        run.end = StatusCode::kInternal;
        return;
    }
  }
  void Keep(Run& run, std::unique_ptr<Asked> asked) {
    asked->slot = run.slot;
    asked->of_spin = run.entry == Entry::kSpinAfter;
    if (registers_) asked->Register();
    run.asked = asked.get();
    absl::MutexLock lock(mutex_);
    asked_.push_back(std::move(asked));
  }

  // In the middle of what has asked, and under the lock that it runs under.
  void Perform(Run& run) {
    const Act act = has_helper_ ? Act::kNone : std::exchange(act_, Act::kNone);
    Slot& other = slots_[static_cast<size_t>(run.slot - slots_.data() + 1) % slots_.size()];
    if (act == Act::kTerminatesAsker && mode_ == Mode::kKeeps) {
      run.end = StatusCode::kCancelled;
      ++run.slot->wakes;
      run.slot->instance->Terminate(Termination::kDeleted);
    }
    if (other.instance == nullptr) return;
    if (act == Act::kDeletesOther) DeleteNow(other);
    if (act == Act::kDrivesOther) {
      const bool waits = other.waiting != nullptr;
      Require(other.instance->Drive(*lock_, absl::InfiniteFuture()) ==
                  (waits ? Progress::kWaiting : Progress::kEnded),
              "nothing is driven by what a guest has called");
    }
    if (act == Act::kCallsOther) {
      Run* const outer = running_;
      const Mode mode = std::exchange(mode_, Mode::kAnswers);
      StartOne(*lock_, other, NewRun(other, Entry::kDirect, run.n), /*nested=*/true);
      mode_ = mode;
      running_ = outer;
    }
  }

  void Give(Asked& asked, Verdict verdict) {
    if (asked.state == Asked::State::kOpen) {
      asked.verdict = verdict;
      asked.state = Asked::State::kAnswered;
    }
    asked.Answer(verdict);
  }
  // One of those that are open, or any.
  Asked* Pick(uint8_t which, bool also_over) {
    std::vector<Asked*> some;
    absl::MutexLock lock(mutex_);
    for (const auto& asked : asked_) {
      if (also_over || asked->state == Asked::State::kOpen) some.push_back(asked.get());
    }
    return some.empty() ? nullptr : some[which % some.size()];
  }

  void Answer(uint8_t which, uint8_t how) {
    Asked* const asked = Pick(which, (how & 0x80) != 0);
    if (asked == nullptr) return;
    if (asked->state == Asked::State::kOpen) ++SlotOf(*asked).wakes;
    const std::array<Verdict, 4> verdicts = {Verdict::kValue, Verdict::kValue, Verdict::kFailure,
                                             Verdict::kNone};
    OnThread([&] { Give(*asked, verdicts[how % 4]); });
  }
  void Register(uint8_t which, uint8_t how) {
    Asked* const asked = Pick(which, (how & 0x80) != 0);
    if (asked == nullptr || asked->registered) return;
    if (!asked->number && !asked->text) return;
    OnThread([&] { asked->Register(); });
  }
  Slot& SlotOf(const Asked& asked) {
    return slots_[static_cast<size_t>(asked.slot - slots_.data())];
  }

  // ---- Calls ----

  static ExportFuncId FuncOf(const Slot& slot, Entry entry) {
    return slot.instance->component()
        .FindFunc(model::kEntries[static_cast<size_t>(entry)].name)
        .value();
  }

  Run& NewRun(Slot& slot, Entry entry, uint32_t n) {
    runs_.push_back(std::make_unique<Run>());
    Run& run = *runs_.back();
    run.ended = [this](Run& ended, const absl::Status& status) { HasEnded(ended, status); };
    run.slot = &slot;
    run.entry = entry;
    run.n = n;
    canon::ValArgs& args = run.values->args;
    if (entry == Entry::kSay) {
      args.Add()->set_string(TextOf(run));
    } else if (entry != Entry::kDestructor) {
      args.Add()->set_u32(n);
      if (entry == Entry::kAdd) args.Add()->set_u32(7);
    }
    return run;
  }

  // Why nothing may start, if so.
  std::optional<StatusCode> Refusal(const Slot& slot, bool wants_stack) const {
    if (slot.poisoned || slot.pending || slot.waiting != nullptr) {
      return StatusCode::kFailedPrecondition;
    }
    size_t in_use = buried_;
    for (const Slot& each : slots_) in_use += each.waiting != nullptr ? 1 : 0;
    if (wants_stack && in_use >= max_stacks_) return StatusCode::kResourceExhausted;
    return std::nullopt;
  }
  bool IsRefused(Run& run, const absl::Status& status, bool wants_stack) {
    const auto refusal = Refusal(*run.slot, wants_stack);
    if (!refusal) return false;
    Require(status.code() == *refusal, "what may not start is refused");
    Require(*refusal == StatusCode::kFailedPrecondition || base::LimitOf(status) == "parked_stacks",
            "it is told which limit");
    Require(run.asked == nullptr && run.answered == 0, "what is refused does not run");
    run.over = true;
    run.values.reset();
    return true;
  }

  // It begins: its arguments are lowered.
  void Begin(Run& run) {
    running_ = &run;
    if (run.entry == Entry::kSay) TakeText(run, static_cast<uint32_t>(TextOf(run).size()));
  }
  void StartOne(CellLock& lock, Slot& slot, Run& run, bool nested = false) {
    const ExportFuncId func = FuncOf(slot, run.entry);
    const bool wants_stack = !nested && slot.instance->MayWait(func);
    const bool may_run = !Refusal(slot, wants_stack);
    if (may_run) Begin(run);
    const auto progress =
        slot.instance->StartCall(lock, func, run.values->args, run.values->results, run.deadline,
                                 run, run.mode, run.refuses_results ? &run : nullptr);
    running_ = nullptr;
    if (!may_run) {
      Require(IsRefused(run, progress.status(), wants_stack), "a refusal is none later");
    } else if (has_helper_ ? progress.ok() && *progress == Progress::kWaiting : IsHeldUp(run)) {
      Require(progress.ok() && *progress == Progress::kWaiting, "it waits for the host");
      slot.waiting = &run;
    } else {
      Require(!progress.ok() || *progress == Progress::kEnded, "what need not wait ends");
      Finish(run, progress.status());
    }
  }

  void Start(uint8_t which, uint8_t how) {
    Locked([&](CellLock& lock) {
      Slot& slot = At(lock, which);
      Run& run = NewRun(slot, static_cast<Entry>(how % model::kExports), how);
      if ((which & 0x04) != 0) run.mode = PostReturnMode::kDeferred;
      if ((which & 0x08) != 0) run.deadline = absl::Now() + absl::Hours(1);
      if ((which & 0x10) != 0) run.refuses_results = true;
      run.then = static_cast<Then>((which >> 5) % 3);
      EndSpinSoon(run);
      StartOne(lock, slot, run);
    });
  }
  // What will spin without having waited.
  void EndSpinSoon(Run& run) {
    if (run.entry != Entry::kSpinAfter || mode_ != Mode::kAnswers) return;
    act_ = Act::kNone;
    run.deadline = absl::Now() + kSoon;
    run.hurried = true;
  }

  void DriveOne(uint8_t which, uint8_t how) {
    Locked([&](CellLock& lock) {
      Slot& slot = slots_[which % slots_.size()];
      if (slot.instance != nullptr) DriveSlot(lock, slot, how % 4 == 0);
    });
  }
  void DriveAll(uint8_t /*unused*/, uint8_t /*unused*/) {
    Locked([&](CellLock& lock) {
      for (Slot& slot : slots_) {
        if (slot.instance != nullptr) DriveSlot(lock, slot, /*late=*/false);
      }
    });
  }
  void DriveSlot(CellLock& lock, Slot& slot, bool late) {
    Run* const run = slot.waiting;
    if (run == nullptr) {
      return Require(slot.instance->Drive(lock, absl::InfiniteFuture()) == Progress::kEnded,
                     "nothing waits");
    }
    const absl::Time now = late                                      ? run->deadline
                           : run->deadline == absl::InfiniteFuture() ? absl::InfinitePast()
                                                                     : run->deadline - kSoon;
    if (slot.ended || late) {
      run->end = slot.ended ? CodeOf(*slot.ended) : StatusCode::kDeadlineExceeded;
      run->while_waiting = true;
    } else if (run->asked->state == Asked::State::kOpen) {
      Require(slot.instance->Drive(lock, now) == Progress::kWaiting, "there is no answer");
      return Require(!run->over, "what waits has not ended");
    }
    Fold(*run);
    if (!run->end && run->entry == Entry::kSpinAfter) {
      // That ends it while it waits, or later.
      run->end = StatusCode::kCancelled;
      run->while_waiting = std::nullopt;
      terminator_.emplace(*slot.instance);
    }
    DriveNow(lock, slot, *run, now);
  }
  void DriveNow(CellLock& lock, Slot& slot, Run& run, absl::Time now) {
    running_ = &run;
    const Progress progress = slot.instance->Drive(lock, now);
    running_ = nullptr;
    if (run.over) return Require(progress == Progress::kEnded, "it has ended");
    Require(progress == Progress::kWaiting && IsHeldUp(run), "it waits again");
  }

  // ---- Where the thread waits ----

  // Runs what may wait while another thread does what the host is to do.
  template <typename F>
  absl::Status WithHelper(Run& run, Helper helper, F body) {
    Begin(run);
    if (mode_ != Mode::kKeeps || Info(run).asks == 0 || run.end) return body();
    has_helper_ = true;
    done_ = false;
    std::thread thread;
    if (helper == Helper::kNobody) {
      run.hurried = true;
      run.deadline = absl::Now() + kSoon;
    } else {
      thread = std::thread([this, &run, helper, seen = NumAsked()] { Help(run, helper, seen); });
    }
    absl::Status status = body();
    EndHelper(thread);
    run.slot->wakes = *run.slot->woken;
    return status;
  }
  void EndHelper(std::thread& thread) {
    {
      absl::MutexLock lock(mutex_);
      done_ = true;
    }
    if (thread.joinable()) thread.join();
    has_helper_ = false;
  }
  void Help(Run& run, Helper helper, size_t seen) {
    while (Asked* const asked = AwaitAsked(seen++)) {
      if (helper == Helper::kTerminates) {
        run.end = StatusCode::kCancelled;
        return run.slot->instance->Terminate(Termination::kCancelled);
      }
      Give(*asked, helper == Helper::kAnswers ? Verdict::kValue
                   : helper == Helper::kFails ? Verdict::kFailure
                                              : Verdict::kNone);
      if (run.entry != Entry::kSpinAfter || helper != Helper::kAnswers) continue;
      run.end = StatusCode::kCancelled;
      while (!done_) run.slot->instance->Terminate(Termination::kCancelled);
    }
  }
  size_t NumAsked() {
    absl::MutexLock lock(mutex_);
    return asked_.size();
  }
  // Null when there will be none.
  Asked* AwaitAsked(size_t index) {
    absl::MutexLock lock(mutex_);
    const auto is_there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return asked_.size() > index || done_;
    };
    mutex_.Await(absl::Condition(&is_there));
    return asked_.size() > index ? asked_[index].get() : nullptr;
  }

  void Call(uint8_t which, uint8_t how) {
    Locked([&](CellLock& lock) {
      Slot& slot = At(lock, which);
      Run& run = NewRun(slot, static_cast<Entry>(how % model::kExports), how);
      if ((which & 0x04) != 0) run.mode = PostReturnMode::kDeferred;
      if ((which & 0x08) != 0) run.refuses_results = true;
      const ExportFuncId func = FuncOf(slot, run.entry);
      EndSpinSoon(run);
      const auto call = [&] {
        return slot.instance->Call(lock, func, run.values->args, run.values->results, run.deadline,
                                   run.mode, run.refuses_results ? &run : nullptr);
      };
      RunHere(run, slot.instance->MayWait(func), static_cast<Helper>((which >> 4) % 5), call);
    });
  }
  template <typename F>
  void RunHere(Run& run, bool wants_stack, Helper helper, F body) {
    if (Refusal(*run.slot, wants_stack)) {
      Require(IsRefused(run, body(), wants_stack), "a refusal is none later");
    } else {
      const absl::Status status = WithHelper(run, helper, body);
      running_ = nullptr;
      Finish(run, status);
    }
  }

  void DropResource(uint8_t which, uint8_t how) {
    Locked([&](CellLock& lock) {
      Slot& slot = At(lock, which);
      if (slot.held.empty()) {
        const absl::Status status =
            slot.instance->DropResource(lock, "resource/999", absl::InfiniteFuture());
        return Require(
            Refusal(slot, false) ? absl::IsFailedPrecondition(status) : absl::IsNotFound(status),
            "an unknown name is not found");
      }
      const size_t index = how % slot.held.size();
      const std::string name = slot.held[index];
      Run& run = NewRun(slot, Entry::kDestructor, slot.reps[index]);
      const bool may_run = !Refusal(slot, /*wants_stack=*/true);
      RunHere(run, /*wants_stack=*/true, static_cast<Helper>((which >> 4) % 5),
              [&] { return slot.instance->DropResource(lock, name, run.deadline); });
      if (!may_run) return;
      slot.held.erase(slot.held.begin() + static_cast<ptrdiff_t>(index));
      slot.reps.erase(slot.reps.begin() + static_cast<ptrdiff_t>(index));
    });
  }

  // All that wait and may go on are answered by another thread, again and again, and driven by
  // this one.
  void Race(uint8_t /*unused*/, uint8_t /*unused*/) {
    Locked([&](CellLock& lock) {
      has_helper_ = true;
      done_ = false;
      std::thread host([this] {
        while (!done_) AnswerAll();
      });
      while (DriveThoseAnswered(lock)) {
      }
      EndHelper(host);
      for (Slot& slot : slots_) {
        if (slot.instance != nullptr) slot.wakes = *slot.woken;
      }
    });
  }
  void AnswerAll() {
    std::vector<Asked*> open;
    {
      absl::MutexLock lock(mutex_);
      for (const auto& asked : asked_) {
        if (asked->state == Asked::State::kOpen && !asked->of_spin) open.push_back(asked.get());
      }
    }
    for (Asked* const asked : open) Give(*asked, Verdict::kValue);
  }
  // Whether there are some left.
  bool DriveThoseAnswered(CellLock& lock) {
    bool some_are_left = false;
    for (Slot& slot : slots_) {
      Run* const run = slot.waiting;
      if (run == nullptr || slot.ended || run->entry == Entry::kSpinAfter) continue;
      running_ = run;
      const Progress progress = slot.instance->Drive(lock, absl::InfinitePast());
      running_ = nullptr;
      Require(run->over == (progress == Progress::kEnded), "it has ended if it says so");
      some_are_left |= slot.waiting != nullptr;
    }
    return some_are_left;
  }

  // ---- Ends ----

  void Terminate(uint8_t which, uint8_t how) {
    Slot& slot = slots_[which % slots_.size()];
    if (slot.instance == nullptr) return;
    const std::array<Termination, 3> reasons = {Termination::kCancelled, Termination::kDeleted,
                                                Termination::kDeadline};
    const Termination why = reasons[how % reasons.size()];
    if (slot.waiting != nullptr && !slot.ended) {
      slot.ended = why;
      ++slot.wakes;
    }
    OnThread([&] { slot.instance->Terminate(why); });
  }

  void Delete(uint8_t which, uint8_t how) {
    Slot& slot = slots_[which % slots_.size()];
    if (slot.instance == nullptr) return;
    if (how % 2 == 0) return OnThread([&] { DeleteNow(slot); });
    Locked([&](CellLock&) { DeleteNow(slot); });
  }
  void DeleteNow(Slot& slot) {
    slot.instance.reset();
    if (Run* const run = slot.waiting) {
      run->over = true;
      run->values.reset();
      if (run->asked->state == Asked::State::kOpen) run->asked->state = Asked::State::kCancelled;
      ++buried_;
    }
    Require(*slot.woken == slot.wakes, "nobody is woken for what is gone");
    slot = Slot();
  }

  void PostReturn(uint8_t which, uint8_t how) {
    Locked([&](CellLock& lock) {
      Slot& slot = At(lock, which);
      const bool is_right = slot.pending && how % 4 != 0;
      const Entry entry = is_right ? *slot.pending : Entry::kTrapAfter;
      const absl::Status status =
          slot.instance->PostReturn(lock, FuncOf(slot, entry), absl::InfiniteFuture());
      Require(is_right ? status.ok() : absl::IsFailedPrecondition(status),
              "post-return runs when it is due, once, for its function");
      if (is_right) slot.pending.reset();
    });
  }

  void Restore(uint8_t which, uint8_t /*unused*/) {
    Locked([&](CellLock& lock) {
      Slot& slot = At(lock, which);
      if (!slot.restorable) return;
      const bool may = !Refusal(slot, /*wants_stack=*/false);
      const auto restored = slot.instance->Restore(lock);
      Require(restored.ok() && *restored == may, "what is quiet can be restored");
      if (!may) return;
      slot.held.clear();
      slot.reps.clear();
      slot.next_text = model::kFirstText;
    });
  }

  // ---- The model ----

  void CheckHeld(CellLock& lock) const {
    for (const Slot& slot : slots_) {
      if (slot.instance == nullptr) continue;
      const auto resources = slot.instance->Resources(lock);
      Require(resources.size() == slot.held.size(), "as many are held");
      for (size_t i = 0; i < resources.size(); ++i) {
        Require(resources[i].name == slot.held[i], "in the order they were made in");
      }
    }
  }
  void CheckState() {
    for (const Slot& slot : slots_) {
      if (slot.instance == nullptr) continue;
      const Instance& instance = *slot.instance;
      Require(instance.is_waiting() == (slot.waiting != nullptr), "it is told what waits");
      Require(instance.needs_post_return() == slot.pending.has_value(), "and needs post-return");
      Require(instance.poison().ok() != slot.poisoned, "poison lasts");
      Require(*slot.woken == slot.wakes, "each answer and end wakes once");
    }
    absl::MutexLock lock(mutex_);
    for (const auto& asked : asked_) {
      const bool is_told = asked->registered && asked->state == Asked::State::kCancelled;
      Require(asked->cancelled == (is_told ? 1 : 0),
              "the host is told once of what it need not do");
    }
  }

  // Everything goes, in one of the possible orders. What is left of it is unwound then.
  void End() {
    if (replies_go_first_) ForgetAll();
    if (cell_goes_first_) cell_.reset();
    for (Slot& slot : slots_) {
      if (slot.instance != nullptr) DeleteNow(slot);
    }
    CheckState();
    ForgetAll();
    if (cell_ != nullptr) CheckCell();
  }
  void ForgetAll() {
    while (Asked* const asked = Pick(0, /*also_over=*/false)) {
      ++SlotOf(*asked).wakes;
      Give(*asked, Verdict::kNone);
    }
  }
  // The cell is as good as new.
  void CheckCell() {
    on_other_thread_ = false;
    mode_ = Mode::kKeeps;
    act_ = Act::kNone;
    Locked([](CellLock&) {});
    Require(cell_->live_stores() == 0, "the stores are gone");
    Start(0, 0);
    Start(1, 1);
    for (uint8_t i = 0; i < 2; ++i) {
      Require(slots_[i].waiting != nullptr, "there are stacks for as many as ever");
      Answer(0, 0);
    }
    DriveAll(0, 0);
    CheckState();
    for (Slot& slot : slots_) {
      if (slot.instance != nullptr) DeleteNow(slot);
    }
  }

  const uint32_t max_stacks_;
  const bool cell_goes_first_, replies_go_first_;
  std::shared_ptr<engine::Cell> cell_;
  const std::shared_ptr<Linker> linker_ = std::make_shared<Linker>();
  std::array<Slot, 4> slots_;
  std::vector<std::unique_ptr<Run>> runs_;
  size_t buried_ = 0;  // stacks that the next holder of the lock unwinds

  bool on_other_thread_ = false;  // the operation
  CellLock* lock_ = nullptr;      // of the operation, while it runs
  Run* running_ = nullptr;
  std::optional<Terminator> terminator_;

  Mode mode_ = Mode::kKeeps;
  Act act_ = Act::kNone;
  bool registers_ = true;
  bool has_helper_ = false;
  std::atomic<bool> done_ = false;  // with the mutex, for whoever awaits
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Asked>> asked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace
}  // namespace davit::component

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  davit::component::Sequence(data[0]).Execute(data + 1, size - 1);
  return 0;
}
