#include "runtime/binary/validate/builtin_rules.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_signatures.h"
#include "runtime/binary/validate/canon_options.h"
#include "runtime/types/flatten.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

using types::CoreType;

// The rules of each family.
class BuiltinRules {
 public:
  using Type = absl::StatusOr<wasm::CoreFuncType>;

  BuiltinRules(Scope& scope, CanonOp op) : scope_(scope), op_(op) {}

  Type operator()(const CanonResource& builtin) const {
    DAVIT_ASSIGN_OR_RETURN(const ResourceRef resource, ResourceAt(scope_, builtin.type));
    if (builtin.op == ResourceOp::kDrop) return TypeOfOp();
    const auto local = scope_.local_resources.find(resource.id);
    if (local == scope_.local_resources.end()) {
      return wasm::Violation(absl::StrCat("type index ", builtin.type, " is not a local resource"));
    }
    return TypeOfOp(local->second);
  }

  Type operator()(const CanonTaskReturn& builtin) const {
    DAVIT_RETURN_IF_ERROR(CheckOptions(scope_, builtin.options, {}));
    if (!builtin.result.has_value()) {
      return CoreFuncTypeOf(types::FlattenTaskReturn(nullptr).signature);
    }
    DAVIT_ASSIGN_OR_RETURN(const ValueType result, ResolveValType(scope_, *builtin.result));
    const types::Type& layout = *result.shape->layout;
    if (layout.contains_borrow()) return wasm::Violation("a task cannot return a `borrow` type");
    const types::Flattening flattening = types::FlattenTaskReturn(&layout);
    RequiredOptions required;
    required.PassOut(result);
    if (!flattening.params_are_flat) required.NeedMemory();
    DAVIT_RETURN_IF_ERROR(required.Check(builtin.options));
    return CoreFuncTypeOf(flattening.signature);
  }

  Type operator()(const CanonSubtaskCancel& builtin) const {
    DAVIT_RETURN_IF_ERROR(CheckAsyncFlag(builtin.is_async));
    return TypeOfOp();
  }

  Type operator()(const CanonContext& builtin) const {
    constexpr uint32_t kSlots = 2;
    if (builtin.slot >= kSlots) {
      return wasm::Violation(absl::StrCat("context slot ", builtin.slot, " is out of bounds"));
    }
    if (builtin.type != CoreType::kI32 && builtin.type != CoreType::kI64) {
      return wasm::Violation("a context slot holds an i32 or an i64");
    }
    if (builtin.type == CoreType::kI64 && !scope_.validation.features.memory64) {
      return base::FeatureError("memory64", "context slots of type i64");
    }
    if (scope_.context_type.value_or(builtin.type) != builtin.type) {
      return wasm::Violation("all context built-ins of a component must use the same type");
    }
    scope_.context_type = builtin.type;
    return TypeOfOp(builtin.type);
  }

  Type operator()(const CanonEndsNew& builtin) const {
    DAVIT_RETURN_IF_ERROR(EndsType(builtin.kind, builtin.type).status());
    return TypeOfOp();
  }

  Type operator()(const CanonEndCopy& builtin) const {
    DAVIT_ASSIGN_OR_RETURN(const ValueShape* ends, EndsType(builtin.kind, builtin.type));
    DAVIT_RETURN_IF_ERROR(CheckOptions(scope_, builtin.options, {.realloc = true, .async = true}));
    DAVIT_RETURN_IF_ERROR(CheckMoreAsync(!builtin.options.is_async, " without `async`"));
    const std::optional<ValueType>& element = ends->members[0].type;
    RequiredOptions required;
    if (element.has_value()) required.NeedMemory();
    if (builtin.side == EndSide::kReadable) {
      required.Receive(element);
    } else {
      required.PassOut(element);
    }
    DAVIT_RETURN_IF_ERROR(required.Check(builtin.options));
    return TypeOfOp();
  }

  Type operator()(const CanonEndCancel& builtin) const {
    DAVIT_RETURN_IF_ERROR(EndsType(builtin.kind, builtin.type).status());
    DAVIT_RETURN_IF_ERROR(CheckAsyncFlag(builtin.is_async));
    return TypeOfOp();
  }

