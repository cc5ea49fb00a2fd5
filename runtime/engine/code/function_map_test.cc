#include "runtime/engine/code/function_map.h"

#include <string>

#include "gtest/gtest.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {
namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;

// (module $m (import "" "" (func $imported)) (func $first) (func $second nop))
std::string Module(const CoreEncoder& second_name) {
  CoreEncoder types, imports, funcs, code, names, module_name, func_names, custom;
  types.U32(1).Bytes({0x60, 0, 0});
  imports.U32(1).Name("").Name("").Bytes({0, 0});
  funcs.U32(2).Bytes({0, 0});
  CoreEncoder first, second;
  first.Bytes({0x00, 0x0b});
  second.Bytes({0x00, 0x01, 0x0b});
  code.U32(2).Sized(first).Sized(second);
  module_name.Name("m");
  func_names.U32(3).U32(0).Name("imported").U32(1).Name("first").U32(2).Name(second_name.view());
  custom.Name("name").Byte(0).Sized(module_name).Byte(1).Sized(func_names);
  return CoreEncoder()
      .Preamble()
      .Section(CoreSectionId::kType, types)
      .Section(CoreSectionId::kImport, imports)
      .Section(CoreSectionId::kFunction, funcs)
      .Section(CoreSectionId::kCode, code)
      .Section(CoreSectionId::kCustom, custom)
      .Take();
}

std::span<const uint8_t> AsBytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Offset of the bodies' bytes: "00 0b" of the first, "00 01 0b" of the second.
size_t FirstBody(const std::string& module) {
  return module.find(std::string("\x02\x02\x00\x0b\x03", 5)) + 2;
}

TEST(FunctionMap, FindsTheFunctionOfAnOffset) {
  CoreEncoder name;
  name.Bytes("second");
  const std::string module = Module(name);
  const size_t body = FirstBody(module);
  const FunctionMap map = FunctionMap::Read(AsBytes(module));
  EXPECT_EQ(map.Frame(body).function, "first");
  EXPECT_EQ(map.Frame(body).function_index, 1u);
  EXPECT_EQ(map.Frame(body + 1).function, "first");
  const base::TrapFrame frame = map.Frame(body + 4);
  EXPECT_EQ(frame.function, "second");
  EXPECT_EQ(frame.function_index, 2u);
  EXPECT_EQ(frame.module, "m");
  EXPECT_EQ(frame.offset, body + 4);
}

TEST(FunctionMap, OffsetsBeforeTheCodeHaveNoFunction) {
  const std::string module = Module({});
  EXPECT_EQ(FunctionMap::Read(AsBytes(module)).Frame(3).function, "");
}

TEST(FunctionMap, NamesAreCutAtACharacter) {
  CoreEncoder name;
  for (int i = 0; i < 200; ++i) name.Bytes("\xe2\x82\xac");
  const std::string module = Module(name);
  const std::string function =
      FunctionMap::Read(AsBytes(module)).Frame(FirstBody(module) + 4).function;
  EXPECT_EQ(function.size(), 255u);
}

TEST(FunctionMap, WhatIsNoModuleGivesNothing) {
  const std::string bytes = "no module";
  const base::TrapFrame frame = FunctionMap::Read(AsBytes(bytes)).Frame(5);
  EXPECT_EQ(frame.function, "");
  EXPECT_EQ(frame.offset, 5u);
}

}  // namespace
}  // namespace davit::engine
