#include "runtime/link/inliner.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_signatures.h"
#include "runtime/link/canon_inliner.h"
#include "runtime/link/import_binder.h"
#include "runtime/link/program_builder.h"
#include "runtime/link/root_imports.h"
#include "runtime/link/scope.h"
#include "runtime/link/type_eval.h"
#include "runtime/link/version_track.h"
#include "runtime/link/world_builder.h"

namespace davit::link {
namespace {

using binary::Sort;

// Nested instantiations evaluate recursively; more than this many inside each other are refused.
constexpr int kMaxInstantiationDepth = 200;

// The index space of a core sort. REQUIRES: `sort` is func, table, memory, global or tag.
std::vector<CoreItem>& CoreSpace(Sort sort, Scope& scope) {
  switch (sort) {
    case Sort::kCoreTable:
      return scope.core_tables;
    case Sort::kCoreMemory:
      return scope.core_memories;
    case Sort::kCoreGlobal:
      return scope.core_globals;
    case Sort::kCoreTag:
      return scope.core_tags;
    default:
      return scope.core_funcs;
  }
}

CoreItem CoreExport(const CoreInstanceValue& instance, std::string_view name) {
  if (const auto* index = std::get_if<CoreInstanceIndex>(&instance)) {
    return CoreExportRef{*index, name};
  }
  return std::get<std::shared_ptr<const CoreBag>>(instance)->at(name);
}

// The exports of `instance` that its ascribed instance type declares.
InstancePtr Narrow(const InstancePtr& instance, const std::vector<binary::TypeDecl>& decls) {
  auto narrowed = std::make_shared<InstanceValue>();
  for (const auto& decl : decls) {
    if (const auto* exported = std::get_if<binary::ExportDecl>(&decl.decl)) {
      narrowed->Add(exported->name.name, instance->Get(exported->name.name));
    }
  }
  return narrowed;
}

std::string_view WithoutVersion(std::string_view name) { return name.substr(0, name.find('@')); }

// What a provider exports, for imports of the components after it.
class Provided {
 public:
  Provided(std::string import, InstancePtr exports)
      : import_(std::move(import)), exports_(std::move(exports)) {
    for (const auto& [name, item] : exports_->exports) {
      if (std::string track = CompatibilityKey(name); !track.empty()) {
        by_track_.try_emplace(std::move(track), &item);
      }
    }
  }

  // The export called `name`, or the first one of a compatible version; null when there is none.
  const Item* Find(std::string_view name) const {
    if (exports_->by_name.contains(name)) return &exports_->Get(name);
    const auto compatible = by_track_.find(CompatibilityKey(name));
    return compatible == by_track_.end() ? nullptr : compatible->second;
  }
  bool IsFor(std::string_view import) const {
    return import_ == import || import_ == WithoutVersion(import);
  }

  const std::string& import() const { return import_; }
  const InstancePtr& exports() const { return exports_; }
  void MarkUsed() { used_ = true; }
  bool used() const { return used_; }

 private:
  std::string import_;
  InstancePtr exports_;
  absl::flat_hash_map<std::string, const Item*> by_track_;
  bool used_ = false;
};

// Evaluates definitions in order, each by the overload of Define() for its kind.
class Inliner {
 public:
  explicit Inliner(uint64_t binary_bytes)
      : builder_(binary_bytes),
        root_imports_(builder_, scopes_),
        binder_(builder_.program(), builder_.budget(), scopes_) {}

  absl::StatusOr<InlinedComponent> Run(const binary::Component& component,
                                       std::span<const Provider> providers) {
    std::optional<InstanceIndex> parent;
    if (!providers.empty()) {
      DAVIT_ASSIGN_OR_RETURN(parent, builder_.AddInstance(std::nullopt));
    }
    for (const Provider& provider : providers) {
      auto exports = std::make_shared<InstanceValue>();
      DAVIT_RETURN_IF_ERROR(EvaluateRoot(*provider.component, parent, *exports));
      provided_.emplace_back(provider.import, std::move(exports));
    }
    InstanceValue exports;
    DAVIT_RETURN_IF_ERROR(EvaluateRoot(component, parent, exports));
    DAVIT_RETURN_IF_ERROR(CheckAllUsed());
    DAVIT_RETURN_IF_ERROR(AddExports(exports, ""));
    types::World world{.imports = DescribeItems(root_imports_.items(), builder_.program()),
                       .exports = DescribeItems(exports, builder_.program())};
    return InlinedComponent{.program = std::move(builder_).Finish(), .world = std::move(world)};
  }

