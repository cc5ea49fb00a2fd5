// The whole life of an engine, which a process has one of.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/store/store.h"

namespace davit::engine {
namespace {

class NoHost final : public HostImports {
 public:
  absl::Status HostCall(uint32_t, HostFrame&) override {
    return absl::InternalError("no host import expected");
  }
};

// (module (func (export "f") (loop (br 0))))
constexpr std::string_view kSpin(
    "\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7\5\1\1f\0\0\x0a\x09\1\7\0\3\x40\x0c\0\x0b\x0b", 36);

void SpinUntilDeadline(Engine& engine) {
  const auto module =
      engine.Compile({reinterpret_cast<const uint8_t*>(kSpin.data()), kSpin.size()});
  ASSERT_TRUE(module.ok()) << module.status();
  const auto shims = engine.CompileShims({.entries = {{}}}).value();
  const auto cell = engine.NewCell({}).value();
  NoHost host;
  CellLock lock(*cell);
  const auto store = Store::Create(lock, {}, shims, host).value();
  CoreInstanceId instance;
  {
    const engine::Run run(lock, *store, absl::InfiniteFuture());
    instance = store->Instantiate(lock, **module, {}).value();
  }
  const FuncId func = store->AddFunc(lock, store->Export(lock, instance, "f").value(), 0).value();
  const engine::Run run(lock, *store, absl::Now() + absl::Milliseconds(10));
  EXPECT_EQ(store->Call(lock, func, {}).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(Engine, MayBeDestroyedWhenAllIsGoneAndNotBeStartedAgain) {
  auto engine = Engine::Start({});
  ASSERT_TRUE(engine.ok()) << engine.status();
  SpinUntilDeadline(**engine);
  EXPECT_EQ((*engine)->live_memories(), 0u);
  engine->reset();
  EXPECT_EQ(Engine::Start({}).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace davit::engine
