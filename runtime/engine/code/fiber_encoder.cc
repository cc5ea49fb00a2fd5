#include "runtime/engine/code/fiber_encoder.h"

#include <cstdint>
#include <utility>

#include "runtime/engine/code/shim_encoder.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {
namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;

enum Type : uint32_t { kNothing, kAnswer };  // -> and -> i32
enum Func : uint32_t { kJobFunc, kSuspendFunc, kParkFunc, kMainFunc };

CoreEncoder Types() {
  CoreEncoder out;
  out.U32(2);
  out.Byte(0x60).U32(0).U32(0);
  out.Byte(0x60).U32(0).U32(1).Byte(0x7f);
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
  out.U32(0).Byte(0x10).U32(kSuspendFunc).Byte(0x0b);  // call
  return out;
}

CoreEncoder MainBody() {
  constexpr uint32_t kOp = 0, kAgainLabel = 1;
  CoreEncoder out;
  out.U32(1).U32(1).Byte(0x7f);                                      // one local i32
  out.Byte(0x03).Byte(0x40);                                         // loop
  out.Byte(0x10).U32(kJobFunc);                                      // call
  out.Byte(0x22).U32(kOp);                                           // local.tee
  out.Byte(0x41).S32(std::to_underlying(ShimOp::kCall)).Byte(0x46);  // i32.const i32.eq
  out.Byte(0x04).Byte(0x40);                                         // if
  out.Byte(0x41).S32(0).Byte(0x28).U32(2).U32(kSeriesAddress);       // i32.const i32.load
  out.Byte(0x11).U32(kNothing).U32(0);                               // call_indirect
  out.Byte(0x0c).U32(kAgainLabel).Byte(0x0b);                        // br end
  out.Byte(0x20).U32(kOp);                                           // local.get
  out.Byte(0x41).S32(std::to_underlying(ShimOp::kPark)).Byte(0x46);  // i32.const i32.eq
  out.Byte(0x04).Byte(0x40);                                         // if
  out.Byte(0x10).U32(kSuspendFunc);                                  // call
  out.Byte(0x0c).U32(kAgainLabel).Byte(0x0b);                        // br end
  out.Byte(0x0b).Byte(0x0b);
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