 private:
  using Args = absl::flat_hash_map<std::string_view, Item>;
  // Where one component's definitions are evaluated. `args` is null for the root, whose imports
  // come from the host.
  struct Frame {
    Scope& scope;
    const Args* args;
    InstanceValue& exports;
  };

  absl::Status EvaluateRoot(const binary::Component& component, std::optional<InstanceIndex> parent,
                            InstanceValue& exports) {
    Scope& root = NewScope(nullptr);
    DAVIT_ASSIGN_OR_RETURN(root.instance, builder_.AddInstance(parent));
    return Evaluate(component, root, /*args=*/nullptr, exports);
  }

  absl::Status CheckAllUsed() const {
    for (const Provided& provided : provided_) {
      if (!provided.used()) {
        return absl::FailedPreconditionError(
            absl::StrCat("nothing imports \"", provided.import(), "\""));
      }
    }
    return absl::OkStatus();
  }

  // What `provided` has for `import`: its export of that name, or all of its exports where an
  // instance with a plain name is wanted.
  static absl::StatusOr<Item> ItemFor(const binary::Import& import, const Provided& provided) {
    const std::string_view name = import.name.name;
    if (const Item* item = provided.Find(name)) return *item;
    const bool is_interface = absl::StrContains(name, ':');
    if (import.desc.sort == Sort::kInstance && !is_interface) return Item(provided.exports());
    return absl::FailedPreconditionError(
        absl::StrCat("import ", name, ": the component given for it does not export it"));
  }

  // What the providers have for `import`, or nullopt when none is for it.
  absl::StatusOr<std::optional<Item>> FindProvided(const binary::Import& import,
                                                   const Scope& scope) {
    const std::string_view name = import.name.name;
    for (Provided& provided : provided_) {
      if (!provided.IsFor(name)) continue;
      DAVIT_ASSIGN_OR_RETURN(Item item, ItemFor(import, provided));
      DAVIT_RETURN_IF_ERROR(binder_.Check(import.desc, scope, item, std::string(name)));
      provided.MarkUsed();
      return item;
    }
    return std::nullopt;
  }

  Scope& NewScope(const Scope* outer) {
    Scope& scope = scopes_.emplace_back();
    scope.outer = outer;
    return scope;
  }

  absl::Status Evaluate(const binary::Component& component, Scope& scope, const Args* args,
                        InstanceValue& exports) {
    if (++depth_ > kMaxInstantiationDepth) {
      return base::LimitError("instantiation_depth", kMaxInstantiationDepth,
                              "component instances are nested too deeply");
    }
    Frame frame{scope, args, exports};
    for (const auto& definition : component.definitions) {
      DAVIT_RETURN_IF_ERROR(Charge(1));
      DAVIT_RETURN_IF_ERROR(
          std::visit([&](const auto& def) { return Define(def, frame); }, definition.def));
    }
    --depth_;
    return absl::OkStatus();
  }

  absl::Status Define(const binary::CoreModule& module, Frame& frame) {
    frame.scope.modules.push_back({&module});
    return absl::OkStatus();
  }

  absl::Status Define(const binary::CoreInstance& instance, Frame& frame) {
    Scope& scope = frame.scope;
    if (const auto* inline_exports = std::get_if<binary::CoreInlineExports>(&instance.expr)) {
      DAVIT_RETURN_IF_ERROR(Charge(inline_exports->exports.size()));
      auto bag = std::make_shared<CoreBag>();
      for (const auto& e : inline_exports->exports) {
        bag->emplace(e.name, CoreSpace(e.item.sort, scope)[e.item.index]);
      }
      scope.core_instances.emplace_back(std::move(bag));
      return absl::OkStatus();
    }
    return InstantiateCore(std::get<binary::CoreInstantiate>(instance.expr), scope);
  }

