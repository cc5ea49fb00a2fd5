#include "tests/bench/worst_inputs.h"

#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/wasm/core_encoder.h"
#include "tests/hostile/component_builder.h"

namespace davit::bench {
namespace {

using wasm::CoreEncoder;

using namespace hostile;  // the names of a component's binary format

CoreEncoder& AppendName(CoreEncoder& out, std::string_view name) {
  return out.Byte(0x00).Name(name);
}
CoreEncoder& AppendTypeIndex(CoreEncoder& out, uint32_t index) { return out.S64(index); }

// A name for each number, all of one length.
std::string Label(uint32_t i) { return absl::StrFormat("n%06x", i); }

// `count` entries, one after the other.
CoreEncoder Vector(uint32_t count, auto append) {
  CoreEncoder out;
  out.U32(count);
  for (uint32_t i = 0; i < count; ++i) append(out, i);
  return out;
}

std::string NestedComponents() {
  std::string chain = ComponentBuilder().Take();
  for (int depth = 1; depth < 99; ++depth)
    chain = ComponentBuilder().Section(kComponentSection, chain).Take();
  ComponentBuilder all;
  for (int i = 0; i < 900; ++i) all.Section(kComponentSection, chain);
  return all.Take();
}

std::string ManyTypes() {
  return ComponentBuilder()
      .Section(kTypeSection,
               Vector(900'000, [](CoreEncoder& out, uint32_t) { out.Bytes({kListType, kU8Type}); }))
      .Take();
}

// t0 = u8, t(i+1) = tuple<ti, ti>, each type twice as large as the one before.
void AppendDoublings(CoreEncoder& out, uint32_t first, uint32_t count) {
  out.Byte(kU8Type);
  for (uint32_t i = 1; i < count; ++i) {
    out.Byte(kTupleType).U32(2);
    AppendTypeIndex(out, first + i - 1);
    AppendTypeIndex(out, first + i - 1);
  }
}

CoreEncoder& AppendFuncType(CoreEncoder& out, uint32_t param) {
  out.Byte(kFuncTypeForm).U32(1).Name("p");
  return AppendTypeIndex(out, param).Bytes({0x01, 0x00});
}

std::string DoublingTypes(uint32_t count) {
  CoreEncoder types;
  types.U32(count);
  AppendDoublings(types, 0, count);
  return ComponentBuilder().Section(kTypeSection, types).Take();
}

// Two equal types of 2^18 parts each, compared again and again.
std::string ComparedDoublings() {
  constexpr uint32_t kChain = 19;
  CoreEncoder types;
  types.U32(2 * kChain + 2);
  AppendDoublings(types, 0, kChain);
  AppendDoublings(types, kChain, kChain);
  AppendFuncType(types, kChain - 1);
  AppendFuncType(types, 2 * kChain - 1);
  const CoreEncoder imports = Vector(
      1, [](CoreEncoder& out, uint32_t) { AppendName(out, "f").Byte(kFuncSort).U32(2 * kChain); });
  const CoreEncoder exports = Vector(5000, [](CoreEncoder& out, uint32_t i) {
    AppendName(out, Label(i)).Byte(kFuncSort).U32(0);
    out.Byte(0x01).Byte(kFuncSort).U32(2 * kChain + 1);
  });
  return ComponentBuilder()
      .Section(kTypeSection, types)
      .Section(kImportSection, imports)
      .Section(kExportSection, exports)
      .Take();
}

// Functions of a type with 2^15 parts: a description that wrote each out would be without end.
std::string ImportedDoublings() {
  constexpr uint32_t kChain = 16;
  CoreEncoder types;
  types.U32(kChain + 1);
  AppendDoublings(types, 0, kChain);
  AppendFuncType(types, kChain - 1);
  const CoreEncoder imports = Vector(5000, [](CoreEncoder& out, uint32_t i) {
    AppendName(out, Label(i)).Byte(kFuncSort).U32(kChain);
  });
  return ComponentBuilder().Section(kTypeSection, types).Section(kImportSection, imports).Take();
}

std::string ManyImports() {
  CoreEncoder types;
  types.U32(1).Byte(kFuncTypeForm).U32(0).Bytes({0x01, 0x00});
  const CoreEncoder imports = Vector(300'000, [](CoreEncoder& out, uint32_t i) {
    AppendName(out, Label(i)).Byte(kFuncSort).U32(0);
  });
  return ComponentBuilder().Section(kTypeSection, types).Section(kImportSection, imports).Take();
}

std::string WideVariants() {
  return ComponentBuilder()
      .Section(kTypeSection, Vector(30,
                                    [](CoreEncoder& out, uint32_t) {
                                      out.Byte(0x71);
                                      out.Append(Vector(10'000, [](CoreEncoder& cases, uint32_t i) {
                                        cases.Name(Label(i)).Byte(0x01).Byte(kU8Type).Byte(0x00);
                                      }));
                                    }))
      .Take();
}

std::string ManyCanons() {
  CoreEncoder types;
  types.U32(1).Bytes({kResourceForm, 0x7f, 0x00});
  const CoreEncoder canons =
      Vector(400'000, [](CoreEncoder& out, uint32_t) { out.Byte(0x03).U32(0); });
  return ComponentBuilder().Section(kTypeSection, types).Section(kCanonSection, canons).Take();
}

// Each component instantiates the one before it ten times.
std::string DoublingInstances() {
  ComponentBuilder all;
  all.Section(kComponentSection, ComponentBuilder().Take());
  for (uint32_t level = 1; level < 90; ++level) {
    // An alias of the component before (outer, one out), instantiated ten times.
    ComponentBuilder inner;
    CoreEncoder alias;
    alias.U32(1).Bytes({kComponentSort, 0x02}).U32(1).U32(level - 1);
    inner.Section(kAliasSection, alias);
    inner.Section(kInstanceSection,
                  Vector(10, [](CoreEncoder& out, uint32_t) { out.Byte(0).U32(0).U32(0); }));
    all.Section(kComponentSection, inner.Take());
  }
  all.Section(kInstanceSection,
              Vector(1, [](CoreEncoder& out, uint32_t) { out.Byte(0).U32(89).U32(0); }));
  return all.Take();
}

// One instance of 10,000 functions, exported under 1,000 names.
std::string ManyNamesOfOneInstance() {
  CoreEncoder types;
  types.U32(1).Byte(kFuncTypeForm).U32(0).Bytes({0x01, 0x00});
  const CoreEncoder import =
      Vector(1, [](CoreEncoder& out, uint32_t) { AppendName(out, "f").Byte(kFuncSort).U32(0); });
  CoreEncoder instance;
  instance.U32(1).Byte(0x01).Append(Vector(10'000, [](CoreEncoder& out, uint32_t i) {
    AppendName(out, Label(i)).Byte(kFuncSort).U32(0);
  }));
  const CoreEncoder exports = Vector(1'000, [](CoreEncoder& out, uint32_t i) {
    AppendName(out, Label(i)).Byte(kInstanceSort).U32(0).Byte(0x00);
  });
  return ComponentBuilder()
      .Section(kTypeSection, types)
      .Section(kImportSection, import)
      .Section(kInstanceSection, instance)
      .Section(kExportSection, exports)
      .Take();
}

// Core modules that hold a function with blocks in blocks.
std::string NestedBlocks() {
  constexpr uint32_t kDepth = 2'500'000;
  CoreEncoder body;
  body.U32(0).Bytes(std::string(2 * size_t{kDepth}, '\0'));
  std::string text = body.Take();
  for (uint32_t i = 0; i < kDepth; ++i) {
    text[1 + 2 * i] = 0x02;
    text[2 + 2 * i] = 0x40;
  }
  text.append(kDepth + 1, 0x0b);
  CoreEncoder module, types, funcs, code;
  types.U32(1).Bytes({0x60, 0, 0});
  funcs.U32(1).U32(0);
  code.U32(1).Name(text);
  module.Preamble()
      .Section(wasm::CoreSectionId::kType, types)
      .Section(wasm::CoreSectionId::kFunction, funcs)
      .Section(wasm::CoreSectionId::kCode, code);
  ComponentBuilder all;
  all.Section(kCoreModuleSection, module.view());
  return all.Take();
}

}  // namespace

std::vector<WorstInput> WorstInputs() {
  return {
      {"900 chains of 99 components in components", NestedComponents()},
      {"900,000 types", ManyTypes()},
      {"a type of 2^18 parts", DoublingTypes(19)},
      {"a type of 2^99 parts", DoublingTypes(100)},
      {"two types of 2^18 parts, compared 5,000 times", ComparedDoublings()},
      {"a type of 2^15 parts, imported 5,000 times", ImportedDoublings()},
      {"300,000 imports", ManyImports()},
      {"30 variants of 10,000 cases", WideVariants()},
      {"400,000 canonical built-ins", ManyCanons()},
      {"10^89 instances", DoublingInstances()},
      {"an instance of 10,000 functions under 1,000 names", ManyNamesOfOneInstance()},
      {"2,500,000 blocks in blocks", NestedBlocks()},
  };
}

}  // namespace davit::bench
