#include "runtime/link/canon_inliner.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_signatures.h"
#include "runtime/link/type_eval.h"
#include "runtime/types/flatten.h"

namespace davit::link {
namespace {

using binary::CanonOp;
using types::CoreSignature;

OptionsIndex InlineOptions(const binary::CanonOptions& options, const Scope& scope,
                           ProgramBuilder& builder) {
  Options result{.instance = scope.instance,
                 .encoding = options.string_encoding,
                 .memory = std::nullopt,
                 .realloc = std::nullopt};
  if (options.memory) result.memory = builder.AddMemory(scope.core_memories[*options.memory]);
  if (options.realloc) {
    result.realloc =
        builder.AddFunc(scope.core_funcs[*options.realloc], binary::ReallocSignature());
  }
  return builder.AddOptions(result);
}

// What a call from `caller` to `callee` does to the tree of instances.
struct Crossing {
  // The callee and its ancestors less the caller and its own.
  std::vector<InstanceIndex> entering;
  // One is the other, or an ancestor of it.
  bool is_along_a_branch = false;
};

// Spec: CanonicalABI.md#component-instance-state (entering_set)
Crossing CrossingBetween(InstanceIndex caller, InstanceIndex callee, const Program& program) {
  auto staying = program.SelfAndAncestors(caller);
  Crossing crossing{.entering = program.SelfAndAncestors(callee)};
  while (!staying.empty() && !crossing.entering.empty() &&
         staying.back() == crossing.entering.back()) {
    staying.pop_back();
    crossing.entering.pop_back();
  }
  crossing.is_along_a_branch = staying.empty() || crossing.entering.empty();
  return crossing;
}

FuncValue InlineLift(const binary::CanonLift& canon, Scope& scope, ProgramBuilder& builder) {
  Lift lift;
  lift.plan = builder.PlanFor(std::get<FuncTypePtr>(scope.types[canon.type]));
  lift.options = InlineOptions(canon.options, scope, builder);
  lift.instance = scope.instance;
  lift.entering = builder.program().SelfAndAncestors(scope.instance);
  lift.is_async = canon.options.is_async;
  if (!lift.is_async) {
    const CoreSignature& signature = lift.plan->lift_signature();
    lift.callee = builder.AddFunc(scope.core_funcs[canon.func], signature);
    if (canon.options.post_return) {
      lift.post_return = builder.AddFunc(scope.core_funcs[*canon.options.post_return],
                                         CoreSignature{.params = signature.results, .results = {}});
    }
  }
  return FuncValue{builder.AddLift(std::move(lift))};
}

// Deviates: a call between an instance and its ancestor or descendant always traps, as the official
// suite (async/trap-on-reenter.wast) and the other engines still have it.
CallLift MakeCallLift(LiftIndex lift, InstanceIndex caller, OptionsIndex caller_options,
                      const Program& program) {
  Crossing crossing = CrossingBetween(caller, program.lifts[lift.value].instance, program);
  return {.lift = lift,
          .caller_options = caller_options,
          .entering = std::move(crossing.entering),
          .reenters = crossing.is_along_a_branch};
}

HostImportIndex InlineLower(const binary::CanonLower& canon, Scope& scope,
                            ProgramBuilder& builder) {
  const FuncTarget& target = scope.funcs[canon.func].target;
  const PlanPtr plan = builder.program().PlanOf(target);
  if (canon.options.is_async) {
    return builder.AddHostImport(
        types::Flatten(plan->type(), types::Direction::kLower, types::Abi::kAsyncStackful)
            .signature,
        {.caller = scope.instance, .action = UnsupportedBuiltin{"async lower"}});
  }
  const OptionsIndex options = InlineOptions(canon.options, scope, builder);
  HostImport import{.caller = scope.instance, .action = {}};
  if (const auto* lift = std::get_if<LiftIndex>(&target); lift == nullptr) {
    import.action = CallImport{std::get<ImportIndex>(target), options};
  } else if (builder.program().lifts[lift->value].is_async) {
    import.action = UnsupportedBuiltin{"async lift"};
  } else {
    import.action = MakeCallLift(*lift, scope.instance, options, builder.program());
  }
  return builder.AddHostImport(plan->lower_signature(), std::move(import));
}

// The signature of a built-in. Resources whose representation is no i32 were refused before.
struct SignatureOf {
  const CanonOp op;
  const Scope& scope;

