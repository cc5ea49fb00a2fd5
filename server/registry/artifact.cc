#include "server/registry/artifact.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace davit::server {

Artifact::Artifact(std::string digest, uint64_t size_bytes, const BlobStore& blobs,
                   const Compiler& compiler, const Background& background, ComponentPtr compiled)
    : digest_(std::move(digest)),
      size_bytes_(size_bytes),
      component_(std::make_shared<CompileOnce>(
          [digest = digest_, &blobs, &compiler]() -> absl::StatusOr<ComponentPtr> {
            DAVIT_ASSIGN_OR_RETURN(std::string binary, blobs.Read(digest));
            return compiler(std::make_shared<const std::string>(std::move(binary)));
          },
          background, std::move(compiled))) {}

}  // namespace davit::server
