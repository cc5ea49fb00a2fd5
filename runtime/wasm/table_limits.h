#ifndef DAVIT_RUNTIME_WASM_TABLE_LIMITS_H_
#define DAVIT_RUNTIME_WASM_TABLE_LIMITS_H_

#include <cstdint>
#include <limits>

#include "absl/status/statusor.h"
#include "runtime/wasm/core_encoder.h"
#include "runtime/wasm/core_sections.h"

namespace davit::wasm {

// What the tables of a module may have together.
struct TableLimits {
  static constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

  // Of a table that starts with more it does not grow.
  uint64_t elements = kUnlimited;
  // Beyond what they start with.
  uint64_t growth = kUnlimited;
};

struct LimitedTables {
  CoreEncoder section;    // its contents
  uint64_t elements = 0;  // the maxima of all tables, added up
};

// Gives every table of a table section a maximum, so that table.grow, which nothing interrupts, is
// bounded by the module itself. A table that wants less than its share of the growth keeps the
// maximum that it has; the others share what is left evenly. A lower maximum is within what every
// importer of the table allows, and table.grow past it gives -1, as it may at any time.
// REQUIRES: the module is valid. Errors: BinaryError where the section is not structurally sound.
absl::StatusOr<LimitedTables> LimitTables(const CoreSection& section, const TableLimits& limits);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_TABLE_LIMITS_H_