  absl::Status InstantiateCore(const binary::CoreInstantiate& instantiate, Scope& scope) {
    const binary::CoreModule* const source = scope.modules[instantiate.module].module;
    if (source == nullptr) {
      DAVIT_ASSIGN_OR_RETURN(const CoreInstanceIndex unlinked, builder_.AddUnlinkedCoreInstance());
      scope.core_instances.emplace_back(unlinked);
      return absl::OkStatus();
    }
    DAVIT_ASSIGN_OR_RETURN(const auto* module, builder_.AddModule(*source));
    DAVIT_RETURN_IF_ERROR(Charge(instantiate.args.size() + module->info.imports.size()));
    DAVIT_RETURN_IF_ERROR(builder_.budget().ChargeElements(module->info.element_entries));
    absl::flat_hash_map<std::string_view, uint32_t> args;
    for (const auto& arg : instantiate.args) args.emplace(arg.name, arg.instance);
    std::vector<CoreItem> imports;
    imports.reserve(module->info.imports.size());
    for (const auto& import : module->info.imports) {
      imports.push_back(CoreExport(scope.core_instances[args.at(import.module)], import.name));
    }
    DAVIT_ASSIGN_OR_RETURN(const CoreInstanceIndex instance,
                           builder_.AddCoreInstance(module->index, std::move(imports)));
    scope.core_instances.emplace_back(instance);
    return absl::OkStatus();
  }

  absl::Status Define(const wasm::CoreTypeDef& def, Frame& frame) {
    frame.scope.core_types.emplace_back(&def);
    return absl::OkStatus();
  }

  absl::Status Define(const std::shared_ptr<const binary::Component>& component, Frame& frame) {
    frame.scope.components.push_back({component.get(), &frame.scope});
    return absl::OkStatus();
  }

  absl::Status Define(const binary::Instance& instance, Frame& frame) {
    if (const auto* instantiate = std::get_if<binary::Instantiate>(&instance.expr)) {
      return InstantiateNested(*instantiate, frame.scope);
    }
    const auto& exports = std::get<binary::InlineExports>(instance.expr).exports;
    DAVIT_RETURN_IF_ERROR(Charge(exports.size()));
    auto value = std::make_shared<InstanceValue>();
    for (const auto& e : exports) {
      value->Add(e.name.name, Get(e.item, frame.scope));
    }
    frame.scope.instances.push_back(std::move(value));
    return absl::OkStatus();
  }

  absl::Status InstantiateNested(const binary::Instantiate& instantiate, Scope& scope) {
    const ComponentValue callee = scope.components[instantiate.component];
    DAVIT_RETURN_IF_ERROR(Charge(instantiate.args.size()));
    Args args;
    for (const auto& arg : instantiate.args) args.emplace(arg.name, Get(arg.item, scope));
    Scope& inner = NewScope(callee.scope);
    DAVIT_ASSIGN_OR_RETURN(inner.instance, builder_.AddInstance(scope.instance));
    auto exports = std::make_shared<InstanceValue>();
    DAVIT_RETURN_IF_ERROR(Evaluate(*callee.component, inner, &args, *exports));
    scope.instances.push_back(std::move(exports));
    return absl::OkStatus();
  }

