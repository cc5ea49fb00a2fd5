#include "runtime/wasi/fs/file_system.h"

#include <memory>
#include <utility>
#include <vector>

#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/grant.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

FileSystem::FileSystem(std::vector<Preopen> preopens, const FileSystemOptions& options)
    : count_(std::make_shared<DescriptorCount>(options.max_descriptors)) {
  for (Preopen& preopen : preopens) {
    grants_.push_back(std::make_shared<const Grant>(Grant{
        .guest_path = std::move(preopen.guest_path),
        .read_only = preopen.read_only,
        .tree = std::move(preopen.tree),
        .hash_key = options.hash_key,
        .count = count_,
    }));
  }
}

Result<std::vector<FileSystem::Directory>> FileSystem::GetDirectories() const {
  std::vector<Directory> directories;
  for (const std::shared_ptr<const Grant>& grant : grants_) {
    DAVIT_FS_ASSIGN_OR_RETURN(DescriptorTicket ticket, DescriptorTicket::Take(grant));
    const DescriptorFlags flags = {.read = true, .mutate_directory = !grant->read_only};
    directories.push_back({.guest_path = grant->guest_path,
                           .descriptor = std::make_unique<Descriptor>(grant->tree->Root(), flags,
                                                                      std::move(ticket))});
  }
  return directories;
}

void FileSystem::Reset() {
  for (const std::shared_ptr<const Grant>& grant : grants_) grant->tree->Reset();
}

}  // namespace davit::wasi::fs
