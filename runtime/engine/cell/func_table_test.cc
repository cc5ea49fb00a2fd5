#include "runtime/engine/cell/func_table.h"

#include <v8.h>

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "runtime/engine/process/v8_process.h"
#include "runtime/engine/process/v8_util.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {
namespace {

constexpr size_t kHeapBytes = 64 << 20;

// (module (func (export "f")))
std::string OneFunction() {
  wasm::CoreEncoder types, funcs, exports, code;
  types.U32(1).Bytes({0x60, 0, 0});
  funcs.U32(1).U32(0);
  exports.U32(1).Name("f").Bytes({0, 0});
  code.U32(1).Sized(wasm::CoreEncoder().Bytes({0, 0x0b}));
  return wasm::CoreEncoder()
      .Preamble()
      .Section(wasm::CoreSectionId::kType, types)
      .Section(wasm::CoreSectionId::kFunction, funcs)
      .Section(wasm::CoreSectionId::kExport, exports)
      .Section(wasm::CoreSectionId::kCode, code)
      .Take();
}

v8::Local<v8::Value> MakeFunction(v8::Local<v8::Context> context, const WasmApi& api) {
  v8::Isolate* const isolate = context->GetIsolate();
  const std::string bytes = OneFunction();
  auto module = v8::WasmModuleObject::Compile(
      isolate, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  const auto exports =
      api.Instantiate(context, module.ToLocalChecked(), v8::Object::New(isolate)).ToLocalChecked();
  return *GetProperty(context, exports, "f");
}

TEST(FuncTable, LosesNoSlotWhileATerminationIsPending) {
  const auto process = *V8Process::Start({});
  v8::Isolate* const isolate = process->NewIsolate(kHeapBytes);
  {
    const v8::Locker locker(isolate);
    const v8::Isolate::Scope isolate_scope(isolate);
    const v8::HandleScope handles(isolate);
    const v8::Local<v8::Context> context = v8::Context::New(isolate);
    const v8::Context::Scope context_scope(context);
    const auto api = *WasmApi::Create(context);
    const auto table = *FuncTable::Create(context, *api);
    const v8::Local<v8::Value> function = MakeFunction(context, *api);
    ASSERT_TRUE(table->Put(context, function).ok());
    const uint32_t size = table->size();
    for (uint32_t i = 0; i < 2 * size; ++i) {
      const auto slot = table->Put(context, function);
      ASSERT_TRUE(slot.ok()) << slot.status();
      isolate->TerminateExecution();
      table->Clear(context, *slot);
      isolate->CancelTerminateExecution();
    }
    EXPECT_EQ(table->size(), size);
  }
  isolate->Dispose();
}

}  // namespace
}  // namespace davit::engine
