#ifndef DAVIT_RUNTIME_ENGINE_TEST_STEPS_H_
#define DAVIT_RUNTIME_ENGINE_TEST_STEPS_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "runtime/engine/store/steps.h"

// Steps for tests of fibers.
namespace davit::engine {

// Calls a function once.
class Call final : public Steps {
 public:
  Call(FuncId func, std::vector<CoreSlot> slots) : func_(func), slots_(std::move(slots)) {}
  absl::Status Next(Step& step) override {
    if (!std::exchange(begun_, true)) {
      step = {.kind = Step::Kind::kCalls, .func = func_, .slots = absl::MakeSpan(slots_)};
    }
    return absl::OkStatus();
  }
  absl::Status Failed(uint32_t /*completed*/, absl::Status status) override {
    failures_.push_back(status);
    return status;
  }
  CoreSlot result() const { return slots_[0]; }
  const std::vector<absl::Status>& failures() const { return failures_; }

 private:
  const FuncId func_;
  std::vector<CoreSlot> slots_;
  bool begun_ = false;
  std::vector<absl::Status> failures_;
};

// Waits `parks` times, then answers with the sum of the params.
class Wait final : public Steps {
 public:
  Wait(std::span<CoreSlot> slots, int parks, int* destroyed)
      : slots_(slots), left_(parks), destroyed_(destroyed) {}
  ~Wait() override { ++*destroyed_; }
  absl::Status Next(Step& step) override {
    if (left_-- > 0) {
      step.kind = Step::Kind::kPark;
    } else {
      slots_[0] += slots_[1];
    }
    return absl::OkStatus();
  }
  absl::Status Failed(uint32_t /*completed*/, absl::Status status) override { return status; }

 private:
  const std::span<CoreSlot> slots_;
  int left_;
  int* const destroyed_;
};

// Waits once.
class Park final : public Steps {
 public:
  explicit Park(int* destroyed) : destroyed_(destroyed) {}
  ~Park() override { ++*destroyed_; }
  absl::Status Next(Step& step) override {
    if (!std::exchange(begun_, true)) step.kind = Step::Kind::kPark;
    return absl::OkStatus();
  }
  absl::Status Failed(uint32_t /*completed*/, absl::Status status) override { return status; }

 private:
  int* const destroyed_;
  bool begun_ = false;
};

// Calls a function and passes its result on.
class CallOn final : public Steps {
 public:
  CallOn(FuncId func, std::span<CoreSlot> answer, int* destroyed)
      : func_(func), answer_(answer), slots_(answer.begin(), answer.end()), destroyed_(destroyed) {}
  ~CallOn() override { ++*destroyed_; }
  absl::Status Next(Step& step) override {
    if (std::exchange(begun_, true)) {
      answer_[0] = slots_[0];
    } else {
      step = {.kind = Step::Kind::kCalls, .func = func_, .slots = absl::MakeSpan(slots_)};
    }
    return absl::OkStatus();
  }
  absl::Status Failed(uint32_t /*completed*/, absl::Status status) override { return status; }

 private:
  const FuncId func_;
  const std::span<CoreSlot> answer_;
  std::vector<CoreSlot> slots_;
  int* const destroyed_;
  bool begun_ = false;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_TEST_STEPS_H_
