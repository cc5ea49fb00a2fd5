#ifndef DAVIT_RUNTIME_LINK_CORE_TYPE_EVAL_H_
#define DAVIT_RUNTIME_LINK_CORE_TYPE_EVAL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/allowance.h"
#include "runtime/base/limits.h"
#include "runtime/binary/ast.h"
#include "runtime/link/scope.h"
#include "runtime/wasm/core_type_table.h"

namespace davit::link {

// Evaluates the core types of scopes, those that an imported core module is compared with.
// REQUIRES: binary::Validate() was OK for their components. Scopes outlive this.
class CoreTypeEval {
 public:
  // OK when `module`, which outlives this, fits the module type at `type` of the core type space of
  // `scope`, else INVALID_ARGUMENT says why not. LimitError when all comparisons take too long.
  absl::Status Check(const binary::CoreModule& module, const Scope& scope, uint32_t type);

 private:
  // The core type space of a scope as far as it was asked for.
  struct Space {
    size_t definitions = 0;               // of the scope that are in it
    std::vector<wasm::CoreTypeId> types;  // kNoCoreType: one of `module_types`
    absl::flat_hash_map<uint32_t, std::shared_ptr<const wasm::ModuleType>> module_types;
  };

  absl::StatusOr<std::shared_ptr<const wasm::ModuleType>> TypeOf(const binary::CoreModule& module);
  absl::StatusOr<const Space*> SpaceOf(const Scope& scope);
  absl::Status Define(const wasm::CoreTypeDef* def, const Scope& scope, Space& space);
  absl::Status Define(const wasm::CoreOuterAlias& alias, const Scope& scope, Space& space);

  wasm::CoreTypeTable table_;
  base::Allowance steps_{"linking_steps", base::kMaxValidationSteps,
                         "the core modules that are linked take too long to compare"};
  absl::flat_hash_map<const binary::CoreModule*, std::shared_ptr<const wasm::ModuleType>> modules_;
  absl::node_hash_map<const Scope*, Space> spaces_;
};

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_CORE_TYPE_EVAL_H_
