#include "runtime/engine/cell/fiber_test_util.h"

#include <libplatform/libplatform.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "absl/log/check.h"
#include "absl/strings/str_cat.h"
#include "runtime/engine/cell/thread_stack.h"
#include "runtime/engine/process/v8_process.h"
#include "runtime/engine/process/v8_util.h"

namespace davit::engine {
namespace {

constexpr size_t kHeapBytes = 64 << 20;
constexpr int kMostFrames = 64;

std::string ReadModule(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  CHECK(!bytes.empty()) << "no " << path;
  return bytes;
}

v8::Local<v8::Object> ObjectWith(
    v8::Local<v8::Context> context,
    std::initializer_list<std::pair<const char*, v8::Local<v8::Value>>> properties) {
  const v8::Local<v8::Object> object = v8::Object::New(context->GetIsolate());
  for (const auto& [name, value] : properties)
    object->Set(context, *V8String(context->GetIsolate(), name), value).Check();
  return object;
}

// WebAssembly.`name`, which is not in WasmApi.
v8::Local<v8::Function> WebAssemblyFunction(v8::Local<v8::Context> context, const char* name) {
  const auto wasm = GetProperty(context, context->Global(), "WebAssembly")->As<v8::Object>();
  const v8::Local<v8::Value> function = *GetProperty(context, wasm, name);
  CHECK(function->IsFunction()) << "V8 has no WebAssembly." << name;
  return function.As<v8::Function>();
}

}  // namespace

size_t TestStackBytes(size_t stack_kb, size_t stack_size_flag_kb) {
  constexpr size_t kPage = 4096;
  const size_t bytes = std::min(stack_kb + 40, stack_size_flag_kb) << 10;
  return (bytes + kPage - 1) / kPage * kPage;
}

void TestPages::PoolRangesOf(size_t length) {
  std::vector<void*> unused;
  size_t unused_length;
  {
    const absl::MutexLock lock(mutex_);
    unused_length = std::exchange(pooled_length_, length);
    unused.swap(pool_);
  }
  for (void* const range : unused) CHECK(pages_->FreePages(range, unused_length));
}

void TestPages::Record() {
  const absl::MutexLock lock(mutex_);
  recording_ = true;
  calls_.clear();
}

std::vector<PageCall> TestPages::TakeCalls() {
  const absl::MutexLock lock(mutex_);
  recording_ = false;
  return std::exchange(calls_, {});
}

void TestPages::Saw(PageCall call) {
  const absl::MutexLock lock(mutex_);
  if (recording_) calls_.push_back(call);
}

void* TestPages::TakePooled(size_t length) {
  const absl::MutexLock lock(mutex_);
  if (length != pooled_length_ || pool_.empty()) return nullptr;
  void* const range = pool_.back();
  pool_.pop_back();
  return range;
}

void* TestPages::AllocatePages(void* hint, size_t length, size_t alignment,
                               Permission permissions) {
  void* pages = TakePooled(length);
  if (pages == nullptr) pages = pages_->AllocatePages(hint, length, alignment, permissions);
  Saw({PageCall::Kind::kAllocate, static_cast<std::byte*>(pages), length, hint, alignment,
       permissions});
  return pages;
}

bool TestPages::FreePages(void* address, size_t length) {
  Saw({PageCall::Kind::kFree, static_cast<std::byte*>(address), length});
  return pages_->FreePages(address, length);
}

bool TestPages::ReleasePages(void* address, size_t length, size_t new_length) {
  Saw({PageCall::Kind::kOther, static_cast<std::byte*>(address), length});
  return pages_->ReleasePages(address, length, new_length);
}

bool TestPages::SetPermissions(void* address, size_t length, Permission permissions) {
  Saw({PageCall::Kind::kOther, static_cast<std::byte*>(address), length});
  return pages_->SetPermissions(address, length, permissions);
}

bool TestPages::RecommitPages(void* address, size_t length, Permission permissions) {
  Saw({PageCall::Kind::kOther, static_cast<std::byte*>(address), length});
  return pages_->RecommitPages(address, length, permissions);
}

bool TestPages::DiscardSystemPages(void* address, size_t length) {
  Saw({PageCall::Kind::kOther, static_cast<std::byte*>(address), length});
  return pages_->DiscardSystemPages(address, length);
}

bool TestPages::DecommitPages(void* address, size_t length) {
  Saw({PageCall::Kind::kDecommit, static_cast<std::byte*>(address), length});
  const absl::MutexLock lock(mutex_);
  if (length != pooled_length_) return pages_->DecommitPages(address, length);
  pool_.push_back(address);
  return madvise(address, length, MADV_DONTNEED) == 0;
}

bool TestPages::SealPages(void* address, size_t length) {
  Saw({PageCall::Kind::kOther, static_cast<std::byte*>(address), length});
  return pages_->SealPages(address, length);
}

TestPlatform::TestPlatform() : platform_(v8::platform::NewDefaultPlatform(1)) {
  pages_.set_pages(platform_->GetPageAllocator());
}

std::unique_ptr<v8::JobHandle> TestPlatform::CreateJobImpl(v8::TaskPriority priority,
                                                           std::unique_ptr<v8::JobTask> task,
                                                           const v8::SourceLocation& location) {
  return platform_->CreateJob(priority, std::move(task), location);
}

void TestPlatform::PostTaskOnWorkerThreadImpl(v8::TaskPriority priority,
                                              std::unique_ptr<v8::Task> task,
                                              const v8::SourceLocation& location) {
  platform_->PostTaskOnWorkerThread(priority, std::move(task), location);
}

void TestPlatform::PostDelayedTaskOnWorkerThreadImpl(v8::TaskPriority priority,
                                                     std::unique_ptr<v8::Task> task,
                                                     double delay_in_seconds,
                                                     const v8::SourceLocation& location) {
  platform_->PostDelayedTaskOnWorkerThread(priority, std::move(task), delay_in_seconds, location);
}

TestV8& TestV8::Get() {
  static TestV8& v8 = *new TestV8;
  return v8;
}

TestV8::TestV8() : buffers_(v8::ArrayBuffer::Allocator::NewDefaultAllocator()) {
  const std::string flags = absl::StrCat(V8Flags({}), " --expose-gc --no-freeze-flags-after-init",
                                         " --wasm-stack-switching-stack-size=", kStackKb);
  v8::V8::SetFlagsFromString(flags.c_str());
  v8::V8::InitializePlatform(&platform_);
  v8::V8::EnableWebAssemblyTrapHandler(/*use_v8_signal_handler=*/true);
  v8::V8::Initialize();
}

v8::Isolate* TestV8::NewIsolate() {
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = buffers_.get();
  params.constraints.set_max_old_generation_size_in_bytes(kHeapBytes);
  params.constraints.set_max_young_generation_size_in_bytes(kHeapBytes / 8);
  v8::Isolate* const isolate = v8::Isolate::New(params);
  isolate->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  isolate->SetCaptureStackTraceForUncaughtExceptions(true, kMostFrames);
  return isolate;
}

TestGuest::Lock::Lock(TestGuest& guest)
    : locker_(guest.isolate_),
      isolate_scope_(guest.isolate_),
      handles_(guest.isolate_),
      context_scope_(guest.context()) {
  guest.isolate_->SetStackLimit(GuestStackLimit(kStackKb << 10));
}

TestGuest::TestGuest(const std::string& path) : isolate_(TestV8::Get().NewIsolate()) {
  const v8::Locker locker(isolate_);
  const v8::Isolate::Scope isolate_scope(isolate_);
  const v8::HandleScope handles(isolate_);
  isolate_->SetData(0, this);
  isolate_->SetWasmJSPIEnabledCallback([](v8::Local<v8::Context>) { return true; });
  const v8::Local<v8::Context> context = v8::Context::New(isolate_);
  const v8::Context::Scope context_scope(context);
  isolate_->InstallConditionalFeatures(context);
  context_.Reset(isolate_, context);
  api_ = *WasmApi::Create(context);
  const std::string bytes = ReadModule(path);
  auto module = v8::WasmModuleObject::Compile(
      isolate_, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  exports_.Reset(isolate_,
                 api_->Instantiate(context, module.ToLocalChecked(), Imports()).ToLocalChecked());
}

TestGuest::~TestGuest() {
  exports_.Reset();
  context_.Reset();
  api_.reset();
  isolate_->Dispose();
}

v8::Local<v8::Object> TestGuest::Imports() const {
  const v8::Local<v8::Context> context = this->context();
  const auto park = v8::Function::New(context, OnPark).ToLocalChecked();
  const auto call = v8::Function::New(context, OnCall).ToLocalChecked();
  return ObjectWith(context,
                    {{"host", ObjectWith(context, {{"park", Suspending(park)}, {"call", call}})}});
}

v8::Local<v8::Value> TestGuest::Suspending(v8::Local<v8::Function> function) const {
  std::array<v8::Local<v8::Value>, 1> args = {function};
  return WebAssemblyFunction(context(), "Suspending")
      ->NewInstance(context(), 1, args.data())
      .ToLocalChecked();
}

v8::Local<v8::Value> TestGuest::Export(std::string_view name) const {
  return *GetProperty(context(), exports_.Get(isolate_), name);
}

v8::Local<v8::Function> TestGuest::Plain(std::string_view name) const {
  const v8::Local<v8::Value> function = Export(name);
  CHECK(function->IsFunction()) << "no export " << name;
  return function.As<v8::Function>();
}

v8::Local<v8::Function> TestGuest::Promising(std::string_view name) const {
  std::array<v8::Local<v8::Value>, 1> args = {Plain(name)};
  return WebAssemblyFunction(context(), "promising")
      ->Call(isolate_, context(), v8::Undefined(isolate_), 1, args.data())
      .ToLocalChecked()
      .As<v8::Function>();
}

void TestGuest::OnPark(const v8::FunctionCallbackInfo<v8::Value>& info) {
  auto& guest = *static_cast<TestGuest*>(info.GetIsolate()->GetData(0));
  const auto resolver =
      v8::Promise::Resolver::New(info.GetIsolate()->GetCurrentContext()).ToLocalChecked();
  if (guest.running_ != nullptr) guest.running_->parked.Reset(guest.isolate_, resolver);
  info.GetReturnValue().Set(resolver->GetPromise());
}

void TestGuest::OnCall(const v8::FunctionCallbackInfo<v8::Value>& info) {
  auto& guest = *static_cast<TestGuest*>(info.GetIsolate()->GetData(0));
  const int32_t arg = info[0].As<v8::Int32>()->Value();
  info.GetReturnValue().Set(guest.host_ ? guest.host_(arg) : arg);
}

std::string TestGuest::Call(v8::Local<v8::Function> function, int32_t arg) {
  const v8::HandleScope handles(isolate_);
  const v8::TryCatch caught(isolate_);
  TestFiber* const running = std::exchange(running_, nullptr);
  v8::Local<v8::Value> value = v8::Integer::New(isolate_, arg);
  v8::Local<v8::Value> result;
  const bool returned =
      function->Call(isolate_, context(), v8::Undefined(isolate_), 1, &value).ToLocal(&result);
  running_ = running;
  if (returned) return ToStdString(isolate_, result);
  return caught.HasTerminated() ? "terminated" : ToStdString(isolate_, caught.Exception());
}

bool TestGuest::Start(TestFiber& fiber, v8::Local<v8::Function> promising, int32_t arg) {
  const v8::HandleScope handles(isolate_);
  const v8::TryCatch caught(isolate_);
  TestFiber* const running = std::exchange(running_, &fiber);
  v8::Local<v8::Value> value = v8::Integer::New(isolate_, arg);
  v8::Local<v8::Value> result;
  const bool returned =
      promising->Call(isolate_, context(), v8::Undefined(isolate_), 1, &value).ToLocal(&result);
  running_ = running;
  if (!returned) return false;
  // A fiber whose promise is rejected with nobody there is no news.
  result.As<v8::Promise>()->MarkAsHandled();
  fiber.outcome.Reset(isolate_, result.As<v8::Promise>());
  return true;
}

void TestGuest::Resolve(TestFiber& fiber, int32_t value) {
  const v8::HandleScope handles(isolate_);
  const v8::Local<v8::Promise::Resolver> parked = fiber.parked.Get(isolate_);
  fiber.parked.Reset();
  parked->Resolve(context(), v8::Integer::New(isolate_, value)).Check();
}

void TestGuest::Reject(TestFiber& fiber) {
  const v8::HandleScope handles(isolate_);
  const v8::Local<v8::Promise::Resolver> parked = fiber.parked.Get(isolate_);
  fiber.parked.Reset();
  parked->Reject(context(), v8::Exception::Error(*V8String(isolate_, "rejected"))).Check();
}

bool TestGuest::Checkpoint() {
  const v8::TryCatch caught(isolate_);
  isolate_->PerformMicrotaskCheckpoint();
  return !caught.HasTerminated();
}

bool TestGuest::Resume(TestFiber& fiber, int32_t value) {
  TestFiber* const running = std::exchange(running_, &fiber);
  Resolve(fiber, value);
  const bool went_on = Checkpoint();
  running_ = running;
  return went_on;
}

std::string TestGuest::OutcomeOf(const TestFiber& fiber) const {
  const v8::HandleScope handles(isolate_);
  const v8::Local<v8::Promise> outcome = fiber.outcome.Get(isolate_);
  if (outcome->State() == v8::Promise::kPending) return "pending";
  return absl::StrCat(outcome->State() == v8::Promise::kFulfilled ? "fulfilled " : "rejected ",
                      ToStdString(isolate_, outcome->Result()));
}

}  // namespace davit::engine
