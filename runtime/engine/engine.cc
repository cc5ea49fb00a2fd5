#include "runtime/engine/engine.h"

#include <v8.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/engine/cell.h"
#include "runtime/engine/cell_state.h"
#include "runtime/engine/census.h"
#include "runtime/engine/code_cache.h"
#include "runtime/engine/compiler.h"
#include "runtime/engine/v8_process.h"
#include "runtime/engine/watchdog.h"

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

  // In this order: each uses those before it.
  const EngineOptions options;
  const std::unique_ptr<V8Process> process;
  Census census;
  Watchdog watchdog;
  Compiler compiler;
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
  return impl_->compiler.Validate(module, types);
}

absl::StatusOr<std::shared_ptr<const CompiledModule>> Engine::Compile(
    std::span<const uint8_t> module, Validity validity, CoreTypeAccount* types) {
  return impl_->compiler.Compile(module, validity, types);
}

absl::StatusOr<std::shared_ptr<const ShimModule>> Engine::CompileShims(const ShimSpec& spec,
                                                                       CoreTypeAccount* types) {
  return impl_->compiler.CompileShims(spec, types);
}

absl::Status Engine::SaveCode() { return impl_->compiler.SaveCode(); }

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
