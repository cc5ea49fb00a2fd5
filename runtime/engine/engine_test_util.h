#ifndef DAVIT_RUNTIME_ENGINE_ENGINE_TEST_UTIL_H_
#define DAVIT_RUNTIME_ENGINE_ENGINE_TEST_UTIL_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/store/store.h"

namespace davit::engine {

// The engine of the test process, started at first use with what TestOptions() returns; it is never
// destroyed.
Engine& TestEngine();
// Defined by each test program that links TestEngine().
EngineOptions TestOptions();

// Waits until V8 has optimised every function that has run.
void AwaitOptimisedCode();

// A module of testdata/, by the name of its source.
std::string TestModule(std::string_view name);
std::span<const uint8_t> Bytes(std::string_view text);
std::shared_ptr<const CompiledModule> CompileTestModule(std::string_view name);

// "i32 i64 -> f32"
types::CoreSignature Signature(std::string_view text);

CoreSlot SlotOf(float value);
CoreSlot SlotOf(double value);
float AsFloat(CoreSlot slot);
double AsDouble(CoreSlot slot);

// Host imports as a function.
class FakeHost final : public HostImports {
 public:
  using Body = std::function<absl::Status(uint32_t index, std::span<CoreSlot> slots)>;
  using FrameBody = std::function<absl::Status(uint32_t index, HostFrame& frame)>;
  void set_body(Body body) {
    body_ = nullptr;
    if (!body) return;
    body_ = [body = std::move(body)](uint32_t index, HostFrame& frame) {
      return body(index, frame.slots());
    };
  }
  void set_frame_body(FrameBody body) { body_ = std::move(body); }
  absl::Status HostCall(uint32_t index, HostFrame& frame) override {
    return body_ ? body_(index, frame) : absl::InternalError("no host import expected");
  }

 private:
  FrameBody body_;
};

std::shared_ptr<Cell> NewTestCell(const CellOptions& options = {});

// A store with one instance of a test module in a locked cell. Its entry shims have the signatures
// given to Call().
class TestGuest {
 public:
  // `host_imports` are given to the module in this order, as all of its imports.
  explicit TestGuest(std::string_view module,
                     const std::vector<types::CoreSignature>& host_imports = {},
                     const StoreLimits& limits = {}, std::shared_ptr<Cell> cell = NewTestCell());

  // The same of a module that is compiled already.
  explicit TestGuest(const CompiledModule& module,
                     const std::vector<types::CoreSignature>& host_imports = {},
                     const StoreLimits& limits = {}, std::shared_ptr<Cell> cell = NewTestCell());

  // Calls export `name` in a Run of its own with this deadline. Results are left in `slots`.
  absl::Status Call(std::string_view name, std::string_view signature, std::vector<CoreSlot>& slots,
                    absl::Time deadline = absl::InfiniteFuture());
  // The first result.
  absl::StatusOr<CoreSlot> Call(std::string_view name, std::string_view signature,
                                std::initializer_list<CoreSlot> params = {},
                                absl::Time deadline = absl::InfiniteFuture());
  // As above, inside a Run that exists.
  absl::Status CallInRun(std::string_view name, std::string_view signature,
                         std::vector<CoreSlot>& slots);
  FuncId Func(std::string_view name, std::string_view signature);
  MemoryId Memory(std::string_view name = "memory");

  // Lets others have the cell; until Lock() nothing else may be asked.
  void Unlock() { lock_.reset(); }
  void Lock() { lock_ = std::make_unique<CellLock>(*cell_); }

  FakeHost& host() { return host_; }
  Cell& cell() { return *cell_; }
  CellLock& lock() { return *lock_; }
  Store& store() { return *store_; }
  CoreInstanceId instance() const { return instance_; }

 private:
  FakeHost host_;
  std::shared_ptr<Cell> cell_;
  std::unique_ptr<CellLock> lock_;
  std::unique_ptr<Store> store_;
  CoreInstanceId instance_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_ENGINE_TEST_UTIL_H_
