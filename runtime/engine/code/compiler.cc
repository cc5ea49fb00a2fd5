#include "runtime/engine/code/compiler.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/engine/code/module_plan.h"
#include "runtime/engine/code/shim_encoder.h"
#include "runtime/engine/process/gc_stress.h"
#include "runtime/engine/process/v8_util.h"
#include "runtime/wasm/core_sections.h"

namespace davit::engine {
namespace {

constexpr size_t kHeapBytes = 512 << 20;
constexpr uint32_t kCompilerSlot = 0;  // of the isolate's embedder data

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

absl::Status CompileError(std::string_view message, uint32_t max_table_elements) {
  if (absl::StrContains(message, "initial table size") &&
      absl::StrContains(message, "implementation limit")) {
    return base::LimitError("table_elements", max_table_elements, message);
  }
  return absl::InvalidArgumentError(absl::StrCat("core module: ", message));
}

std::vector<ShimShape> Shapes(const std::vector<types::CoreSignature>& signatures) {
  std::vector<ShimShape> shapes;
  shapes.reserve(signatures.size());
  for (const types::CoreSignature& signature : signatures) {
    shapes.push_back({.params = static_cast<uint32_t>(signature.params.size()),
                      .results = static_cast<uint32_t>(signature.results.size())});
  }
  return shapes;
}

// Of the functions that most components pass: see Engine::CompileShims.
std::vector<types::CoreSignature> UsualSignatures() {
  using types::CoreType;
  constexpr size_t kMostMixedParams = 3;
  constexpr CoreType kAll[] = {CoreType::kI32, CoreType::kI64, CoreType::kF32, CoreType::kF64};
  std::vector<std::vector<CoreType>> params = {{}};
  for (size_t i = 0; params[i].size() < kMostMixedParams; ++i) {
    for (CoreType type : kAll) {
      params.push_back(params[i]);
      params.back().push_back(type);
    }
  }
  for (size_t n = kMostMixedParams + 1; n <= base::kMaxFlatParams; ++n) {
    params.emplace_back(n, CoreType::kI32);
  }
  std::vector<types::CoreSignature> signatures;
  for (const std::vector<CoreType>& list : params) {
    signatures.push_back({.params = list});
    for (CoreType result : kAll) signatures.push_back({.params = list, .results = {result}});
  }
  return signatures;
}

}  // namespace

// The isolate on this thread.
struct Compiler::Scopes {
  explicit Scopes(const Compiler& compiler)
      : locker(compiler.isolate_), isolate(compiler.isolate_), handles(compiler.isolate_) {}

