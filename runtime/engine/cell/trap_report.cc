#include "runtime/engine/cell/trap_report.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/engine/process/v8_util.h"

namespace davit::engine {
namespace {

using base::Trap;
using base::TrapCode;

struct Phrase {
  std::string_view text;
  TrapCode code;
};

// V8's words, most specific first; a message may have something around them.
constexpr Phrase kPhrases[] = {
    {"unreachable", TrapCode::kUnreachable},
    {"memory access out of bounds", TrapCode::kMemoryOutOfBounds},
    {"data segment", TrapCode::kMemoryOutOfBounds},
    {"table index is out of bounds", TrapCode::kTableOutOfBounds},
    {"table initializer", TrapCode::kTableOutOfBounds},
    {"element segment", TrapCode::kTableOutOfBounds},
    {"null function or function signature mismatch", TrapCode::kIndirectCallTypeMismatch},
    {"dereferencing a null pointer", TrapCode::kNullReference},
    {"divide by zero", TrapCode::kIntegerDivideByZero},
    {"remainder by zero", TrapCode::kIntegerDivideByZero},
    {"divide result unrepresentable", TrapCode::kIntegerOverflow},
    {"float unrepresentable in integer range", TrapCode::kFloatUnrepresentable},
    {"Maximum call stack size exceeded", TrapCode::kStackOverflow},
};

bool IsOutOfMemory(std::string_view message) {
  return absl::StrContains(message, "ut of memory") ||
         absl::StrContains(message, "could not allocate") ||
         absl::StrContains(message, "Cannot allocate");
}

}  // namespace

TrapCode TrapCodeOfMessage(std::string_view message) {
  const auto found = std::ranges::find_if(
      kPhrases, [&](const Phrase& phrase) { return absl::StrContains(message, phrase.text); });
  return found == std::end(kPhrases) ? TrapCode::kCoreOther : found->code;
}

std::vector<base::TrapFrame> FramesOf(v8::Isolate* isolate, const Thrown& thrown,
                                      ModuleByUrl modules) {
  std::vector<base::TrapFrame> frames;
  if (thrown.message.IsEmpty()) return frames;
  const v8::Local<v8::StackTrace> stack = thrown.message->GetStackTrace();
  if (stack.IsEmpty()) return frames;
  for (int i = 0; i < std::min(stack->GetFrameCount(), kMaxTrapFrames); ++i) {
    const v8::Local<v8::StackFrame> frame = stack->GetFrame(isolate, static_cast<uint32_t>(i));
    if (!frame->IsWasm()) continue;
    const auto module = modules(ToStdString(isolate, frame->GetScriptName()));
    if (module == nullptr) continue;
    auto found = module->FrameAt(static_cast<uint64_t>(std::max(0, frame->GetColumn() - 1)));
    if (found.has_value()) frames.push_back(*std::move(found));
  }
  return frames;
}

absl::Status StatusOfException(v8::Local<v8::Context> context, const Thrown& thrown,
                               const WasmApi& api, ModuleByUrl modules) {
  v8::Isolate* const isolate = context->GetIsolate();
  std::string message = MessageOf(isolate, thrown.message);
  if (api.IsLinkError(context, thrown.exception)) {
    return absl::FailedPreconditionError(absl::StrCat("link error: ", message));
  }
  if (IsOutOfMemory(message)) return absl::ResourceExhaustedError(message);
  Trap trap;
  if (api.IsGuestException(context, thrown.exception)) {
    trap.code = TrapCode::kUncaughtException;
    trap.message = "uncaught exception";
  } else {
    trap.code = TrapCodeOfMessage(message);
    trap.message = std::move(message);
  }
  trap.frames = FramesOf(isolate, thrown, modules);
  return base::TrapStatus(trap);
}

absl::Status WithFrames(const absl::Status& failed, v8::Isolate* isolate, const Thrown& thrown,
                        ModuleByUrl modules) {
  std::optional<Trap> trap = base::TrapOf(failed);
  if (!trap.has_value() || !trap->frames.empty()) return failed;
  trap->frames = FramesOf(isolate, thrown, modules);
  absl::Status status(failed.code(), failed.message());
  const absl::Status with_trap = base::WithTrap(failed, *trap);
  with_trap.ForEachPayload(
      [&](std::string_view url, const absl::Cord& payload) { status.SetPayload(url, payload); });
  return status;
}

absl::Status HeapLimitStatus() {
  return base::TrapStatus(TrapCode::kHeapLimit, "the heap limit of the cell was reached");
}

}  // namespace davit::engine
