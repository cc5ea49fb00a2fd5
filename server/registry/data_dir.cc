#include "server/registry/data_dir.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::server {

absl::StatusOr<DataDir> DataDir::Open(const std::string& path) {
  std::string temporary;
  if (path.empty()) {
    DAVIT_ASSIGN_OR_RETURN(temporary, MakeTemporaryDirectory());
  }
  std::string directory = path.empty() ? temporary : path;
  DAVIT_RETURN_IF_ERROR(MakeDirectory(directory));
  DAVIT_ASSIGN_OR_RETURN(File lock, LockFile(absl::StrCat(directory, "/lock")));
  DAVIT_RETURN_IF_ERROR(MakeDirectory(absl::StrCat(directory, "/code")));
  return DataDir(std::move(directory), std::move(temporary), std::move(lock));
}

DataDir::~DataDir() {
  if (is_temporary()) RemoveTree(temporary_);
}

}  // namespace davit::server
