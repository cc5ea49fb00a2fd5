#include "tests/hostile/component_builder.h"

namespace davit::hostile {
namespace {

using wasm::CoreEncoder;

// A section of one definition.
CoreEncoder One() {
  CoreEncoder out;
  out.U32(1);
  return out;
}

}  // namespace

ComponentBuilder::ComponentBuilder() { out_.Bytes(std::string_view("\0asm\x0d\0\x01\0", 8)); }

ComponentBuilder& ComponentBuilder::Section(ComponentSection id, std::string_view contents) {
  out_.Byte(id).Name(contents);
  return *this;
}

uint32_t ComponentBuilder::CoreModule(std::string_view module) {
  Section(kCoreModuleSection, module);
  return core_modules_++;
}

uint32_t ComponentBuilder::Component(std::string_view component) {
  Section(kComponentSection, component);
  return components_++;
}

uint32_t ComponentBuilder::CoreInstance(uint32_t module, const CoreArgs& args) {
  constexpr uint8_t kInstantiate = 0x00, kInstanceArg = 0x12;
  CoreEncoder out = One();
  out.Byte(kInstantiate).U32(module).U32(static_cast<uint32_t>(args.size()));
  for (const auto& [name, instance] : args) out.Name(name).Byte(kInstanceArg).U32(instance);
  Section(kCoreInstanceSection, out);
  return core_instances_++;
}

uint32_t ComponentBuilder::CoreBundle(const std::vector<CoreItem>& items) {
  constexpr uint8_t kOfItems = 0x01;
  CoreEncoder out = One();
  out.Byte(kOfItems).U32(static_cast<uint32_t>(items.size()));
  for (const auto& [name, sort, index] : items) out.Name(name).Byte(sort).U32(index);
  Section(kCoreInstanceSection, out);
  return core_instances_++;
}

uint32_t ComponentBuilder::CoreExport(CoreSort sort, uint32_t core_instance,
                                      std::string_view name) {
  constexpr uint8_t kOfCoreInstance = 0x01;
  CoreEncoder out = One();
  out.Byte(kCoreSort).Byte(sort).Byte(kOfCoreInstance).U32(core_instance).Name(name);
  Section(kAliasSection, out);
  return core_items_[sort]++;
}

uint32_t ComponentBuilder::Instance(uint32_t component) {
  constexpr uint8_t kInstantiate = 0x00;
  CoreEncoder out = One();
  out.Byte(kInstantiate).U32(component).U32(0);
  Section(kInstanceSection, out);
  return instances_++;
}

uint32_t ComponentBuilder::InstanceExport(ComponentSort sort, uint32_t instance,
                                          std::string_view name) {
  constexpr uint8_t kOfInstance = 0x00;
  CoreEncoder out = One();
  out.Byte(sort).Byte(kOfInstance).U32(instance).Name(name);
  Section(kAliasSection, out);
  switch (sort) {
    case kFuncSort:
      return funcs_++;
    case kTypeSort:
      return types_++;
    case kComponentSort:
      return components_++;
    default:
      return instances_++;
  }
}

uint32_t ComponentBuilder::Type(std::string_view encoded) {
  CoreEncoder out = One();
  out.Bytes(encoded);
  Section(kTypeSection, out);
  return types_++;
}

uint32_t ComponentBuilder::Resource() {
  return Type(std::string({static_cast<char>(kResourceForm), '\x7f', '\0'}));
}

uint32_t ComponentBuilder::FuncType(const std::vector<TypeRef>& params,
                                    const std::vector<TypeRef>& result) {
  CoreEncoder out;
  out.Byte(kFuncTypeForm).U32(static_cast<uint32_t>(params.size()));
  std::string name = "a";
  for (const TypeRef& param : params) {
    out.Name(name).S64(param.value);
    ++name[0];
  }
  if (result.empty()) {
    out.Bytes({0x01, 0x00});
  } else {
    out.Byte(0x00).S64(result.front().value);
  }
  return Type(out.view());
}

uint32_t ComponentBuilder::Lift(uint32_t core_func, uint32_t type, std::string_view options) {
  CoreEncoder out = One();
  out.Bytes({0x00, 0x00}).U32(core_func);
  out.Bytes(options.empty() ? std::string_view("\0", 1) : options).U32(type);
  Section(kCanonSection, out);
  return funcs_++;
}

uint32_t ComponentBuilder::Lower(uint32_t func, std::string_view options) {
  CoreEncoder out = One();
  out.Bytes({0x01, 0x00}).U32(func);
  out.Bytes(options.empty() ? std::string_view("\0", 1) : options);
  Section(kCanonSection, out);
  return core_items_[kCoreFunc]++;
}

uint32_t ComponentBuilder::AddCanonOfResource(uint8_t opcode, uint32_t resource) {
  CoreEncoder out = One();
  out.Byte(opcode).U32(resource);
  Section(kCanonSection, out);
  return core_items_[kCoreFunc]++;
}

uint32_t ComponentBuilder::ResourceNew(uint32_t resource) {
  return AddCanonOfResource(0x02, resource);
}

void ComponentBuilder::Export(std::string_view name, ComponentSort sort, uint32_t index) {
  CoreEncoder out = One();
  out.Byte(0x00).Name(name).Byte(sort).U32(index).Byte(0x00);
  Section(kExportSection, out);
  // An export is a definition as well.
  if (sort == kFuncSort) ++funcs_;
  if (sort == kInstanceSort) ++instances_;
  if (sort == kTypeSort) ++types_;
}

std::string MemoryOptions(uint32_t core_memory, uint32_t core_realloc) {
  constexpr uint8_t kMemory = 0x03, kRealloc = 0x04;
  CoreEncoder out;
  out.U32(2).Byte(kMemory).U32(core_memory).Byte(kRealloc).U32(core_realloc);
  return out.Take();
}

std::string ComponentOf(std::string_view module, const std::vector<ExportedFunc>& funcs) {
  ComponentBuilder component;
  const uint32_t instance = component.CoreInstance(component.CoreModule(module));
  const uint32_t action = component.FuncType({});
  const uint32_t mapping = component.FuncType({kU32Type}, {kU32Type});
  for (const auto& [name, shape] : funcs) {
    const uint32_t core = component.CoreExport(kCoreFunc, instance, name);
    const uint32_t type = shape == FuncShape::kAction ? action : mapping;
    component.Export(name, kFuncSort, component.Lift(core, type));
  }
  return component.Take();
}

}  // namespace davit::hostile