  v8::Locker locker;
  v8::Isolate::Scope isolate;
  v8::HandleScope handles;
};

Compiler::Compiler(V8Process& process, Census& census, const EngineOptions& options,
                   std::unique_ptr<const CodeCache> cache)
    : process_(process),
      census_(census),
      options_(options),
      types_(options.max_core_types, options.max_module_core_types),
      isolate_(process.NewIsolate(kHeapBytes)),
      cache_(std::move(cache)) {
  const Scopes scopes(*this);
  isolate_->SetData(kCompilerSlot, this);
  // Before the context, which would be made without WebAssembly.compileStreaming.
  isolate_->SetWasmStreamingCallback(OnStream);
  garbage_.emplace(isolate_);
  context_.Reset(isolate_, v8::Context::New(isolate_));
}

Compiler::~Compiler() {
  {
    const Scopes scopes(*this);
    context_.Reset();
    garbage_.reset();
  }
  isolate_->Dispose();
}

absl::StatusOr<FunctionShare> Compiler::Admit(std::span<const uint8_t> module,
                                              CoreTypeAccount* types) {
  DAVIT_RETURN_IF_ERROR(types_.Charge(module, types));
  DAVIT_ASSIGN_OR_RETURN(const uint32_t functions, wasm::CountCoreFunctions(module));
  auto share = census_.functions().Take(functions);
  if (!share.ok()) {
    CollectGarbage();
    census_.CollectIdle([&] {
      share = census_.functions().Take(functions);
      return share.ok();
    });
  }
  if (!share.ok()) share = census_.functions().Take(functions);
  if (!share.ok()) return share.status();
  return std::make_shared<const LiveBudget::Share>(*std::move(share));
}

void Compiler::CollectGarbage() {
  const Scopes scopes(*this);
  isolate_->LowMemoryNotification();
}

void Compiler::Discard(FunctionShare functions) {
  const Scopes scopes(*this);
  garbage_->Add(std::move(functions));
}

absl::StatusOr<V8Code> Compiler::CompileBytes(std::span<const uint8_t> module,
                                              CoreTypeAccount* types) {
  DAVIT_ASSIGN_OR_RETURN(FunctionShare functions, Admit(module, types));
  auto code = CompileAdmitted(module);
  Discard(functions);
  if (!code.ok()) return code.status();
  return V8Code{.functions = std::move(functions), .module = *std::move(code)};
}

absl::StatusOr<v8::CompiledWasmModule> Compiler::CompileAdmitted(std::span<const uint8_t> module) {
  const Scopes scopes(*this);
  const v8::Context::Scope context_scope(context_.Get(isolate_));
  const v8::TryCatch caught(isolate_);
  v8::Local<v8::WasmModuleObject> object;
  const bool ok =
      v8::WasmModuleObject::Compile(isolate_, {module.data(), module.size()}).ToLocal(&object);
  process_.RunTasks(isolate_);
  StressGc(isolate_);
  if (!ok) return CompileError(MessageOf(isolate_, caught), options_.max_table_elements);
  return object->GetCompiledModule();
}

absl::Status Compiler::Check(std::span<const uint8_t> module) const {
  const absl::Status status = CheckModule(module, options_);
  // Its offset is one in the core module.
  if (base::BinaryErrorOf(status).has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("core module: ", status.message()));
  }
  return status;
}

absl::Status Compiler::Validate(std::span<const uint8_t> module, CoreTypeAccount* types) {
  DAVIT_RETURN_IF_ERROR(Check(module));
  return CompileBytes(module, types).status();
}

absl::StatusOr<std::shared_ptr<const CompiledModule>> Compiler::Compile(
    std::span<const uint8_t> module, Validity validity, CoreTypeAccount* types) {
  if (validity == Validity::kUnknown) DAVIT_RETURN_IF_ERROR(Check(module));
  absl::StatusOr<RewrittenPlan> rewritten = PlanModule(module, options_);
  Cacheable cacheable;
  if (cache_ != nullptr && rewritten.ok()) {
    // Code under this key was made of a valid module, so this one is not validated again.
    cacheable.key = cache_->KeyOf(AsBytes(rewritten->bytes));
    if (const auto saved = cache_->Load(cacheable.key)) {
      DAVIT_ASSIGN_OR_RETURN(FunctionShare functions, Admit(AsBytes(rewritten->bytes), types));
      auto code = Deserialize(AsBytes(rewritten->bytes), AsBytes(*saved));
      Discard(functions);
      if (code) {
        auto compiled = std::make_shared<const CompiledModule>(
            V8Code{.functions = std::move(functions), .module = *std::move(code)},
            CodeOrigin::kCached, std::move(rewritten->plan));
        cacheable.module = compiled;
        cacheable.saved_bytes = saved->size();
        Remember(cacheable);
        return compiled;
      }
    }
  }
  // The rewriter relies on a valid module, and V8's messages should have offsets in this one.
  if (validity == Validity::kUnknown) DAVIT_RETURN_IF_ERROR(CompileBytes(module, types).status());
  DAVIT_RETURN_IF_ERROR(rewritten.status());
  DAVIT_ASSIGN_OR_RETURN(V8Code code, CompileBytes(AsBytes(rewritten->bytes), types));
  auto compiled = std::make_shared<const CompiledModule>(std::move(code), CodeOrigin::kCompiled,
                                                         std::move(rewritten->plan));
  cacheable.module = compiled;
  if (cache_ != nullptr) Remember(cacheable);
  return compiled;
}

