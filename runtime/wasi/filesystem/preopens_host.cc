#include "runtime/wasi/filesystem/preopens_host.h"

#include <memory>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/wasi/filesystem/resources.h"
#include "runtime/wasi/fs/file_system.h"

namespace davit::wasi::filesystem {

using Descriptor = p2::filesystem::types::Descriptor;

absl::StatusOr<std::vector<std::tuple<canon::Own<Descriptor>, std::string>>>
PreopensHost::GetDirectories() {
  fs::Result<std::vector<fs::FileSystem::Directory>> directories =
      core_.file_system.GetDirectories();
  if (!directories) {
    return base::TrapStatus(base::TrapCode::kHandleTableFull, "too many descriptors are open");
  }
  std::vector<std::tuple<canon::Own<Descriptor>, std::string>> out;
  out.reserve(directories->size());
  for (fs::FileSystem::Directory& directory : *directories) {
    DAVIT_ASSIGN_OR_RETURN(
        const handles::Rep rep,
        core_.table.Add(std::make_unique<DescriptorResource>(std::move(directory.descriptor))));
    out.emplace_back(canon::Own<Descriptor>{rep}, directory.guest_path);
  }
  return out;
}

}  // namespace davit::wasi::filesystem
