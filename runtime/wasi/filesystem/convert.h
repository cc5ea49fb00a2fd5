#ifndef DAVIT_RUNTIME_WASI_FILESYSTEM_CONVERT_H_
#define DAVIT_RUNTIME_WASI_FILESYSTEM_CONVERT_H_

#include "runtime/wasi/bindings/filesystem_types.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/types.h"

// Between wasi:filesystem/types of 0.2 and the values of fs/.
namespace davit::wasi::filesystem {

p2::filesystem::types::ErrorCode ToGuest(fs::Error error);
p2::filesystem::types::DescriptorType ToGuest(fs::DescriptorType type);
p2::filesystem::types::DescriptorFlags ToGuest(const fs::DescriptorFlags& flags);
p2::filesystem::types::DescriptorStat ToGuest(const fs::Stat& stat);
p2::filesystem::types::DirectoryEntry ToGuest(fs::DirectoryEntry entry);
p2::filesystem::types::MetadataHashValue ToGuest(const fs::MetadataHash& hash);

fs::DescriptorFlags FromGuest(p2::filesystem::types::DescriptorFlags flags);
fs::OpenFlags FromGuest(p2::filesystem::types::OpenFlags flags);
fs::Follow FromGuest(p2::filesystem::types::PathFlags flags);
fs::Advice FromGuest(p2::filesystem::types::Advice advice);
// invalid where it has as many nanoseconds as a second or more.
fs::Result<fs::NewTimestamp> FromGuest(const p2::filesystem::types::NewTimestamp& time);

}  // namespace davit::wasi::filesystem

#endif  // DAVIT_RUNTIME_WASI_FILESYSTEM_CONVERT_H_
