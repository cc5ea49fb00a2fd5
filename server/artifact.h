#ifndef DAVIT_SERVER_ARTIFACT_H_
#define DAVIT_SERVER_ARTIFACT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/blob_store.h"

namespace davit::component {
class Component;
}

namespace davit::server {

using ComponentPtr = std::shared_ptr<const component::Component>;
// Makes a component of a binary: the seam between the registry and V8.
using Compiler =
    std::function<absl::StatusOr<ComponentPtr>(std::shared_ptr<const std::string> binary)>;
// Runs something that takes long, elsewhere.
using Background = std::function<void(absl::AnyInvocable<void()>)>;

// One stored binary, compiled once per process however many revisions have it: at deploy, or at
// first use after a restart. Thread-safe.
class Artifact : public std::enable_shared_from_this<Artifact> {
 public:
  using Callback = absl::AnyInvocable<void(absl::StatusOr<ComponentPtr>)>;

  // `blobs`, `compiler` and `background` must outlive it. `compiled` is null where compiling waits
  // for the first use.
  Artifact(std::string digest, uint64_t size_bytes, const BlobStore& blobs,
           const Compiler& compiler, const Background& background, ComponentPtr compiled)
      : digest_(std::move(digest)),
        size_bytes_(size_bytes),
        blobs_(blobs),
        compiler_(compiler),
        background_(background),
        compiled_(std::move(compiled)) {}

  const std::string& digest() const { return digest_; }
  uint64_t size_bytes() const { return size_bytes_; }
  // Null until compiled.
  ComponentPtr compiled() const;
  // Hands the component to `done`: at once where it is compiled, else from another thread. Errors:
  // those of the compiler; of reading the binary. A later use tries again.
  void WhenCompiled(Callback done);

 private:
  absl::StatusOr<ComponentPtr> Compile() const;
  void CompileAndTell();

  const std::string digest_;
  const uint64_t size_bytes_;
  const BlobStore& blobs_;
  const Compiler& compiler_;
  const Background& background_;
  mutable absl::Mutex mutex_;
  ComponentPtr compiled_ ABSL_GUARDED_BY(mutex_);
  std::vector<Callback> waiting_ ABSL_GUARDED_BY(mutex_);  // not empty: being compiled
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_ARTIFACT_H_
