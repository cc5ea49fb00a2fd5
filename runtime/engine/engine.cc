#include "runtime/engine/engine.h"

#include <v8.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "runtime/base/status_macros.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/cell/cell_state.h"
#include "runtime/engine/code/code_cache.h"
#include "runtime/engine/code/compiler.h"
#include "runtime/engine/process/census.h"
#include "runtime/engine/process/v8_process.h"
#include "runtime/engine/process/watchdog.h"

namespace davit::engine {
namespace {

// Null when there is to be none.
absl::StatusOr<std::unique_ptr<const CodeCache>> OpenCache(const EngineOptions& options) {
  if (options.cache_dir.empty()) return nullptr;
  return CodeCache::Open(options.cache_dir,
                         absl::StrCat(v8::V8::GetVersion(), " ", V8Flags(options)),
                         options.max_cache_bytes);
}

}  // namespace

class Engine::Impl {
 public:
  Impl(EngineOptions options, std::unique_ptr<V8Process> process,
       std::unique_ptr<const CodeCache> cache)
      : options(std::move(options)),
        process(std::move(process)),
        census(this->options),
        compiler(*this->process, census, this->options, std::move(cache)) {}

  // Makes room for the code of a new module where there is none. Errors: LimitError "code_bytes".
  absl::Status AdmitModule() {
    if (process->code_budget().scarce() && MayRelease()) ReleaseCode();
    return process->code_budget().Admit();
  }
  void ReleaseCode() {
    census.CollectIdle([] { return false; });
    compiler.ReleaseCode();
    census.CollectIdle(
        [] { return false; });  // Each cell says which of the code that V8 gave up it still runs.
  }
  // Once a second: every function that is not optimised yet is compiled anew.
  bool MayRelease() {
    absl::MutexLock lock(release_mutex);
    if (absl::Now() - last_release < absl::Seconds(1)) return false;
    last_release = absl::Now();
    return true;
  }

  // In this order: each uses those before it.
  const EngineOptions options;
  const std::unique_ptr<V8Process> process;
  Census census;
  Watchdog watchdog;
  Compiler compiler;
  absl::Mutex release_mutex;
  absl::Time last_release ABSL_GUARDED_BY(release_mutex) = absl::InfinitePast();
};

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(EngineOptions options) {
  DAVIT_ASSIGN_OR_RETURN(auto cache, OpenCache(options));
  DAVIT_ASSIGN_OR_RETURN(auto process, V8Process::Start(options));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(process), std::move(cache));
  DAVIT_RETURN_IF_ERROR(impl->compiler.SetAsideShimTypes());
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() = default;

absl::Status Engine::Validate(std::span<const uint8_t> module, CoreTypeAccount* types) const {
  DAVIT_RETURN_IF_ERROR(impl_->AdmitModule());
  return impl_->compiler.Validate(module, types);
}

absl::StatusOr<std::shared_ptr<const CompiledModule>> Engine::Compile(
    std::span<const uint8_t> module, Validity validity, CoreTypeAccount* types) {
  DAVIT_RETURN_IF_ERROR(impl_->AdmitModule());
  return impl_->compiler.Compile(module, validity, types);
}

absl::StatusOr<std::shared_ptr<const ShimModule>> Engine::CompileShims(const ShimSpec& spec,
                                                                       CoreTypeAccount* types) {
  DAVIT_RETURN_IF_ERROR(impl_->AdmitModule());
  return impl_->compiler.CompileShims(spec, types);
}

absl::Status Engine::SaveCode() { return impl_->compiler.SaveCode(); }

bool Engine::CodeIsScarce() const { return impl_->process->code_budget().scarce(); }

void Engine::ReleaseCode() { impl_->ReleaseCode(); }

bool Engine::StopCompiling(absl::Duration wait) { return impl_->process->StopCompiling(wait); }

uint64_t Engine::code_bytes() const { return impl_->process->code_budget().used(); }

bool Engine::IsCompiling() const { return impl_->process->IsCompiling(); }

absl::StatusOr<std::shared_ptr<Cell>> Engine::NewCell(const CellOptions& options) {
  DAVIT_ASSIGN_OR_RETURN(auto state, CellState::Create(*impl_->process, impl_->census,
                                                       impl_->watchdog, impl_->options, options));
  return std::shared_ptr<Cell>(new Cell(std::move(state)));
}

const EngineOptions& Engine::options() const { return impl_->options; }

uint32_t Engine::live_memories() const {
  impl_->census.Sweep();
  return impl_->census.memories();
}

}  // namespace davit::engine
