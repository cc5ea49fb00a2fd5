#include "runtime/engine/engine.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/engine/cell.h"
#include "runtime/engine/cell_state.h"
#include "runtime/engine/census.h"
#include "runtime/engine/compiler.h"
#include "runtime/engine/v8_process.h"
#include "runtime/engine/watchdog.h"

namespace davit::engine {

class Engine::Impl {
 public:
  Impl(EngineOptions options, std::unique_ptr<V8Process> process)
      : options(std::move(options)),
        process(std::move(process)),
        census(this->options),
        compiler(*this->process, this->options) {}

  // In this order: each uses those before it.
  const EngineOptions options;
  const std::unique_ptr<V8Process> process;
  Census census;
  Watchdog watchdog;
  Compiler compiler;
};

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(EngineOptions options) {
  DAVIT_ASSIGN_OR_RETURN(auto process, V8Process::Start(options));
  return std::unique_ptr<Engine>(
      new Engine(std::make_unique<Impl>(std::move(options), std::move(process))));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() = default;

absl::Status Engine::Validate(std::span<const uint8_t> module) const {
  return impl_->compiler.Validate(module);
}

absl::StatusOr<std::shared_ptr<const CompiledModule>> Engine::Compile(
    std::span<const uint8_t> module) {
  return impl_->compiler.Compile(module);
}

absl::StatusOr<std::shared_ptr<const ShimModule>> Engine::CompileShims(ShimSpec spec) {
  return impl_->compiler.CompileShims(spec);
}

absl::Status Engine::SaveCode() { return absl::OkStatus(); }

absl::StatusOr<std::shared_ptr<Cell>> Engine::NewCell(const CellOptions& options) {
  DAVIT_ASSIGN_OR_RETURN(auto state,
                         CellState::Create(*impl_->process, impl_->census, impl_->watchdog,
                                           impl_->options, options));
  return std::shared_ptr<Cell>(new Cell(std::move(state)));
}

const EngineOptions& Engine::options() const { return impl_->options; }

uint32_t Engine::live_memories() const {
  impl_->census.Sweep();
  return impl_->census.memories();
}

}  // namespace davit::engine
