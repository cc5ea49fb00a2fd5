#ifndef DAVIT_RUNTIME_LINK_TEST_LINK_H_
#define DAVIT_RUNTIME_LINK_TEST_LINK_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/link/inliner.h"

namespace davit::link {

// The component of testdata/NAME.wat, decoded and validated but for the bodies of its functions.
std::shared_ptr<const binary::Component> TestComponent(std::string_view name);

// A program with the components that it points into.
struct Linked {
  std::vector<std::shared_ptr<const binary::Component>> components;
  Program program;
  types::World world;

  // The target of an exported function. REQUIRES: it is there.
  FuncTarget Export(std::string_view name) const;
  const Lift& LiftOf(std::string_view exported) const;
  // What the core function does that `module`, the number of an instantiation, imports as its
  // import `index`. REQUIRES: the host makes it.
  const HostImport& HostImportOf(size_t module, size_t index) const;
};

// `providers`: pairs of an import and the name of a component.
absl::StatusOr<Linked> Link(std::string_view name,
                            const std::vector<std::pair<std::string, std::string>>& providers = {});

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_TEST_LINK_H_
