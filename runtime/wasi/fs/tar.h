#ifndef DAVIT_RUNTIME_WASI_FS_TAR_H_
#define DAVIT_RUNTIME_WASI_FS_TAR_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "runtime/wasi/fs/image.h"

namespace davit::wasi::fs {

// The image that a tar archive holds: ustar, as well as the pax and GNU forms of long names, with
// directories, files, symbolic and hard links. Owners and modes do not count. The archive's bytes
// are used where they are; `owner` keeps them.
//
// INVALID_ARGUMENT with the offset of the header for what is malformed, of another type (devices,
// sparse files), or not fit for an image; RESOURCE_EXHAUSTED as ImageBuilder.
absl::StatusOr<std::shared_ptr<const Image>> ImageFromTar(std::string_view archive,
                                                          std::shared_ptr<const void> owner,
                                                          const ImageLimits& limits = {});

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_TAR_H_
