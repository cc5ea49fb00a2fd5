#ifndef DAVIT_SERVER_REGISTRY_BLOB_STORE_H_
#define DAVIT_SERVER_REGISTRY_BLOB_STORE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/registry/files.h"

namespace davit::server {

// Binaries in a directory, each under the SHA-256 of its bytes (lower-case hex). Thread-safe, but
// for one digest Put and Remove must not run side by side.
class BlobStore {
 public:
  // Makes the directory where it is missing and clears leftovers of a crash away.
  static absl::StatusOr<BlobStore> Open(std::string directory);

  // REQUIRES: `digest` is that of `bytes`. On disk when this returns OK.
  absl::Status Put(std::string_view digest, std::string_view bytes);
  // DATA_LOSS when the bytes are not those of `digest` any more.
  absl::StatusOr<std::string> Read(std::string_view digest) const;
  // To be read in pieces; goes on existing for the holder after Remove.
  absl::StatusOr<File> OpenBlob(std::string_view digest) const;
  absl::Status Remove(std::string_view digest);
  // The digests of all blobs.
  absl::StatusOr<std::vector<std::string>> List() const;

 private:
  explicit BlobStore(std::string directory) : directory_(std::move(directory)) {}
  std::string PathOf(std::string_view digest) const;

  std::string directory_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_REGISTRY_BLOB_STORE_H_
