#include "runtime/wasm/table_limits.h"

#include <algorithm>
#include <span>
#include <vector>

#include "runtime/base/byte_reader.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/const_expr.h"
#include "runtime/wasm/core_types.h"

namespace davit::wasm {
namespace {

using base::ByteReader;

// In front of the type of a table with an initialiser: this byte and a zero.
constexpr uint8_t kTableWithInit = 0x40;
constexpr uint8_t kHasMax = 0x01, kIs64 = 0x04;  // of limits

// A table definition around its limits.
struct Table {
  std::span<const uint8_t> before, after;
  CoreLimits limits;
  uint64_t growth = 0;  // that it is given

  uint64_t WantedGrowth() const {
    const uint64_t most = limits.is64 ? TableLimits::kUnlimited : UINT32_MAX;
    return limits.max.value_or(most) - limits.min;
  }
};

std::span<const uint8_t> ReadSince(std::span<const uint8_t> start, const ByteReader& reader) {
  return start.first(start.size() - reader.remaining());
}

absl::StatusOr<Table> ReadTable(ByteReader& reader) {
  Table table;
  std::span<const uint8_t> start = reader.rest();
  DAVIT_ASSIGN_OR_RETURN(const uint8_t first, reader.Peek("core table"));
  const bool has_init = first == kTableWithInit;
  if (has_init) DAVIT_RETURN_IF_ERROR(reader.Bytes(2, "core table").status());
  CoreTypeReader types(reader);
  DAVIT_RETURN_IF_ERROR(types.RefType().status());
  table.before = ReadSince(start, reader);
  DAVIT_ASSIGN_OR_RETURN(table.limits, types.Limits());
  start = reader.rest();
  if (has_init) DAVIT_RETURN_IF_ERROR(ReadConstExpr(reader).status());
  table.after = ReadSince(start, reader);
  return table;
}

uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  return a > TableLimits::kUnlimited - b ? TableLimits::kUnlimited : a + b;
}

uint64_t MinimaOf(const std::vector<Table>& tables) {
  uint64_t sum = 0;
  for (const Table& table : tables) sum = SaturatingAdd(sum, table.limits.min);
  return sum;
}

// Those that want least are served first, so that an even share of the rest is enough for them or
// as much as anybody gets.
void ShareGrowth(std::vector<Table>& tables, uint64_t growth) {
  std::vector<Table*> by_want;
  by_want.reserve(tables.size());
  for (Table& table : tables) by_want.push_back(&table);
  std::ranges::stable_sort(by_want, {}, &Table::WantedGrowth);
  for (size_t i = 0; i < by_want.size(); ++i) {
    by_want[i]->growth = std::min(by_want[i]->WantedGrowth(), growth / (by_want.size() - i));
    growth -= by_want[i]->growth;
  }
}

}  // namespace

absl::StatusOr<LimitedTables> LimitTables(const CoreSection& section, const TableLimits& limits) {
  ByteReader reader(section.contents, section.offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.Count("core tables", kMaxCoreTables));
  std::vector<Table> tables;
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(tables.emplace_back(), ReadTable(reader));
  }
  DAVIT_RETURN_IF_ERROR(reader.ExpectDone("core table section"));
  const uint64_t minima = MinimaOf(tables);
  ShareGrowth(tables, std::min(limits.growth, limits.elements - std::min(minima, limits.elements)));

  LimitedTables limited;
  limited.section.U32(count);
  for (const Table& table : tables) {
    const uint64_t max = SaturatingAdd(table.limits.min, table.growth);
    const uint8_t flags = kHasMax | (table.limits.is64 ? kIs64 : 0);
    limited.section.Bytes(table.before).Byte(flags).U64(table.limits.min).U64(max);
    limited.section.Bytes(table.after);
    limited.elements = SaturatingAdd(limited.elements, max);
  }
  return limited;
}

}  // namespace davit::wasm
