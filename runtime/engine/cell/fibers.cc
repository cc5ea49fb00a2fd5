#include "runtime/engine/cell/fibers.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <tuple>

#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/engine/code/fiber_encoder.h"
#include "runtime/engine/process/v8_util.h"

namespace davit::engine {
namespace {

// Has a stack end: what is parked in the middle traps, its bottom returns.
class Reaper final : public FiberUser {
 public:
  void Wake() override {}
  ShimOp Job() override { return ShimOp::kDone; }
  absl::Status Park() override { return absl::OkStatus(); }
  absl::Status TakeFailure() override { return absl::OkStatus(); }
};

Fibers& Of(const v8::FunctionCallbackInfo<v8::Value>& info) {
  return *static_cast<Fibers*>(info.Data().As<v8::External>()->Value());
}

absl::StatusOr<v8::Local<v8::Function>> FunctionOf(v8::Local<v8::Context> context,
                                                   v8::Local<v8::Object> object,
                                                   std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const v8::Local<v8::Value> value, GetProperty(context, object, name));
  if (!value->IsFunction()) return absl::InternalError("V8 has no stack switching");
  return value.As<v8::Function>();
}

absl::StatusOr<v8::Local<v8::Object>> InstanceOf(v8::Local<v8::Context> context,
                                                 v8::Local<v8::Object> wasm, std::string_view bytes,
                                                 v8::Local<v8::Object> imports) {
  v8::Isolate* const isolate = context->GetIsolate();
  v8::Local<v8::WasmModuleObject> module;
  v8::Local<v8::Object> instance;
  DAVIT_ASSIGN_OR_RETURN(const auto constructor, FunctionOf(context, wasm, "Instance"));
  const auto* const first = reinterpret_cast<const uint8_t*>(bytes.data());
  if (!v8::WasmModuleObject::Compile(isolate, {first, bytes.size()}).ToLocal(&module)) {
    return absl::InternalError("V8 does not compile the module of fibers");
  }
  std::array<v8::Local<v8::Value>, 2> args = {module, imports};
  if (!constructor->NewInstance(context, 2, args.data()).ToLocal(&instance)) {
    return absl::InternalError("V8 makes no instance of the module of fibers");
  }
  DAVIT_ASSIGN_OR_RETURN(const v8::Local<v8::Value> exports,
                         GetProperty(context, instance, "exports"));
  return exports.As<v8::Object>();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Fibers>> Fibers::Create(v8::Local<v8::Context> context,
                                                       v8::Local<v8::Value> scratch,
                                                       v8::Local<v8::Value> table,
                                                       uint32_t max_stacks, StackBudget& budget) {
  std::unique_ptr<Fibers> fibers(new Fibers(context->GetIsolate(), max_stacks, budget));
  DAVIT_RETURN_IF_ERROR(fibers->Init(context, scratch, table));
  return fibers;
}

absl::Status Fibers::Init(v8::Local<v8::Context> context, v8::Local<v8::Value> scratch,
                          v8::Local<v8::Value> table) {
  const v8::TryCatch caught(isolate_);
  DAVIT_ASSIGN_OR_RETURN(const auto global, GetProperty(context, context->Global(), "WebAssembly"));
  const auto wasm = global.As<v8::Object>();
  const v8::Local<v8::External> self = v8::External::New(isolate_, this);
  v8::Local<v8::Function> job, suspend;
  v8::Local<v8::Object> suspending;
  DAVIT_ASSIGN_OR_RETURN(const auto suspending_class, FunctionOf(context, wasm, "Suspending"));
  const auto make = [&](v8::FunctionCallback callback, v8::Local<v8::Function>* function) {
    return v8::Function::New(context, callback, self, 0, v8::ConstructorBehavior::kThrow)
        .ToLocal(function);
  };
  if (!make(OnJob, &job) || !make(OnSuspend, &suspend)) {
    return absl::InternalError("V8 makes no host function");
  }
  v8::Local<v8::Value> suspend_arg = suspend;
  if (!suspending_class->NewInstance(context, 1, &suspend_arg).ToLocal(&suspending)) {
    return absl::InternalError("V8 makes no suspending function");
  }
  std::array<v8::Local<v8::Name>, 4> names;
  for (auto [name, text] : {std::pair{&names[0], kShimScratch},
                            {&names[1], kShimTable},
                            {&names[2], kFiberJob},
                            {&names[3], kFiberSuspend}}) {
    DAVIT_ASSIGN_OR_RETURN(*name, V8String(isolate_, text));
  }
  std::array<v8::Local<v8::Value>, 4> values = {scratch, table, job, suspending};
  v8::Local<v8::Value> fields = BareObject(isolate_, names, values);
  DAVIT_ASSIGN_OR_RETURN(v8::Local<v8::Name> from, V8String(isolate_, kShimImportModule));
  DAVIT_ASSIGN_OR_RETURN(const auto exports,
                         InstanceOf(context, wasm, EncodeFiberModule(),
                                    BareObject(isolate_, {&from, 1}, {&fields, 1})));
  DAVIT_ASSIGN_OR_RETURN(const auto park, FunctionOf(context, exports, kFiberPark));
  park_.Reset(isolate_, park);
  DAVIT_ASSIGN_OR_RETURN(v8::Local<v8::Value> main, GetProperty(context, exports, kFiberMain));
  DAVIT_ASSIGN_OR_RETURN(const auto promising, FunctionOf(context, wasm, "promising"));
  v8::Local<v8::Value> promising_main;
  if (!promising->Call(isolate_, context, wasm, 1, &main).ToLocal(&promising_main)) {
    return absl::InternalError("V8 makes no promising function");
  }
  main_.Reset(isolate_, promising_main.As<v8::Function>());
  return absl::OkStatus();
}

void Fibers::OnJob(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Fibers& fibers = Of(info);
  fibers.WakeIfEntered();
  info.GetReturnValue().Set(std::to_underlying(fibers.user_->Job()));
}

void Fibers::OnSuspend(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Fibers& fibers = Of(info);
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(info.GetIsolate()->GetCurrentContext()).ToLocal(&resolver)) {
    return;  // The guest ends with what V8 has thrown.
  }
  fibers.running_->resolver_.Reset(info.GetIsolate(), resolver);
  info.GetReturnValue().Set(resolver->GetPromise());
}

absl::StatusOr<std::unique_ptr<FiberStack>> Fibers::Take(const void* owner) {
  if (has_buried()) Reclaim();
  if (taken_ >= max_stacks_) {
    return base::LimitError("parked_stacks", max_stacks_, "too many calls wait in a cell");
  }
  DAVIT_ASSIGN_OR_RETURN(LiveBudget::Share share, budget_.Take());
  ++taken_;
  std::unique_ptr<FiberStack> stack;
  if (idle_.empty()) {
    stack = std::make_unique<FiberStack>();
  } else {
    stack = std::move(idle_.back());
    idle_.pop_back();
  }
  stack->share_ = std::move(share);
  stack->owner_ = owner;
  stack->next_ = in_use_;
  if (in_use_ != nullptr) in_use_->previous_ = stack.get();
  in_use_ = stack.get();
  return stack;
}

void Fibers::EndAllOf(const void* owner) {
  for (FiberStack* stack = in_use_; stack != nullptr; stack = stack->next_) {
    if (stack->owner_ == owner && stack->is_parked()) End(*stack);
  }
}

void Fibers::Return(std::unique_ptr<FiberStack> stack) {
  --taken_;
  stack->share_ = {};
  (stack->previous_ == nullptr ? in_use_ : stack->previous_->next_) = stack->next_;
  if (stack->next_ != nullptr) stack->next_->previous_ = stack->previous_;
  stack->next_ = stack->previous_ = nullptr;
  if (stack->is_parked()) idle_.push_back(std::move(stack));
}

void Fibers::Bury(std::unique_ptr<FiberStack> stack, bool is_idle) {
  absl::MutexLock lock(buried_mutex_);
  (is_idle ? buried_idle_ : buried_).push_back(std::move(stack));
  has_buried_.store(true, std::memory_order_release);
}

// Takes back what was idle when it was buried.
void Fibers::Reclaim() {
  absl::MutexLock lock(buried_mutex_);
  for (std::unique_ptr<FiberStack>& stack : buried_idle_) Return(std::move(stack));
  buried_idle_.clear();
  has_buried_.store(!buried_.empty(), std::memory_order_release);
}

void Fibers::Sweep(size_t most) {
  std::vector<std::unique_ptr<FiberStack>> dead;
  {
    absl::MutexLock lock(buried_mutex_);
    const size_t count = std::min(most, buried_.size());
    const auto first = buried_.end() - static_cast<ptrdiff_t>(count);
    dead.assign(std::make_move_iterator(first), std::make_move_iterator(buried_.end()));
    buried_.erase(first, buried_.end());
  }
  Reclaim();
  for (std::unique_ptr<FiberStack>& stack : dead) {
    if (stack->is_parked()) End(*stack);
    Return(std::move(stack));
  }
  for (; idle_.size() > most_idle() && most > 0; --most) {
    End(*idle_.back());
    idle_.pop_back();
  }
}

// Ends a parked stack.
void Fibers::End(FiberStack& stack) {
  const v8::HandleScope handles(isolate_);
  Reaper reaper;
  Thrown thrown;
  Enter(stack, reaper, thrown);
}

Fibers::Exit Fibers::Enter(FiberStack& stack, FiberUser& user, Thrown& thrown) {
  const v8::TryCatch caught(isolate_);
  running_ = &stack;
  user_ = entered_ = &user;
  const bool was_parked = stack.is_parked();
  if (was_parked) {
    Resume(stack);
  } else {
    Begin(stack);
  }
  running_ = nullptr;
  if (std::exchange(entered_, nullptr) != nullptr && was_parked) {
    ++lost_;
    return Exit::kLost;
  }
  if (stack.is_parked()) return Exit::kParked;
  ++ended_;
  thrown = Thrown(caught);
  const v8::Local<v8::Promise> end =
      stack.end_.IsEmpty() ? v8::Local<v8::Promise>() : stack.end_.Get(isolate_);
  if (!end.IsEmpty() && end->State() == v8::Promise::kRejected) {
    thrown.exception = end->Result();
    thrown.message = v8::Exception::CreateMessage(isolate_, thrown.exception);
  } else if (end.IsEmpty() || end->State() == v8::Promise::kPending) {
    thrown.is_termination = true;
    ++terminated_;
  }
  return Exit::kThrown;
}

void Fibers::Begin(FiberStack& stack) {
  const v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  v8::Local<v8::Value> end;
  if (!main_.Get(isolate_)
           ->Call(isolate_, context, v8::Undefined(isolate_), 0, nullptr)
           .ToLocal(&end)) {
    return;
  }
  end.As<v8::Promise>()->MarkAsHandled();
  stack.end_.Reset(isolate_, end.As<v8::Promise>());
}

void Fibers::Resume(FiberStack& stack) {
  const v8::Local<v8::Promise::Resolver> resolver = stack.resolver_.Get(isolate_);
  stack.resolver_.Reset();
  if (resolver->Resolve(isolate_->GetCurrentContext(), v8::Undefined(isolate_)).IsNothing()) return;
  isolate_->PerformMicrotaskCheckpoint();
}

}  // namespace davit::engine