absl::StatusOr<std::shared_ptr<const ShimModule>> Compiler::CompileShims(const ShimSpec& spec,
                                                                         CoreTypeAccount* types) {
  DAVIT_ASSIGN_OR_RETURN(const std::string bytes, EncodeShims(spec));
  DAVIT_ASSIGN_OR_RETURN(V8Code code, CompileBytes(AsBytes(bytes), types));
  return std::make_shared<const ShimModule>(std::move(code), Shapes(spec.entries),
                                            Shapes(spec.host_imports));
}

absl::Status Compiler::SetAsideShimTypes() {
  return CompileShims({.entries = UsualSignatures()}, /*types=*/nullptr).status();
}

// V8 offers this only as a part of WebAssembly.compileStreaming().
std::optional<v8::CompiledWasmModule> Compiler::Deserialize(std::span<const uint8_t> module,
                                                            std::span<const uint8_t> code) {
  const Scopes scopes(*this);
  const v8::Local<v8::Context> context = context_.Get(isolate_);
  const v8::Context::Scope context_scope(context);
  const v8::TryCatch caught(isolate_);
  const auto wasm = GetProperty(context, context->Global(), "WebAssembly");
  if (!wasm.ok() || !(*wasm)->IsObject()) return std::nullopt;
  const auto compile = GetProperty(context, wasm->As<v8::Object>(), "compileStreaming");
  if (!compile.ok() || !(*compile)->IsFunction()) return std::nullopt;
  Stream stream = {.module = module, .code = code};
  stream_ = &stream;
  v8::Local<v8::Value> source = v8::Undefined(isolate_), result;
  if (!compile->As<v8::Function>()->Call(isolate_, context, *wasm, 1, &source).ToLocal(&result) ||
      !result->IsPromise()) {
    return std::nullopt;
  }
  const v8::Local<v8::Promise> promise = result.As<v8::Promise>();
  isolate_->PerformMicrotaskCheckpoint();  // Runs OnStream().
  while (promise->State() == v8::Promise::kPending) {
    process_.WaitAndRunTask(isolate_);
    isolate_->PerformMicrotaskCheckpoint();
  }
  stream_ = nullptr;
  if (!stream.accepted || promise->State() != v8::Promise::kFulfilled) return std::nullopt;
  return promise->Result().As<v8::WasmModuleObject>()->GetCompiledModule();
}

void Compiler::OnStream(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  Stream& stream = *static_cast<Compiler*>(isolate->GetData(kCompilerSlot))->stream_;
  const std::shared_ptr<v8::WasmStreaming> streaming =
      v8::WasmStreaming::Unpack(isolate, info.Data());
  stream.accepted = streaming->SetCompiledModuleBytes(stream.code.data(), stream.code.size());
  streaming->OnBytesReceived(stream.module.data(), stream.module.size());
  streaming->Finish(stream.accepted);
}

void Compiler::Remember(Cacheable cacheable) {
  absl::MutexLock lock(mutex_);
  std::erase_if(cacheable_, [](const Cacheable& known) { return known.module.expired(); });
  cacheable_.push_back(std::move(cacheable));
}

absl::Status Compiler::SaveCode() {
  absl::MutexLock lock(mutex_);
  absl::Status first_failure;
  for (Cacheable& cacheable : cacheable_) first_failure.Update(Save(cacheable));
  return first_failure;
}

void Compiler::ReleaseCode() {
  const Scopes scopes(*this);
  const v8::Context::Scope context_scope(context_.Get(isolate_));
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
  process_.RunTasks(isolate_);
}

absl::Status Compiler::Save(Cacheable& cacheable) {
  const auto module = cacheable.module.lock();
  if (module == nullptr) return absl::OkStatus();
  // Empty as long as no function is optimised.
  const v8::OwnedBuffer code = v8::CompiledWasmModule(module->code()).Serialize();
  if (code.size == 0 || code.size == cacheable.saved_bytes) return absl::OkStatus();
  DAVIT_RETURN_IF_ERROR(cache_->Store(cacheable.key, {code.buffer.get(), code.size}));
  cacheable.saved_bytes = code.size;
  return absl::OkStatus();
}

}  // namespace davit::engine
