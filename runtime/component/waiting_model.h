#ifndef DAVIT_RUNTIME_COMPONENT_WAITING_MODEL_H_
#define DAVIT_RUNTIME_COMPONENT_WAITING_MODEL_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/canon/vals/vals.h"
#include "runtime/component/host_reply.h"
#include "runtime/component/instance.h"
#include "runtime/engine/process/termination.h"

// For waiting_schedule_fuzz_test: what instances of waits.wat, the calls of them and what these ask
// the host must come to.
namespace davit::component::model {

using absl::StatusCode;
using engine::Termination;

// Its memory, and where the first text goes there.
inline constexpr uint32_t kMemoryBytes = 65536, kFirstText = 1024;
inline constexpr uint32_t kShortText = 5;
// Whose echo is more than a result takes without asking for room.
inline constexpr uint32_t kLongText = 9000;

inline void Require(bool condition, std::string_view what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

// What may run in the guest, and how often that asks the host.
enum class Entry : uint8_t {
  kDirect,
  kThroughThree,
  kTwice,
  kTrapAfter,
  kSpinAfter,
  kMake,
  kMakeAndDrop,
  kSay,
  kAdd,
  kDestructor
};
struct EntryInfo {
  std::string_view name;
  uint32_t asks;
};
inline constexpr std::array<EntryInfo, 10> kEntries = {{{"direct", 1},
                                                        {"through-three", 1},
                                                        {"twice", 2},
                                                        {"trap-after", 1},
                                                        {"spin-after", 1},
                                                        {"dropping#make", 0},
                                                        {"dropping#make-and-drop", 1},
                                                        {"say", 1},
                                                        {"add", 0},
                                                        {"", 1}}};
inline constexpr uint8_t kExports = 9;

enum class Verdict : uint8_t { kValue, kFailure, kNone };

struct Slot;

// One call of the host by a guest, whose answer is kept.
struct Asked {
  enum class State : uint8_t { kOpen, kAnswered, kCancelled };

  explicit Asked(uint32_t n) : n(n) {}
  explicit Asked(std::string said) : n(0), said(std::move(said)) {}

  // Whatever it was answered before, or has ended.
  void Answer(Verdict verdict) {
    switch (verdict) {
      case Verdict::kValue:
        if (number) return number->Return(10 * n);
        if (text) return text->Return(Echo());
        break;
      case Verdict::kFailure:
        if (number) return number->Fail(absl::AbortedError("the host will not"));
        if (text) return text->Fail(absl::AbortedError("the host will not"));
        break;
      case Verdict::kNone:
        number.reset();
        text.reset();
        break;
    }
  }
  void Register() {
    registered = true;
    const auto cancel = [this] { ++cancelled; };
    if (number) number->OnCancel(cancel);
    if (text) text->OnCancel(cancel);
  }
  absl::Time deadline() const { return number ? number->deadline() : text->deadline(); }

  const uint32_t n;
  const std::string said;
  std::optional<Reply<uint32_t>> number;
  std::optional<HostReply> text;
  std::atomic<int> cancelled = 0;
  bool registered = false;

  // The model.
  std::atomic<State> state = State::kOpen;
  Verdict verdict = Verdict::kNone;  // when it was answered
  const Slot* slot = nullptr;
  bool of_spin = false;

 private:
  canon::ValArgs Echo() const {
    canon::ValArgs results;
    results.Add()->set_string(said + said);
    return results;
  }
};

// What its sink does when a call has ended.
enum class Then : uint8_t { kNothing, kStartsNext, kDeletesInstance };

// A call or the end of a resource, which lasts as long as the sequence; its values do not.
struct Run final : CallSink, ResultRoom {
  void Ended(absl::Status status) override { ended(*this, status); }
  bool Take(uint64_t /*bytes*/) override { return false; }

  struct Values {
    canon::ValArgs args, results;
  };
  std::function<void(Run& run, const absl::Status& status)> ended;  // what it has waited for
  Slot* slot;
  Entry entry;
  uint32_t n;
  PostReturnMode mode = PostReturnMode::kAutomatic;
  Then then = Then::kNothing;
  bool refuses_results = false;
  absl::Time deadline = absl::InfiniteFuture();
  std::unique_ptr<Values> values = std::make_unique<Values>();

  // The model.
  uint32_t answered = 0;                      // how often, with a value
  Asked* asked = nullptr;                     // what it waits for
  std::optional<StatusCode> end;              // what it is known to end with
  bool hurried = false;                       // it comes to its deadline in any case
  std::optional<bool> while_waiting = false;  // whether it ends while it waits, if that is known
  bool over = false;
};

// An instance, once it was needed, and what it must know.
struct Slot {
  std::unique_ptr<Instance> instance;
  bool restorable = false;
  std::shared_ptr<std::atomic<int>> woken;

  Run* waiting = nullptr;
  std::optional<Termination> ended;  // its call, when it is driven
  std::optional<Entry> pending;      // the function whose post-return is owed
  bool poisoned = false;
  std::vector<std::string> held;
  std::vector<uint32_t> reps;
  uint32_t next_text = kFirstText;
  int wakes = 0;
};

inline StatusCode CodeOf(Termination why) {
  return why == Termination::kDeadline ? StatusCode::kDeadlineExceeded : StatusCode::kCancelled;
}

inline const EntryInfo& Info(const Run& run) { return kEntries[static_cast<size_t>(run.entry)]; }
inline std::string TextOf(const Run& run) {
  return std::string(run.n >= 224 ? kLongText : kShortText, static_cast<char>('a' + run.n % 26));
}
inline void TakeText(Run& run, uint32_t bytes) {
  run.slot->next_text += bytes;
  if (run.slot->next_text > kMemoryBytes) run.end = StatusCode::kUnknown;
}
// Notes that what it waits for has come.
inline void Fold(Run& run) {
  if (run.asked == nullptr || run.asked->state != Asked::State::kAnswered) return;
  const Verdict verdict = std::exchange(run.asked, nullptr)->verdict;
  if (run.end) return;
  if (verdict == Verdict::kValue) {
    ++run.answered;
  } else {
    run.end = verdict == Verdict::kNone ? StatusCode::kInternal : StatusCode::kAborted;
  }
}
inline bool IsHeldUp(Run& run) {
  Fold(run);
  return !run.end && !run.hurried && run.answered < Info(run).asks;
}

inline uint32_t ResultOf(const Run& run) {
  switch (run.entry) {
    case Entry::kThroughThree:
      return 10 * run.n + 3;
    case Entry::kTwice:
      return 20 * run.n + 10;
    case Entry::kMakeAndDrop:
      return 10 * run.n;
    case Entry::kAdd:
      return run.n + 7;
    default:
      return 10 * run.n + 1;
  }
}
inline void CheckResult(const Run& run) {
  const canon::ValArgs& results = run.values->results;
  if (run.entry == Entry::kDestructor) return;
  Require(results.size() == 1, "there is one result");
  if (run.entry == Entry::kMake) {
    run.slot->held.push_back(results[0].own());
    run.slot->reps.push_back(run.n);
  } else if (run.entry == Entry::kSay) {
    Require(results[0].string() == TextOf(run) + TextOf(run), "the host echoes");
  } else {
    Require(results[0].u32() == ResultOf(run), "the host's answer is in the result");
  }
}
// Checks what it has ended with, and that it was to end.
inline void Finish(Run& run, const absl::Status& status) {
  Require(!IsHeldUp(run), "nothing ends while it waits");
  if (!run.end && run.hurried) run.end = StatusCode::kDeadlineExceeded;
  if (!run.end && run.entry == Entry::kSay) {
    TakeText(run, 2 * static_cast<uint32_t>(TextOf(run).size()));
  }
  if (!run.end && run.entry == Entry::kTrapAfter) run.end = StatusCode::kUnknown;
  const bool no_room = !run.end && run.refuses_results && run.entry == Entry::kSay &&
                       TextOf(run).size() == kLongText;
  const StatusCode expected =
      no_room ? StatusCode::kResourceExhausted : run.end.value_or(StatusCode::kOk);
  if (status.code() != expected) {
    Require(false, absl::StrCat(Info(run).name, " ends with ", absl::StatusCodeToString(expected),
                                ", not with ", status.ToString()));
  }
  if (expected == StatusCode::kUnknown) Require(base::IsTrap(status), "a trap is one");
  run.over = true;
  if (run.asked != nullptr) run.asked->state = Asked::State::kCancelled;
  if (no_room) {
    Require(base::LimitOf(status) == "result_room", "there is no room");
    Require(run.values->results.empty(), "what has no room is gone");
  } else if (status.ok()) {
    CheckResult(run);
    if (run.mode == PostReturnMode::kDeferred) run.slot->pending = run.entry;
  } else {
    run.slot->poisoned = true;
  }
  run.values.reset();
}

}  // namespace davit::component::model

#endif  // DAVIT_RUNTIME_COMPONENT_WAITING_MODEL_H_
