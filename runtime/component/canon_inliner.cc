#include "runtime/component/canon_inliner.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_signatures.h"
#include "runtime/component/type_eval.h"
#include "runtime/types/flatten.h"

namespace davit::component {
namespace {

using binary::CanonOp;
using types::CoreSignature;
using types::CoreType;

canon::StringEncoding EncodingOf(binary::StringEncoding encoding) {
  switch (encoding) {
    case binary::StringEncoding::kUtf8:
      return canon::StringEncoding::kUtf8;
    case binary::StringEncoding::kUtf16:
      return canon::StringEncoding::kUtf16;
    case binary::StringEncoding::kLatin1Utf16:
      return canon::StringEncoding::kLatin1Utf16;
  }
  return canon::StringEncoding::kUtf8;
}

OptionsIndex InlineOptions(const binary::CanonOptions& options, const Scope& scope,
                           ProgramBuilder& builder) {
  Options result{.instance = scope.instance,
                 .encoding = EncodingOf(options.string_encoding),
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

FuncValue InlineLift(const binary::Canon& canon, Scope& scope, ProgramBuilder& builder) {
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
  auto& lifts = builder.program().lifts;
  lifts.push_back(std::move(lift));
  return FuncValue{LiftIndex(static_cast<uint32_t>(lifts.size() - 1))};
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

HostImportIndex InlineLower(const binary::Canon& canon, Scope& scope, ProgramBuilder& builder) {
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

ResourceBuiltin MakeResourceBuiltin(ResourceOp op, const binary::Canon& canon, const Scope& scope,
                                    const Program& program) {
  ResourceBuiltin builtin{
      .op = op, .resource = std::get<types::ResourceId>(scope.types[canon.type]), .entering = {}};
  const auto& definer = program.resources[builtin.resource.value].instance;
  if (op == ResourceOp::kDrop && definer) {
    builtin.entering = CrossingBetween(scope.instance, *definer, program).entering;
  }
  return builtin;
}

absl::StatusOr<CoreSignature> SignatureOf(const binary::Canon& canon, const Scope& scope) {
  switch (canon.op) {
    case CanonOp::kTaskReturn: {
      const types::TypePtr result = canon.result ? EvalValType(*canon.result, scope) : nullptr;
      return types::FlattenTaskReturn(result.get()).signature;
    }
    case CanonOp::kContextGet:
    case CanonOp::kContextSet:
      return binary::BuiltinSignature(canon.op, canon.context_type);
    case CanonOp::kThreadSpawnRef:
      return base::FeatureError("shared_threads", "thread.spawn-ref cannot be linked");
    default:
      return binary::BuiltinSignature(canon.op);
  }
}

absl::StatusOr<HostImportIndex> InlineBuiltin(const binary::Canon& canon, const Scope& scope,
                                              ProgramBuilder& builder) {
  DAVIT_ASSIGN_OR_RETURN(CoreSignature signature, SignatureOf(canon, scope));
  const Program& program = builder.program();
  HostImport import{.caller = scope.instance, .action = {}};
  switch (canon.op) {
    case CanonOp::kResourceNew:
      import.action = MakeResourceBuiltin(ResourceOp::kNew, canon, scope, program);
      break;
    case CanonOp::kResourceDrop:
      import.action = MakeResourceBuiltin(ResourceOp::kDrop, canon, scope, program);
      break;
    case CanonOp::kResourceRep:
      import.action = MakeResourceBuiltin(ResourceOp::kRep, canon, scope, program);
      break;
    case CanonOp::kContextGet:
    case CanonOp::kContextSet:
      import.action = ContextBuiltin{.set = canon.op == CanonOp::kContextSet, .slot = canon.slot};
      break;
    case CanonOp::kBackpressureInc:
    case CanonOp::kBackpressureDec:
      import.action = BackpressureBuiltin{.delta = canon.op == CanonOp::kBackpressureInc ? 1 : -1};
      break;
    default:
      import.action = UnsupportedBuiltin{std::string(binary::CanonOpName(canon.op))};
  }
  return builder.AddHostImport(std::move(signature), std::move(import));
}

// What noting the instances that a call enters takes: those between both sides and the root.
uint64_t CrossingCost(const binary::Canon& canon, const Scope& scope, const Program& program) {
  uint64_t cost = program.instances[scope.instance.value].depth;
  if (canon.op != CanonOp::kLower) return cost;
  if (const auto* lift = std::get_if<LiftIndex>(&scope.funcs[canon.func].target)) {
    cost += program.instances[program.lifts[lift->value].instance.value].depth;
  }
  return cost;
}

}  // namespace

absl::Status InlineCanon(const binary::Canon& canon, Scope& scope, ProgramBuilder& builder) {
  DAVIT_RETURN_IF_ERROR(
      builder.budget().ChargeDefinitions(CrossingCost(canon, scope, builder.program())));
  switch (canon.op) {
    case CanonOp::kLift:
      scope.funcs.push_back(InlineLift(canon, scope, builder));
      break;
    case CanonOp::kLower:
      scope.core_funcs.emplace_back(InlineLower(canon, scope, builder));
      break;
    default: {
      DAVIT_ASSIGN_OR_RETURN(const HostImportIndex builtin, InlineBuiltin(canon, scope, builder));
      scope.core_funcs.emplace_back(builtin);
    }
  }
  return absl::OkStatus();
}

}  // namespace davit::component
