#include "runtime/link/test_link.h"

#include <fstream>
#include <iterator>
#include <utility>
#include <variant>

#include "absl/log/absl_check.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/decode/decode.h"
#include "runtime/binary/features.h"
#include "runtime/binary/validate/validate.h"

namespace davit::link {

std::shared_ptr<const binary::Component> TestComponent(std::string_view name) {
  std::ifstream file(absl::StrCat("runtime/link/testdata/", name, ".wasm"), std::ios::binary);
  ABSL_CHECK(file.good()) << "no such component: " << name;
  auto bytes = std::make_shared<const std::string>(std::istreambuf_iterator<char>(file),
                                                   std::istreambuf_iterator<char>());
  auto component = binary::Decode(std::move(bytes), binary::Features());
  ABSL_CHECK_OK(component.status()) << name;
  ABSL_CHECK_OK(binary::Validate(**component, binary::Features(), nullptr)) << name;
  return *std::move(component);
}

FuncTarget Linked::Export(std::string_view name) const {
  for (const ExportedFunc& exported : program.exports) {
    if (exported.name == name) return exported.target;
  }
  ABSL_CHECK(false) << "no export " << name;
}

const Lift& Linked::LiftOf(std::string_view exported) const {
  return program.lifts[std::get<LiftIndex>(Export(exported)).value];
}

const HostImport& Linked::HostImportOf(size_t module, size_t index) const {
  for (const Step& step : program.steps) {
    const auto* instantiate = std::get_if<InstantiateModule>(&step);
    if (instantiate == nullptr || module-- > 0) continue;
    return program.host_imports[std::get<HostImportIndex>(instantiate->imports.at(index)).value];
  }
  ABSL_CHECK(false) << "fewer instantiations";
}

absl::StatusOr<Linked> Link(std::string_view name,
                            const std::vector<std::pair<std::string, std::string>>& providers) {
  Linked linked;
  linked.components.push_back(TestComponent(name));
  std::vector<Provider> parts;
  for (const auto& [import, component] : providers) {
    linked.components.push_back(TestComponent(component));
    parts.push_back({.import = import, .component = linked.components.back().get()});
  }
  DAVIT_ASSIGN_OR_RETURN(InlinedComponent inlined, Inline(*linked.components.front(), parts));
  linked.program = std::move(inlined.program);
  linked.world = std::move(inlined.world);
  return linked;
}

}  // namespace davit::link