  absl::Status Define(const binary::Alias& alias, Frame& frame) {
    Scope& scope = frame.scope;
    switch (alias.target) {
      case binary::AliasTarget::kExport:
        Push(scope.instances[alias.instance]->Get(alias.name), scope);
        break;
      case binary::AliasTarget::kCoreExport:
        CoreSpace(alias.sort, scope)
            .push_back(CoreExport(scope.core_instances[alias.instance], alias.name));
        break;
      case binary::AliasTarget::kOuter: {
        if (alias.sort == Sort::kCoreType) {
          scope.core_types.emplace_back(
              wasm::CoreOuterAlias{.count = alias.outer_count, .index = alias.outer_index});
          break;
        }
        Push(Get({alias.sort, alias.outer_index}, Outer(scope, alias.outer_count)), scope);
        break;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Define(const binary::TypeDef& def, Frame& frame) {
    Scope& scope = frame.scope;
    if (const auto* resource = std::get_if<binary::ResourceTypeDef>(&def.def)) {
      if (resource->rep64) {
        return base::FeatureError("memory64", "64-bit representations cannot be linked");
      }
      DAVIT_RETURN_IF_ERROR(Charge(static_cast<uint64_t>(depth_)));  // for ResourceInfo::entering
      scope.types.emplace_back(DefineResource(*resource, scope));
    } else {
      DAVIT_RETURN_IF_ERROR(Charge(EvaluationCost(def)));
      scope.types.push_back(EvalTypeDef(def, scope));
    }
    return absl::OkStatus();
  }

  types::ResourceId DefineResource(const binary::ResourceTypeDef& def, const Scope& scope) {
    ResourceInfo info{.instance = scope.instance,
                      .destructor = std::nullopt,
                      .entering = builder_.program().SelfAndAncestors(scope.instance),
                      .interface = "",
                      .name = ""};
    if (def.destructor) {
      info.destructor = builder_.AddFunc(scope.core_funcs[*def.destructor],
                                         binary::DestructorSignature(types::CoreType::kI32));
    }
    return builder_.AddResource(std::move(info));
  }

  absl::Status Define(const binary::Canon& canon, Frame& frame) {
    return InlineCanon(canon, frame.scope, builder_);
  }

  absl::Status Define(const binary::Import& import, Frame& frame) {
    if (frame.args != nullptr) {
      Push(frame.args->at(import.name.name), frame.scope);
      return absl::OkStatus();
    }
    DAVIT_ASSIGN_OR_RETURN(std::optional<Item> item, FindProvided(import, frame.scope));
    if (!item) {
      DAVIT_ASSIGN_OR_RETURN(item, root_imports_.Import(import, frame.scope));
    }
    Push(*item, frame.scope);
    return absl::OkStatus();
  }

  absl::Status Define(const binary::Export& exported, Frame& frame) {
    Item item = Get(exported.item, frame.scope);
    if (exported.ascription && exported.ascription->sort == Sort::kInstance) {
      const auto& type = std::get<TypeClosure>(frame.scope.types[exported.ascription->type]);
      const auto& decls = std::get<binary::InstanceTypeDef>(type.def->def).decls;
      DAVIT_RETURN_IF_ERROR(Charge(decls.size()));
      item = Narrow(std::get<InstancePtr>(item), decls);
    }
    frame.exports.Add(exported.name.name, item);
    Push(item, frame.scope);
    return absl::OkStatus();
  }

  absl::Status Define(const binary::Start&, Frame&) {
    return base::FeatureError("values", "component start functions cannot run");
  }
  absl::Status Define(const binary::ValueDef&, Frame&) {
    return base::FeatureError("values", "value definitions cannot be linked");
  }

  // Lists every function among `exports` as callable, those of instances as "instance#func".
  absl::Status AddExports(const InstanceValue& exports, const std::string& prefix) {
    for (const auto& [name, item] : exports.exports) {
      // An instance may be exported inside itself many times over: what it unfolds to is counted.
      DAVIT_RETURN_IF_ERROR(Charge(1));
      DAVIT_RETURN_IF_ERROR(builder_.budget().ChargeName(prefix.size() + name.size()));
      if (const auto* func = std::get_if<FuncValue>(&item)) {
        DAVIT_RETURN_IF_ERROR(builder_.AddExport({absl::StrCat(prefix, name), func->target}));
      } else if (const auto* instance = std::get_if<InstancePtr>(&item)) {
        DAVIT_RETURN_IF_ERROR(AddExports(**instance, absl::StrCat(prefix, name, "#")));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Charge(uint64_t definitions) {
    return builder_.budget().ChargeDefinitions(definitions);
  }

  std::deque<Scope> scopes_;
  ProgramBuilder builder_;
  RootImports root_imports_;
  ImportBinder binder_;
  std::vector<Provided> provided_;
  int depth_ = 0;
};

}  // namespace

absl::StatusOr<InlinedComponent> Inline(const binary::Component& component,
                                        std::span<const Provider> providers) {
  uint64_t bytes = component.bytes->size();
  for (const Provider& provider : providers) bytes += provider.component->bytes->size();
  return Inliner(bytes).Run(component, providers);
}

}  // namespace davit::link
