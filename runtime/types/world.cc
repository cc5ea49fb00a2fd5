#include "runtime/types/world.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/limits.h"

namespace davit::types {
namespace {

// Names in a NOT_FOUND message; a component may export a million functions.
constexpr size_t kMaxNamesShown = 20;

void Collect(const std::vector<Extern>& externs, std::string_view prefix,
             std::vector<ExportedFunc>& funcs) {
  for (const Extern& e : externs) {
    if (funcs.size() == base::kMaxExportedFuncs) return;
    if (const auto* func = std::get_if<FuncType>(&e.item->of)) {
      funcs.push_back({.name = absl::StrCat(prefix, e.name), .type = func});
    }
    const auto* instance = std::get_if<Instance>(&e.item->of);
    if (instance != nullptr && prefix.empty()) {
      Collect(instance->items, absl::StrCat(e.name, "#"), funcs);
    }
  }
}

// "ns:pkg/iface@1.2.3#func" -> "ns:pkg/iface#func"
std::string WithoutVersion(std::string_view name) {
  const size_t hash = name.find('#');
  const size_t at = name.substr(0, hash).find('@');
  if (hash == std::string_view::npos || at == std::string_view::npos) return std::string(name);
  return absl::StrCat(name.substr(0, at), name.substr(hash));
}

std::string Names(const std::vector<ExportedFunc>& funcs) {
  if (funcs.empty()) return "no functions";
  std::vector<std::string_view> names;
  for (const ExportedFunc& func : funcs) {
    if (names.size() == kMaxNamesShown) break;
    names.push_back(func.name);
  }
  const size_t left = funcs.size() - names.size();
  return absl::StrCat(absl::StrJoin(names, ", "),
                      left == 0 ? "" : absl::StrCat(" and ", left, " more"));
}

}  // namespace

std::vector<ExportedFunc> ExportedFuncs(const World& world) {
  std::vector<ExportedFunc> funcs;
  Collect(world.exports, "", funcs);
  return funcs;
}

absl::StatusOr<ExportedFunc> FindExportedFunc(const World& world, std::string_view name) {
  const std::vector<ExportedFunc> funcs = ExportedFuncs(world);
  std::vector<ExportedFunc> unversioned;
  for (const ExportedFunc& func : funcs) {
    if (func.name == name) return func;
    if (WithoutVersion(func.name) == name) unversioned.push_back(func);
  }
  if (unversioned.size() == 1) return unversioned.front();
  if (unversioned.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no function '", name, "' is exported; there is ", Names(funcs)));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", name, "' may be any of ", Names(unversioned)));
}

}  // namespace davit::types
