#ifndef DAVIT_RUNTIME_WASI_FILESYSTEM_RESOURCES_H_
#define DAVIT_RUNTIME_WASI_FILESYSTEM_RESOURCES_H_

#include <memory>
#include <utility>

#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/resource_table.h"

// What guests have handles of. Shared with what the pool does to them, which may end later.
namespace davit::wasi::filesystem {

struct DescriptorResource final : Resource {
  explicit DescriptorResource(std::unique_ptr<fs::Descriptor> descriptor)
      : descriptor(std::move(descriptor)) {}
  const std::shared_ptr<fs::Descriptor> descriptor;
};

struct DirectoryResource final : Resource {
  explicit DirectoryResource(fs::DirectoryReader reader)
      : reader(std::make_shared<fs::DirectoryReader>(std::move(reader))) {}
  const std::shared_ptr<fs::DirectoryReader> reader;
};

}  // namespace davit::wasi::filesystem

#endif  // DAVIT_RUNTIME_WASI_FILESYSTEM_RESOURCES_H_