  Type operator()(const CanonEndDrop& builtin) const {
    DAVIT_RETURN_IF_ERROR(EndsType(builtin.kind, builtin.type).status());
    return TypeOfOp();
  }

  Type operator()(const CanonErrorContext& builtin) const {
    DAVIT_RETURN_IF_ERROR(CheckOptions(scope_, builtin.options, {.realloc = true}));
    RequiredOptions required;
    required.NeedMemory();
    if (builtin.op == ErrorContextOp::kDebugMessage) required.NeedRealloc();
    DAVIT_RETURN_IF_ERROR(required.Check(builtin.options));
    return TypeOfOp();
  }

  Type operator()(const CanonWaitableSet& builtin) const {
    DAVIT_RETURN_IF_ERROR(CheckMemory(scope_, builtin.memory));
    return TypeOfOp();
  }

  Type operator()(const CanonThreadNewIndirect& builtin) const {
    return ThreadFromTable(builtin.start_type, builtin.table);
  }

  Type operator()(const CanonThreadSpawnIndirect& builtin) const {
    return ThreadFromTable(builtin.start_type, builtin.table);
  }

  Type operator()(const CanonThreadSpawnRef& builtin) const {
    DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId start, StartType(builtin.start_type));
    return ThreadSpawnRefSignature(start.value);
  }

  Type operator()(const CanonThreadSwitch&) const { return TypeOfOp(); }
  Type operator()(const CanonThreadParallelism&) const { return TypeOfOp(); }
  Type operator()(const CanonPlain&) const { return TypeOfOp(); }

 private:
  wasm::CoreFuncType TypeOfOp(CoreType open = CoreType::kI32) const {
    return CoreFuncTypeOf(BuiltinSignature(op_, open));
  }

  absl::Status CheckAsyncFlag(bool is_async) const {
    return CheckMoreAsync(is_async, " with `async`");
  }

  // `how` the operation needs the feature, where it does.
  absl::Status CheckMoreAsync(bool needs_feature, std::string_view how) const {
    if (!needs_feature || scope_.validation.features.more_async_builtins) return absl::OkStatus();
    return base::FeatureError("more_async_builtins", absl::StrCat(CanonOpName(op_), how));
  }

  // The stream or future type at `index`.
  absl::StatusOr<const ValueShape*> EndsType(EndKind kind, uint32_t index) const {
    const types::Kind wanted =
        kind == EndKind::kStream ? types::Kind::kStream : types::Kind::kFuture;
    DAVIT_ASSIGN_OR_RETURN(const ValueType type, ValueTypeAt(scope_, index));
    if (type.shape->kind == wanted) return type.shape;
    return wasm::Violation(
        absl::StrCat("type index ", index, " is not a ", types::KindName(wanted), " type"));
  }

  // The type of the function that a thread starts with, at `index`.
  absl::StatusOr<wasm::CoreTypeId> StartType(uint32_t index) const {
    DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId type,
                           ItemAt(scope_.core_types, index, Sort::kCoreType));
    if (type == scope_.validation.core.Func(CoreFuncTypeOf(ThreadStartSignature()))) return type;
    return wasm::Violation(
        absl::StrCat("core type index ", index, " is not a thread start function ([i32] -> [])"));
  }

  Type ThreadFromTable(uint32_t start_type, uint32_t index) const {
    constexpr wasm::CoreValType kFuncref{.code = 0x63, .heap = -0x10};
    DAVIT_RETURN_IF_ERROR(StartType(start_type).status());
    DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTableType table,
                           ItemAt(scope_.core_tables, index, Sort::kCoreTable));
    if (!(table.element == kFuncref)) return wasm::Violation("the table does not hold `funcref`");
    if (table.limits.is64) return base::FeatureError("memory64", "threads from a 64-bit table");
    return TypeOfOp();
  }

  Scope& scope_;
  const CanonOp op_;
};

}  // namespace

absl::StatusOr<wasm::CoreFuncType> BuiltinType(Scope& scope, const CanonBuiltin& builtin) {
  return std::visit(BuiltinRules(scope, OpOf(builtin)), builtin.def);
}

}  // namespace davit::binary
