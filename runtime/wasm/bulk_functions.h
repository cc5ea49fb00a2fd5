#ifndef DAVIT_RUNTIME_WASM_BULK_FUNCTIONS_H_
#define DAVIT_RUNTIME_WASM_BULK_FUNCTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "runtime/wasm/core_encoder.h"
#include "runtime/wasm/core_instructions.h"
#include "runtime/wasm/core_module.h"

namespace davit::wasm {

// An instruction that takes as long as its operand says, for gigabytes if need be, in one go that
// nothing ends: memory.fill, .copy and .init, table.fill, .copy and .init. What table.grow takes is
// bounded by how far tables grow (binary/table_limits.h).
struct BulkInstruction {
  Opcode opcode = 0;
  uint32_t first = 0, second = 0;  // its immediates, in order; `second` where it has two
};

// The functions of a module that do such instructions in pieces, with a look at the termination
// between them: each has the operands of its instruction as params. In text, that of
// `memory.fill 0` in a memory of 32 bits:
//
//   (func (param $d i32) (param $v i32) (param $n i32)
//     (loop)                                          ;; looks
//     (block $whole
//       (br_if $whole (i32.le_u (local.get $n) (i32.const PIECE)))
//       ;; what is out of bounds traps before it writes anything
//       (br_if $whole (i64.gt_u $n SIZE)) (br_if $whole (i64.gt_u $d (i64.sub SIZE $n)))
//       (loop $pieces                                 ;; looks
//         (memory.fill (local.get $d) (local.get $v) (i32.const PIECE))
//         (local.set $d (i32.add (local.get $d) (i32.const PIECE)))
//         (local.set $n (i32.sub (local.get $n) (i32.const PIECE)))
//         (br_if $pieces (i32.gt_u (local.get $n) (i32.const PIECE)))))
//     (memory.fill (local.get $d) (local.get $v) (local.get $n)))
//
// Copies go from the end to the beginning where the destination is behind the source, in whatever
// memory: two imports may be the same one.
class BulkFunctions {
 public:
  static constexpr uint32_t kMemoryPiece = 1 << 20;  // bytes
  static constexpr uint32_t kTablePiece = 8192;      // elements

  // `info` must outlive it.
  explicit BulkFunctions(const CoreModuleInfo& info) : info_(&info) {}

  static bool IsBulk(Opcode opcode);

  // The index of the function that does `instruction`, which is made where there is none yet.
  // Nothing for other instructions, and for what names no memory or table of the module.
  std::optional<uint32_t> FunctionFor(const BulkInstruction& instruction);

  // The functions come behind those of the module, their types behind its types. As the entries of
  // the sections have it, without a count:
  uint32_t type_count() const { return static_cast<uint32_t>(types_.size()); }
  const CoreEncoder& types() const { return type_entries_; }
  uint32_t count() const { return static_cast<uint32_t>(functions_.size()); }
  const CoreEncoder& function_types() const { return function_entries_; }
  const CoreEncoder& bodies() const { return bodies_; }

 private:
  bool IsKnown(const BulkInstruction& instruction) const;
  uint32_t TypeOf(const BulkInstruction& instruction);

  const CoreModuleInfo* info_;
  absl::flat_hash_map<std::tuple<Opcode, uint32_t, uint32_t>, uint32_t> functions_;
  absl::flat_hash_map<std::string, uint32_t> types_;  // by their encoding
  CoreEncoder type_entries_, function_entries_, bodies_;
};

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_BULK_FUNCTIONS_H_
