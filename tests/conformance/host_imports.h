#ifndef DAVIT_TESTS_CONFORMANCE_HOST_IMPORTS_H_
#define DAVIT_TESTS_CONFORMANCE_HOST_IMPORTS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "runtime/component/linker.h"

namespace davit::conformance {

// What wasmtime's suite imports and davit can offer: `host-return-two`, `host-echo-u32`, the
// functions of `host` and its resource types, each linker with counts of its own. The official
// suite imports nothing. Not there: functions that block, wasmtime's own switches; the host's core
// module is in host_modules.wat.
absl::StatusOr<std::shared_ptr<const component::Linker>> MakeHostLinker();

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_HOST_IMPORTS_H_
