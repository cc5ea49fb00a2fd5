#include "runtime/engine/code/fiber_encoder.h"

#include <cstdint>
#include <utility>

#include "runtime/engine/code/shim_encoder.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {
namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;

// Spec: WebAssembly core, Binary Format, Instructions.
enum Op : uint8_t {
  kLoop = 0x03,
  kIf = 0x04,
  kEnd = 0x0b,
  kBr = 0x0c,
  kCall = 0x10,
  kCallIndirect = 0x11,
  kLocalGet = 0x20,
  kLocalSet = 0x21,
  kI32Load = 0x28,
  kI32Const = 0x41,
  kI32Eq = 0x46,
};
constexpr uint8_t kEmptyBlock = 0x40, kFuncType = 0x60, kI32 = 0x7f;

enum Type : uint32_t { kNothing, kAnswer };  // -> and -> i32
enum Func : uint32_t { kJobFunc, kSuspendFunc, kParkFunc, kMainFunc };

CoreEncoder Types() {
  CoreEncoder out;
  out.U32(2);
  out.Byte(kFuncType).U32(0).U32(0);
  out.Byte(kFuncType).U32(0).U32(1).Byte(kI32);
  return out;
}

CoreEncoder Imports() {
  constexpr uint8_t kFunc = 0, kTable = 1, kMemory = 2, kMinOnly = 0, kMinAndMax = 1;
  constexpr uint8_t kFuncref = 0x70;
  CoreEncoder out;
  const auto import = [&out](std::string_view name, uint8_t kind) -> CoreEncoder& {
    return out.Name(kShimImportModule).Name(name).Byte(kind);
  };
  out.U32(4);
  import(kShimScratch, kMemory).Byte(kMinAndMax).U32(kScratchPages).U32(kScratchPages);
  import(kShimTable, kTable).Byte(kFuncref).Byte(kMinOnly).U32(0);
  import(kFiberJob, kFunc).U32(kAnswer);
  import(kFiberSuspend, kFunc).U32(kNothing);
  return out;
}

CoreEncoder Exports() {
  constexpr uint8_t kFunc = 0;
  CoreEncoder out;
  out.U32(2);
  out.Name(kFiberPark).Byte(kFunc).U32(kParkFunc);
  out.Name(kFiberMain).Byte(kFunc).U32(kMainFunc);
  return out;
}

CoreEncoder ParkBody() {
  CoreEncoder out;
  out.U32(0).Byte(kCall).U32(kSuspendFunc).Byte(kEnd);
  return out;
}

// Where op is `op`: calls what `call` appends, asks for the next op, and goes on with it.
void AppendCase(CoreEncoder& out, ShimOp op, const CoreEncoder& call) {
  constexpr uint32_t kOp = 0, kAgainLabel = 1;
  out.Byte(kLocalGet).U32(kOp).Byte(kI32Const).S32(std::to_underlying(op)).Byte(kI32Eq);
  out.Byte(kIf).Byte(kEmptyBlock).Append(call);
  out.Byte(kCall).U32(kJobFunc).Byte(kLocalSet).U32(kOp);
  out.Byte(kBr).U32(kAgainLabel).Byte(kEnd);
}

CoreEncoder MainBody() {
  constexpr uint32_t kOp = 0;
  CoreEncoder run;
  run.Byte(kI32Const).S32(0).Byte(kI32Load).U32(2).U32(kSeriesAddress);
  run.Byte(kCallIndirect).U32(kNothing).U32(0);
  CoreEncoder out;
  out.U32(1).U32(1).Byte(kI32);  // one local
  out.Byte(kCall).U32(kJobFunc).Byte(kLocalSet).U32(kOp);
  out.Byte(kLoop).Byte(kEmptyBlock);
  AppendCase(out, ShimOp::kCall, run);
  AppendCase(out, ShimOp::kPark, CoreEncoder().Byte(kCall).U32(kSuspendFunc));
  out.Byte(kEnd).Byte(kEnd);
  return out;
}

}  // namespace

std::string EncodeFiberModule() {
  return CoreEncoder()
      .Preamble()
      .Section(CoreSectionId::kType, Types())
      .Section(CoreSectionId::kImport, Imports())
      .Section(CoreSectionId::kFunction, CoreEncoder().U32(2).U32(kNothing).U32(kNothing))
      .Section(CoreSectionId::kExport, Exports())
      .Section(CoreSectionId::kCode, CoreEncoder().U32(2).Sized(ParkBody()).Sized(MainBody()))
      .Take();
}

}  // namespace davit::engine
