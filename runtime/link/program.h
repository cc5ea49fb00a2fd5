#ifndef DAVIT_RUNTIME_LINK_PROGRAM_H_
#define DAVIT_RUNTIME_LINK_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/base/index.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/canon_def.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/func_plan.h"
#include "runtime/types/type.h"

// A component tree with its nested instances inlined: what instantiation does, step by step, and
// what each crossing between guest and host means. Names are resolved to numbers here, once, so
// that instantiation and calls only index. Immutable once made.
namespace davit::link {

struct ModuleTag;
using ModuleIndex = base::Index<ModuleTag>;  // a core module of the binary
struct CoreInstanceTag;
using CoreInstanceIndex = base::Index<CoreInstanceTag>;
struct CoreFuncTag;
using CoreFuncIndex = base::Index<CoreFuncTag>;  // a core function that the host calls
struct CoreMemoryTag;
using CoreMemoryIndex = base::Index<CoreMemoryTag>;
struct InstanceTag;
using InstanceIndex = base::Index<InstanceTag>;  // a component instance of the tree; 0 is the root
struct OptionsTag;
using OptionsIndex = base::Index<OptionsTag>;
struct LiftTag;
using LiftIndex = base::Index<LiftTag>;
struct ImportTag;
using ImportIndex = base::Index<ImportTag>;
struct HostImportTag;
using HostImportIndex = base::Index<HostImportTag>;  // a core function that the host makes

// A core func, memory, table, global or tag: made by the host, or an export of a core instance.
struct CoreExportRef {
  CoreInstanceIndex instance;
  std::string_view name;  // in the binary, which outlives the program
};
using CoreItem = std::variant<HostImportIndex, CoreExportRef>;

// The steps of instantiation, in order. Each numbers its product from 0 up.
struct InstantiateModule {
  ModuleIndex module;
  std::vector<CoreItem> imports;  // in the order of the module's import section
};
struct ResolveFunc {  // makes the next CoreFuncIndex
  CoreItem func;
  uint32_t entry = 0;  // of Crossings::entries
};
struct ResolveMemory {  // makes the next CoreMemoryIndex
  CoreItem memory;
};
using Step = std::variant<InstantiateModule, ResolveFunc, ResolveMemory>;

// The canonical options that values of one crossing use, on one side.
struct Options {
  InstanceIndex instance;
  canon::StringEncoding encoding = canon::StringEncoding::kUtf8;
  std::optional<CoreMemoryIndex> memory;
  std::optional<CoreFuncIndex> realloc;
  friend bool operator==(const Options&, const Options&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const Options& options) {
    return H::combine(std::move(hash), options.instance, options.encoding, options.memory,
                      options.realloc);
  }
};

using PlanPtr = std::shared_ptr<const canon::FuncPlan>;

// canon lift: a component function implemented by a core function.
struct Lift {
  PlanPtr plan;
  OptionsIndex options;
  InstanceIndex instance;
  std::vector<InstanceIndex>
      entering;  // instances that a call by the host enters: it and its ancestors
  CoreFuncIndex callee;
  std::optional<CoreFuncIndex> post_return;
  // Whether the areas of its parameters may be asked for at once, before they are lowered.
  bool reserves = false;
  bool is_async = false;  // the async ABI, which cannot run yet
};

// A function that the component's world imports.
struct ImportedFunc {
  std::string interface;  // empty: of the world itself
  std::string name;
  PlanPtr plan;
};
// Something else that the world imports, named as of ImportedFunc.
struct ImportedItem {
  std::string interface, name;
};
// A type that the world imports as equal to a resource that it imports, too.
struct ImportedAlias {
  std::string interface, name;
  types::ResourceId resource;
};
using FuncTarget = std::variant<LiftIndex, ImportIndex>;

// What a core function that the host makes does when the guest calls it.
struct CallLift {  // canon lower of a lifted function: a call between component instances
  LiftIndex lift;
  OptionsIndex caller_options;
  // Instances that the call enters: the callee and its ancestors less the caller and its own.
  std::vector<InstanceIndex> entering;
  // The callee is the caller, an ancestor or a descendant of it: a call that always traps.
  bool reenters = false;
};
struct CallImport {  // canon lower of an imported function
  ImportIndex import;
  OptionsIndex caller_options;
};
using binary::ResourceOp;
struct ResourceBuiltin {
  ResourceOp op = ResourceOp::kNew;
  types::ResourceId resource;
  // kDrop: instances that the call of the destructor enters.
  std::vector<InstanceIndex> entering;
};
// context.get/set: a slot of the current task.
struct ContextBuiltin {
  bool set = false;
  uint32_t slot = 0;
};
struct BackpressureBuiltin {
  int delta = 0;
};
// A built-in whose feature cannot run yet. It obeys may_leave, then ends the guest.
struct UnsupportedBuiltin {
  std::string name;
};
struct HostImport {
  InstanceIndex caller;
  std::variant<CallLift, CallImport, ResourceBuiltin, ContextBuiltin, BackpressureBuiltin,
               UnsupportedBuiltin>
      action;
};

// A resource type of the tree; ResourceId indexes these.
struct ResourceInfo {
  std::optional<InstanceIndex> instance;  // where it is defined; nullopt: imported from the host
  std::optional<CoreFuncIndex> destructor;
  // Instances that a call of the destructor by the host enters.
  std::vector<InstanceIndex> entering;
  std::string interface, name;  // of an imported one, as of ImportedFunc
};

struct InstanceInfo {
  std::optional<InstanceIndex> parent;
  uint32_t depth = 0;         // how many are around it
  std::string path;           // "" for the root, then ".0.2": numbers of nested instances
  bool uses_context = false;  // its core code has task-local storage
};

struct ExportedFunc {
  std::string name;  // "f" or "ns:pkg/iface@1.0.0#f"
  FuncTarget target;
};

// The core signatures of what passes between host and guest, for the code that carries it.
struct Crossings {
  std::vector<types::CoreSignature> entries;       // of core functions that the host calls
  std::vector<types::CoreSignature> host_imports;  // of those that the host makes
};

struct Program {
  std::vector<const binary::CoreModule*> modules;  // in the binaries, which outlive the program
  std::vector<Step> steps;
  Crossings crossings;
  std::vector<HostImport> host_imports;  // as crossings.host_imports
  std::vector<Options> options;
  std::vector<Lift> lifts;
  std::vector<ImportedFunc> imports;
  std::vector<ImportedItem> imported_instances;
  // Core modules that no other component has satisfied: while there are any, it cannot run.
  std::vector<ImportedItem> unlinked_modules;
  std::vector<ImportedAlias> imported_aliases;
  std::vector<ResourceInfo> resources;
  // As canon::CallContext wants them, by ResourceId. Those of the host have no defining instance:
  // kNoInstance.
  static constexpr uint32_t kNoInstance = ~uint32_t{0};
  std::vector<uint32_t> resource_definers;
  std::vector<InstanceInfo> instances;
  std::vector<ExportedFunc> exports;

  std::vector<InstanceIndex> SelfAndAncestors(InstanceIndex instance) const {
    std::vector<InstanceIndex> result;
    for (std::optional<InstanceIndex> i = instance; i; i = instances[i->value].parent) {
      result.push_back(*i);
    }
    return result;
  }
  const PlanPtr& PlanOf(const FuncTarget& target) const {
    if (const auto* lift = std::get_if<LiftIndex>(&target)) return lifts[lift->value].plan;
    return imports[std::get<ImportIndex>(target).value].plan;
  }
};

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_PROGRAM_H_
