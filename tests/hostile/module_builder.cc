#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;

void Append(CoreEncoder& out, const ModuleBuilder::Types& types) {
  out.U32(static_cast<uint32_t>(types.size()));
  for (const ValType type : types) out.Byte(type);
}

void Append(CoreEncoder& out, const Limits& limits) {
  out.Byte(static_cast<uint8_t>((limits.max ? 1 : 0) | (limits.is64 ? 4 : 0))).U64(limits.min);
  if (limits.max) out.U64(*limits.max);
}

void AppendConst(CoreEncoder& out, const Code& expression) {
  out.Bytes(expression.view()).Byte(wasm::kEnd);
}

void AppendFuncs(CoreEncoder& out, uint32_t func, uint32_t count) {
  out.U32(count);
  for (uint32_t i = 0; i < count; ++i) out.U32(func);
}

}  // namespace

uint32_t ModuleBuilder::FuncType(const Types& params, const Types& results) {
  CoreEncoder& out = types_.Add().Byte(0x60);
  Append(out, params);
  Append(out, results);
  return types_.count - 1;
}

uint32_t ModuleBuilder::RawType(std::string_view encoded) {
  types_.Add().Bytes(encoded);
  return types_.count - 1;
}

uint32_t ModuleBuilder::ImportFunc(std::string_view module, std::string_view name, uint32_t type) {
  imports_.Add().Name(module).Name(name).Byte(static_cast<uint8_t>(Kind::kFunc)).U32(type);
  return Next(Kind::kFunc);
}

uint32_t ModuleBuilder::ImportTable(std::string_view module, std::string_view name, ValType type,
                                    const Limits& limits) {
  CoreEncoder& out = imports_.Add().Name(module).Name(name);
  Append(out.Byte(static_cast<uint8_t>(Kind::kTable)).Byte(type), limits);
  return Next(Kind::kTable);
}

uint32_t ModuleBuilder::Func(uint32_t type, const Code& body,
                             const std::vector<std::pair<uint32_t, ValType>>& locals) {
  funcs_.Add().U32(type);
  CoreEncoder whole;
  whole.U32(static_cast<uint32_t>(locals.size()));
  for (const auto& [count, local] : locals) whole.U32(count).Byte(local);
  whole.Bytes(body.view()).Byte(wasm::kEnd);
  code_.Add().Sized(whole);
  return Next(Kind::kFunc);
}

uint32_t ModuleBuilder::Table(ValType type, const Limits& limits) {
  Append(tables_.Add().Byte(type), limits);
  return Next(Kind::kTable);
}

uint32_t ModuleBuilder::Memory(const Limits& limits) {
  Append(memories_.Add(), limits);
  return Next(Kind::kMemory);
}

uint32_t ModuleBuilder::Global(ValType type, Mutability mutability, const Code& init) {
  AppendConst(globals_.Add().Byte(type).Byte(mutability == Mutability::kMutable ? 1 : 0), init);
  return Next(Kind::kGlobal);
}

uint32_t ModuleBuilder::Tag(uint32_t type) {
  tags_.Add().Byte(0).U32(type);
  return Next(Kind::kTag);
}

void ModuleBuilder::Export(std::string_view name, Kind kind, uint32_t index) {
  exports_.Add().Name(name).Byte(static_cast<uint8_t>(kind)).U32(index);
}

uint32_t ModuleBuilder::ActiveElements(uint32_t table, const Code& offset, uint32_t func,
                                       uint32_t count) {
  CoreEncoder& out = elements_.Add().U32(2).U32(table);
  AppendConst(out, offset);
  AppendFuncs(out.Byte(0x00), func, count);
  return elements_.count - 1;
}

uint32_t ModuleBuilder::PassiveElements(uint32_t func, uint32_t count) {
  AppendFuncs(elements_.Add().U32(1).Byte(0x00), func, count);
  return elements_.count - 1;
}

uint32_t ModuleBuilder::ActiveData(uint32_t memory, const Code& offset, std::string_view bytes) {
  CoreEncoder& out = data_.Add().U32(2).U32(memory);
  AppendConst(out, offset);
  out.Name(bytes);
  return data_.count - 1;
}

uint32_t ModuleBuilder::PassiveData(std::string_view bytes) {
  data_.Add().U32(1).Name(bytes);
  return data_.count - 1;
}

uint32_t ModuleBuilder::ExportAction(std::string_view name, const Code& body) {
  if (!action_) action_ = FuncType();
  const uint32_t func = Func(*action_, body);
  Export(name, Kind::kFunc, func);
  return func;
}

uint32_t ModuleBuilder::ExportMapping(std::string_view name, const Code& body,
                                      const std::vector<std::pair<uint32_t, ValType>>& locals) {
  if (!mapping_) mapping_ = FuncType({kI32}, {kI32});
  const uint32_t func = Func(*mapping_, body, locals);
  Export(name, Kind::kFunc, func);
  return func;
}

std::string ModuleBuilder::Build() const {
  CoreEncoder out;
  out.Preamble();
  const auto add = [&out](CoreSectionId id, const Entries& entries) {
    if (entries.count == 0) return;
    CoreEncoder section;
    section.U32(entries.count).Append(entries.bytes);
    out.Section(id, section);
  };
  add(CoreSectionId::kType, types_);
  add(CoreSectionId::kImport, imports_);
  add(CoreSectionId::kFunction, funcs_);
  add(CoreSectionId::kTable, tables_);
  add(CoreSectionId::kMemory, memories_);
  add(CoreSectionId::kTag, tags_);
  add(CoreSectionId::kGlobal, globals_);
  add(CoreSectionId::kExport, exports_);
  if (start_) {
    CoreEncoder start;
    start.U32(*start_);
    out.Section(CoreSectionId::kStart, start);
  }
  add(CoreSectionId::kElement, elements_);
  if (data_.count > 0) {
    CoreEncoder count;
    count.U32(data_.count);
    out.Section(CoreSectionId::kDataCount, count);
  }
  add(CoreSectionId::kCode, code_);
  add(CoreSectionId::kData, data_);
  return out.Take();
}

}  // namespace davit::hostile
