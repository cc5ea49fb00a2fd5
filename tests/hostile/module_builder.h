#ifndef DAVIT_TESTS_HOSTILE_MODULE_BUILDER_H_
#define DAVIT_TESTS_HOSTILE_MODULE_BUILDER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/wasm/core_encoder.h"
#include "runtime/wasm/core_sections.h"
#include "tests/hostile/core_code.h"

namespace davit::hostile {

// What an extern of a core module is.
enum class Kind : uint8_t { kFunc = 0, kTable = 1, kMemory = 2, kGlobal = 3, kTag = 4 };

struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool is64 = false;
};

// Makes a core module, which nothing here checks. Whatever adds something answers its index; what
// is imported comes before what is defined. Makes a million of anything in little time.
class ModuleBuilder {
 public:
  using Types = std::vector<ValType>;

  uint32_t FuncType(const Types& params = {}, const Types& results = {});
  // A type as the binary format has it: of the GC proposal, or a recursion group.
  uint32_t RawType(std::string_view encoded);
  uint32_t ImportFunc(std::string_view module, std::string_view name, uint32_t type);
  uint32_t ImportTable(std::string_view module, std::string_view name, ValType type,
                       const Limits& limits);
  // `body` without its last `end`; `locals` behind the parameters.
  uint32_t Func(uint32_t type, const Code& body,
                const std::vector<std::pair<uint32_t, ValType>>& locals = {});
  uint32_t Table(ValType type, const Limits& limits);
  uint32_t Memory(const Limits& limits);
  enum class Mutability : uint8_t { kConst, kMutable };
  uint32_t Global(ValType type, Mutability mutability, const Code& init);
  uint32_t Tag(uint32_t type);
  void Export(std::string_view name, Kind kind, uint32_t index);
  void Start(uint32_t func) { start_ = func; }
  // Segments of functions; `count` times the same one.
  uint32_t ActiveElements(uint32_t table, const Code& offset, uint32_t func, uint32_t count);
  uint32_t PassiveElements(uint32_t func, uint32_t count);
  uint32_t ActiveData(uint32_t memory, const Code& offset, std::string_view bytes);
  uint32_t PassiveData(std::string_view bytes);
  // Exports a new function () -> (); (i32) -> (i32), with the parameter in local 0; its index.
  uint32_t ExportAction(std::string_view name, const Code& body);
  uint32_t ExportMapping(std::string_view name, const Code& body,
                         const std::vector<std::pair<uint32_t, ValType>>& locals = {});

  std::string Build() const;

 private:
  // A section that is a vector.
  struct Entries {
    uint32_t count = 0;
    wasm::CoreEncoder bytes;
    wasm::CoreEncoder& Add() {
      ++count;
      return bytes;
    }
  };
  uint32_t Next(Kind kind) { return next_[static_cast<size_t>(kind)]++; }
  uint32_t SimpleType(bool has_value);

  Entries types_, imports_, funcs_, tables_, memories_, tags_, globals_, exports_, elements_, code_,
      data_;
  uint32_t next_[5] = {};
  std::optional<uint32_t> start_;
  std::optional<uint32_t> action_, mapping_;  // types
};

}  // namespace davit::hostile

#endif  // DAVIT_TESTS_HOSTILE_MODULE_BUILDER_H_
