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

std::string WithoutVersion(std::string_view func) {
  const size_t hash = func.find('#');
  const size_t at = func.substr(0, hash).find('@');
  if (hash == std::string_view::npos || at == std::string_view::npos) return "";
  return absl::StrCat(func.substr(0, at), func.substr(hash));
}

std::string_view WithoutInterface(std::string_view func) {
  const size_t hash = func.find('#');
  return hash == std::string_view::npos ? std::string_view() : func.substr(hash + 1);
}

absl::StatusOr<ExportedFunc> FindExportedFunc(const World& world, std::string_view name) {
  const std::vector<ExportedFunc> funcs = ExportedFuncs(world);
  std::vector<ExportedFunc> meant;
  for (const ExportedFunc& func : funcs) {
    if (func.name == name) return func;
    if (WithoutInterface(func.name) == name || WithoutVersion(func.name) == name) {
      meant.push_back(func);
    }
  }
  if (meant.size() == 1) return meant.front();
  if (meant.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no function '", name, "' is exported; there is ", Names(funcs)));
  }
  return absl::InvalidArgumentError(absl::StrCat("'", name, "' may be any of ", Names(meant)));
}

}  // namespace davit::types
