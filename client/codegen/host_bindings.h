#ifndef DAVIT_CLIENT_CODEGEN_HOST_BINDINGS_H_
#define DAVIT_CLIENT_CODEGEN_HOST_BINDINGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/types/world.h"

// C++ for hosts of WIT interfaces: the value types, an abstract class with a method for each
// function, and what defines them in a component::Linker.
namespace davit::codegen {

struct HostBindingsOptions {
  // What the namespaces of all interfaces are in: "davit::wasi::p2" for
  // davit::wasi::p2::io::poll, which is wasi:io/poll.
  std::string root_namespace;
  // The folder of the files, as they include each other.
  std::string include_dir;
  // "wasi:io/poll", with its version where the world imports several. Others that they use types of
  // must be among them.
  std::vector<std::string> interfaces;
  // Functions that may answer later: "wasi:io/poll#[method]pollable.block".
  std::vector<std::string> waiting;
};

struct GeneratedFile {
  std::string name;  // "io_poll.h"
  std::string text;
};

// A header and a source for each interface; the same text for the same world and options.
// NOT_FOUND for an interface that `world` does not import or a waiting function that there is none
// of; INVALID_ARGUMENT when the interfaces are not complete; UNIMPLEMENTED for what hosts cannot
// offer yet: streams, futures, async functions, error contexts, lists of fixed length.
absl::StatusOr<std::vector<GeneratedFile>> GenerateHostBindings(const types::World& world,
                                                                const HostBindingsOptions& options);

}  // namespace davit::codegen

#endif  // DAVIT_CLIENT_CODEGEN_HOST_BINDINGS_H_
