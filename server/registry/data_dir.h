#ifndef DAVIT_SERVER_REGISTRY_DATA_DIR_H_
#define DAVIT_SERVER_REGISTRY_DATA_DIR_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/registry/files.h"

namespace davit::server {

// The directory that a server keeps its data in, for itself alone as long as this lives.
class DataDir {
 public:
  // Makes `path` where it is missing and locks it; with an empty `path`, a temporary directory that
  // goes with this. FAILED_PRECONDITION when another process has it.
  static absl::StatusOr<DataDir> Open(const std::string& path);
  ~DataDir();
  DataDir(DataDir&&) = default;
  DataDir& operator=(DataDir&&) = delete;

  const std::string& path() const { return path_; }
  // Where compiled code is kept between runs.
  std::string code_dir() const { return path_ + "/code"; }
  bool is_temporary() const { return !temporary_.empty(); }

 private:
  DataDir(std::string path, std::string temporary, File lock)
      : path_(std::move(path)), temporary_(std::move(temporary)), lock_(std::move(lock)) {}

  std::string path_;
  std::string temporary_;  // what is to be removed
  File lock_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_REGISTRY_DATA_DIR_H_
