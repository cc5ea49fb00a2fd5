#include "server/registry/blob_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "server/registry/sha256.h"
#include "server/rpc/naming.h"

namespace davit::server {

absl::StatusOr<BlobStore> BlobStore::Open(std::string directory) {
  DAVIT_RETURN_IF_ERROR(MakeDirectory(directory));
  DAVIT_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(directory));
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, kTemporarySuffix)) continue;
    DAVIT_RETURN_IF_ERROR(RemoveFile(absl::StrCat(directory, "/", name)));
  }
  return BlobStore(std::move(directory));
}

std::string BlobStore::PathOf(std::string_view digest) const {
  return absl::StrCat(directory_, "/", digest);
}

absl::Status BlobStore::Put(std::string_view digest, std::string_view bytes) {
  return WriteFileAtomically(PathOf(digest), bytes);
}

absl::StatusOr<std::string> BlobStore::Read(std::string_view digest) const {
  DAVIT_ASSIGN_OR_RETURN(std::string bytes, ReadFile(PathOf(digest)));
  if (Sha256Hex(bytes) != digest) {
    return absl::DataLossError(absl::StrCat("blob ", digest, " is corrupt"));
  }
  return bytes;
}

absl::StatusOr<File> BlobStore::OpenBlob(std::string_view digest) const {
  return OpenForReading(PathOf(digest));
}

absl::Status BlobStore::Remove(std::string_view digest) { return RemoveFile(PathOf(digest)); }

absl::StatusOr<std::vector<std::string>> BlobStore::List() const {
  DAVIT_ASSIGN_OR_RETURN(std::vector<std::string> names, ListDirectory(directory_));
  std::erase_if(names, [](const std::string& name) { return !IsValidDigest(name); });
  return names;
}

}  // namespace davit::server
