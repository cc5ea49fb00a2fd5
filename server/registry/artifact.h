#ifndef DAVIT_SERVER_REGISTRY_ARTIFACT_H_
#define DAVIT_SERVER_REGISTRY_ARTIFACT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/registry/blob_store.h"
#include "server/registry/compile_once.h"
#include "server/sched/short_calls.h"

namespace davit::server {

// Makes a component of a binary: the seam between the registry and V8.
using Compiler =
    std::function<absl::StatusOr<ComponentPtr>(std::shared_ptr<const std::string> binary)>;

// One stored binary, compiled once per process however many revisions have it: at deploy, or at
// first use after a restart. Thread-safe.
class Artifact {
 public:
  // `blobs`, `compiler` and `background` must outlive it. `compiled` is null where compiling waits
  // for the first use.
  Artifact(std::string digest, uint64_t size_bytes, const BlobStore& blobs,
           const Compiler& compiler, const Background& background, ComponentPtr compiled);

  const std::string& digest() const { return digest_; }
  uint64_t size_bytes() const { return size_bytes_; }
  // Errors: those of the compiler; of reading the binary.
  CompileOnce& component() const { return *component_; }
  // How long its calls on fresh instances take, with making or restoring one.
  ShortCalls& fresh_calls() { return fresh_calls_; }

 private:
  const std::string digest_;
  const uint64_t size_bytes_;
  const std::shared_ptr<CompileOnce> component_;
  ShortCalls fresh_calls_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_REGISTRY_ARTIFACT_H_
