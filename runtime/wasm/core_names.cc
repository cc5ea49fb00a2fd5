#include "runtime/wasm/core_names.h"

#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_sections.h"
#include "runtime/wasm/core_types.h"

namespace davit::wasm {
namespace {

using base::ByteReader;

constexpr uint8_t kModuleSubsection = 0;
constexpr uint8_t kFunctionSubsection = 1;

// A reader at the contents of `section` when it is the name section, else at its end.
ByteReader NamesIn(const CoreSection& section) {
  ByteReader contents(section.contents, section.offset);
  if (section.id == CoreSectionId::kCustom) {
    const auto name = contents.Name("name of a custom section", kMaxCoreNameBytes);
    if (name.ok() && *name == "name") return contents;
  }
  return ByteReader({});
}

}  // namespace

CoreNames CoreNames::Read(std::span<const uint8_t> module) {
  CoreNames names;
  const auto sections = ReadCoreSections(module, 0);
  if (!sections.ok()) return names;
  for (const CoreSection& section : *sections) {
    ByteReader contents = NamesIn(section);
    // What was read before a fault is kept: the section is a hint.
    names.ReadSubsections(contents).IgnoreError();
  }
  std::ranges::stable_sort(names.functions_, {}, &Function::index);
  return names;
}

std::string_view CoreNames::function(uint32_t index) const {
  const auto it = std::ranges::lower_bound(functions_, index, {}, &Function::index);
  if (it == functions_.end() || it->index != index) return {};
  return std::string_view(text_).substr(it->begin, it->size);
}

absl::Status CoreNames::ReadSubsections(ByteReader& reader) {
  while (!reader.done()) {
    DAVIT_ASSIGN_OR_RETURN(const uint8_t id, reader.Byte("name subsection"));
    DAVIT_ASSIGN_OR_RETURN(const uint32_t size, reader.U32("size of a name subsection"));
    DAVIT_ASSIGN_OR_RETURN(ByteReader contents, reader.Sub(size, "name subsection"));
    if (id == kModuleSubsection) {
      DAVIT_ASSIGN_OR_RETURN(module_, contents.Name("name of a module", kMaxCoreNameBytes));
    } else if (id == kFunctionSubsection) {
      DAVIT_RETURN_IF_ERROR(ReadFunctions(contents));
    }
  }
  return absl::OkStatus();
}

absl::Status CoreNames::ReadFunctions(ByteReader& reader) {
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                         reader.Count("function names", base::kMaxExternsAndFunctions));
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t index, reader.U32("index of a function name"));
    DAVIT_ASSIGN_OR_RETURN(const std::string_view name,
                           reader.Name("name of a function", kMaxCoreNameBytes));
    functions_.push_back({.index = index,
                          .begin = static_cast<uint32_t>(text_.size()),
                          .size = static_cast<uint32_t>(name.size())});
    text_.append(name);
  }
  return absl::OkStatus();
}

}  // namespace davit::wasm
