#ifndef DAVIT_RUNTIME_WASM_CORE_NAMES_H_
#define DAVIT_RUNTIME_WASM_CORE_NAMES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/byte_reader.h"

namespace davit::wasm {

// The names that the "name" section of a core module gives, for backtraces; never authoritative.
// Immutable once read, so thread-safe.
class CoreNames {
 public:
  // Of `module`, a whole core module, as decoded or rewritten (function indices are the same).
  // What is malformed ends the reading; a module without names gives none. Names are copied and
  // are valid UTF-8; memory is linear in the section.
  static CoreNames Read(std::span<const uint8_t> module);

  // Empty where there is no name. The views live as long as this.
  std::string_view module() const { return module_; }
  std::string_view function(uint32_t index) const;

 private:
  struct Function {
    uint32_t index = 0;
    uint32_t begin = 0, size = 0;  // in text_
  };

  CoreNames() = default;
  absl::Status ReadSubsections(base::ByteReader& reader);
  absl::Status ReadFunctions(base::ByteReader& reader);

  std::string module_;
  std::string text_;                 // every function name, one after the other
  std::vector<Function> functions_;  // by index
};

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_NAMES_H_
