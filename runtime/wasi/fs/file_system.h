#ifndef DAVIT_RUNTIME_WASI_FS_FILE_SYSTEM_H_
#define DAVIT_RUNTIME_WASI_FS_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/grant.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

struct Preopen {
  std::string guest_path;  // goes to the guest verbatim: "/", ".", "data"
  bool read_only = true;
  // A MemoryTree, of this instance alone, or a HostDirectory.
  std::shared_ptr<Tree> tree;
};

struct FileSystemOptions {
  // Descriptors, and streams of directories' entries, that are open at a time. insufficient-memory
  // beyond.
  uint32_t max_descriptors = 1024;
  HashKey hash_key = {};  // the tenant's
};

// The files of one instance: what it was granted, and how much of it is open. Used by one thread at
// a time; descriptors may outlive it.
class FileSystem {
 public:
  FileSystem(std::vector<Preopen> preopens, const FileSystemOptions& options);

  struct Directory {
    std::string_view guest_path;  // lives as long as the FileSystem
    std::unique_ptr<Descriptor> descriptor;
  };
  // A new descriptor for each preopen, in the order they were given in. Does not block.
  // insufficient-memory when there may not be as many.
  Result<std::vector<Directory>> GetDirectories() const;

  uint32_t open_descriptors() const { return count_->open(); }

  // In memory everything is as at the beginning. Descriptors that are still open go on with what
  // there was before.
  void Reset();

 private:
  const std::shared_ptr<DescriptorCount> count_;
  std::vector<std::shared_ptr<const Grant>> grants_;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_FILE_SYSTEM_H_
