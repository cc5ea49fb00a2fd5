#ifndef DAVIT_RUNTIME_ENGINE_CODE_COMPILED_MODULE_H_
#define DAVIT_RUNTIME_ENGINE_CODE_COMPILED_MODULE_H_

#include <v8.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/trap.h"
#include "runtime/engine/code/function_map.h"
#include "runtime/engine/code/module_plan.h"
#include "runtime/engine/options.h"
#include "runtime/engine/process/live_budget.h"

// What a compile makes, of guests' modules and of shims. No thread's V8 state is in here.
namespace davit::engine {

enum class CodeOrigin : uint8_t { kCompiled, kCached };

// The functions of a module as Census counts them, to be held by whatever keeps V8 from freeing the
// module.
using FunctionShare = std::shared_ptr<const LiveBudget::Share>;

// A module as V8 has it.
struct V8Code {
  FunctionShare functions;
  v8::CompiledWasmModule module;
};

class CompiledModule final : public std::enable_shared_from_this<CompiledModule> {
 public:
  CompiledModule(V8Code code, CodeOrigin origin, ModulePlan plan)
      : functions_in_v8_(std::move(code.functions)),
        code_(std::move(code.module)),
        origin_(origin),
        plan_(std::move(plan)) {}

  const v8::CompiledWasmModule& code() const { return code_; }
  const FunctionShare& functions_in_v8() const { return functions_in_v8_; }
  CodeOrigin origin() const { return origin_; }
  // What V8 calls the module in stack traces.
  const std::string& url() const { return code_.source_url(); }
  const ModulePlan& plan() const { return plan_; }

  // The frame that is at a byte offset of the code that V8 has, with the offset that it has in the
  // module as it was given. Nothing in a function that davit has added.
  std::optional<base::TrapFrame> FrameAt(uint64_t offset) const {
    base::TrapFrame frame = functions().Frame(offset);
    if (frame.function_index >= plan_.func_count) return std::nullopt;
    frame.offset = plan_.code.OriginalOf(offset);
    return frame;
  }

 private:
  // Read when the first trap needs it.
  const FunctionMap& functions() const {
    std::call_once(functions_once_, [this] {
      const v8::MemorySpan<const uint8_t> bytes =
          const_cast<v8::CompiledWasmModule&>(code_).GetWireBytesRef();  // A getter, in effect.
      functions_.emplace(FunctionMap::Read({bytes.data(), bytes.size()}));
    });
    return *functions_;
  }

  const FunctionShare functions_in_v8_;
  const v8::CompiledWasmModule code_;
  const CodeOrigin origin_;
  const ModulePlan plan_;
  mutable std::once_flag functions_once_;
  mutable std::optional<FunctionMap> functions_;
};

// How many slots a crossing needs.
struct ShimShape {
  uint32_t params = 0, results = 0;
  uint32_t slots() const { return std::max(params, results); }
};

class ShimModule final : public std::enable_shared_from_this<ShimModule> {
 public:
  ShimModule(V8Code code, std::vector<ShimShape> entries, std::vector<ShimShape> host_imports)
      : functions_in_v8_(std::move(code.functions)),
        code_(std::move(code.module)),
        entries_(std::move(entries)),
        host_imports_(std::move(host_imports)) {}

  const v8::CompiledWasmModule& code() const { return code_; }
  const FunctionShare& functions_in_v8() const { return functions_in_v8_; }
  // Functions that an instance exports, the driver with them.
  uint64_t exports() const { return 1 + entries_.size() + host_imports_.size(); }
  const std::vector<ShimShape>& entries() const { return entries_; }
  const std::vector<ShimShape>& host_imports() const { return host_imports_; }

 private:
  const FunctionShare functions_in_v8_;
  const v8::CompiledWasmModule code_;
  const std::vector<ShimShape> entries_, host_imports_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CODE_COMPILED_MODULE_H_