  absl::StatusOr<CoreSignature> operator()(const binary::CanonTaskReturn& builtin) const {
    const types::TypePtr result = builtin.result ? EvalValType(*builtin.result, scope) : nullptr;
    return types::FlattenTaskReturn(result.get()).signature;
  }
  absl::StatusOr<CoreSignature> operator()(const binary::CanonContext& builtin) const {
    return binary::BuiltinSignature(op, builtin.type);
  }
  absl::StatusOr<CoreSignature> operator()(const binary::CanonThreadSpawnRef&) const {
    return base::FeatureError("shared_threads", "thread.spawn-ref cannot be linked");
  }
  absl::StatusOr<CoreSignature> operator()(const auto&) const {
    return binary::BuiltinSignature(op);
  }
};

// What a built-in does when the guest calls it.
struct ActionOf {
  using Action = decltype(HostImport::action);
  const CanonOp op;
  const Scope& scope;
  const Program& program;

  Action operator()(const binary::CanonResource& builtin) const {
    ResourceBuiltin action{.op = builtin.op,
                           .resource = std::get<types::ResourceId>(scope.types[builtin.type]),
                           .entering = {}};
    const auto& definer = program.resources[action.resource.value].instance;
    if (action.op == ResourceOp::kDrop && definer) {
      action.entering = CrossingBetween(scope.instance, *definer, program).entering;
    }
    return action;
  }
  Action operator()(const binary::CanonContext& builtin) const {
    return ContextBuiltin{.set = builtin.op == binary::ContextOp::kSet, .slot = builtin.slot};
  }
  Action operator()(const binary::CanonPlain& builtin) const {
    switch (builtin.op) {
      case binary::PlainOp::kBackpressureInc:
        return BackpressureBuiltin{.delta = 1};
      case binary::PlainOp::kBackpressureDec:
        return BackpressureBuiltin{.delta = -1};
      default:
        return Unsupported();
    }
  }
  Action operator()(const auto&) const { return Unsupported(); }

  Action Unsupported() const { return UnsupportedBuiltin{std::string(binary::CanonOpName(op))}; }
};

absl::StatusOr<HostImportIndex> InlineBuiltin(const binary::CanonBuiltin& builtin,
                                              const Scope& scope, ProgramBuilder& builder) {
  const CanonOp op = OpOf(builtin);
  DAVIT_ASSIGN_OR_RETURN(CoreSignature signature, std::visit(SignatureOf{op, scope}, builtin.def));
  HostImport import{.caller = scope.instance,
                    .action = std::visit(ActionOf{op, scope, builder.program()}, builtin.def)};
  return builder.AddHostImport(std::move(signature), std::move(import));
}

// What noting the instances that a call enters takes: those between both sides and the root.
uint64_t CrossingCost(const binary::Canon& canon, const Scope& scope, const Program& program) {
  uint64_t cost = program.instances[scope.instance.value].depth;
  const auto* lower = std::get_if<binary::CanonLower>(&canon.def);
  if (lower == nullptr) return cost;
  if (const auto* lift = std::get_if<LiftIndex>(&scope.funcs[lower->func].target)) {
    cost += program.instances[program.lifts[lift->value].instance.value].depth;
  }
  return cost;
}

struct CanonInliner {
  Scope& scope;
  ProgramBuilder& builder;

  absl::Status operator()(const binary::CanonLift& lift) const {
    scope.funcs.push_back(InlineLift(lift, scope, builder));
    return absl::OkStatus();
  }
  absl::Status operator()(const binary::CanonLower& lower) const {
    scope.core_funcs.emplace_back(InlineLower(lower, scope, builder));
    return absl::OkStatus();
  }
  absl::Status operator()(const binary::CanonBuiltin& builtin) const {
    DAVIT_ASSIGN_OR_RETURN(const HostImportIndex import, InlineBuiltin(builtin, scope, builder));
    scope.core_funcs.emplace_back(import);
    return absl::OkStatus();
  }
};

}  // namespace

absl::Status InlineCanon(const binary::Canon& canon, Scope& scope, ProgramBuilder& builder) {
  DAVIT_RETURN_IF_ERROR(
      builder.budget().ChargeDefinitions(CrossingCost(canon, scope, builder.program())));
  return std::visit(CanonInliner{scope, builder}, canon.def);
}

}  // namespace davit::link
