#ifndef DAVIT_RUNTIME_WASI_FILESYSTEM_TYPES_HOST_H_
#define DAVIT_RUNTIME_WASI_FILESYSTEM_TYPES_HOST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/wasi/bindings/filesystem_types.h"
#include "runtime/wasi/core.h"
#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"

namespace davit::wasi::filesystem {

// wasi:filesystem/types, over what fs/ has. What may wait for a disk is done by the pool of the
// process meanwhile.
class TypesHost final : public p2::filesystem::types::Host {
 public:
  using Self = canon::Borrow<p2::filesystem::types::Descriptor>;
  using ErrorCode = p2::filesystem::types::ErrorCode;
  using PathFlags = p2::filesystem::types::PathFlags;
  using NewTimestamp = p2::filesystem::types::NewTimestamp;
  template <typename T>
  using Result = canon::Result<T, ErrorCode>;
  template <typename T>
  using Reply = component::Reply<Result<T>>;

  // `core` must outlive it.
  explicit TypesHost(Core& core) : core_(core) {}

  absl::StatusOr<Result<canon::Own<p2::io::streams::InputStream>>> DescriptorReadViaStream(
      Self self, uint64_t offset) override;
  absl::StatusOr<Result<canon::Own<p2::io::streams::OutputStream>>> DescriptorWriteViaStream(
      Self self, uint64_t offset) override;
  absl::StatusOr<Result<canon::Own<p2::io::streams::OutputStream>>> DescriptorAppendViaStream(
      Self self) override;
  void DescriptorAdvise(Self self, uint64_t offset, uint64_t length,
                        p2::filesystem::types::Advice advice, Reply<void> reply) override;
  void DescriptorSyncData(Self self, Reply<void> reply) override;
  absl::StatusOr<Result<p2::filesystem::types::DescriptorFlags>> DescriptorGetFlags(
      Self self) override;
  absl::StatusOr<Result<p2::filesystem::types::DescriptorType>> DescriptorGetType(
      Self self) override;
  void DescriptorSetSize(Self self, uint64_t size, Reply<void> reply) override;
  void DescriptorSetTimes(Self self, NewTimestamp data_access_timestamp,
                          NewTimestamp data_modification_timestamp, Reply<void> reply) override;
  void DescriptorRead(Self self, uint64_t length, uint64_t offset,
                      Reply<std::tuple<std::vector<uint8_t>, bool>> reply) override;
  void DescriptorWrite(Self self, std::vector<uint8_t> buffer, uint64_t offset,
                       Reply<uint64_t> reply) override;
  void DescriptorReadDirectory(
      Self self, Reply<canon::Own<p2::filesystem::types::DirectoryEntryStream>> reply) override;
  void DescriptorSync(Self self, Reply<void> reply) override;
  void DescriptorCreateDirectoryAt(Self self, std::string path, Reply<void> reply) override;
  void DescriptorStat(Self self, Reply<p2::filesystem::types::DescriptorStat> reply) override;
  void DescriptorStatAt(Self self, PathFlags path_flags, std::string path,
                        Reply<p2::filesystem::types::DescriptorStat> reply) override;
  void DescriptorSetTimesAt(Self self, PathFlags path_flags, std::string path,
                            NewTimestamp data_access_timestamp,
                            NewTimestamp data_modification_timestamp, Reply<void> reply) override;
  void DescriptorLinkAt(Self self, PathFlags old_path_flags, std::string old_path,
                        Self new_descriptor, std::string new_path, Reply<void> reply) override;
  void DescriptorOpenAt(Self self, PathFlags path_flags, std::string path,
                        p2::filesystem::types::OpenFlags open_flags,
                        p2::filesystem::types::DescriptorFlags flags,
                        Reply<canon::Own<p2::filesystem::types::Descriptor>> reply) override;
  void DescriptorReadlinkAt(Self self, std::string path, Reply<std::string> reply) override;
  void DescriptorRemoveDirectoryAt(Self self, std::string path, Reply<void> reply) override;
  void DescriptorRenameAt(Self self, std::string old_path, Self new_descriptor,
                          std::string new_path, Reply<void> reply) override;
  void DescriptorSymlinkAt(Self self, std::string old_path, std::string new_path,
                           Reply<void> reply) override;
  void DescriptorUnlinkFileAt(Self self, std::string path, Reply<void> reply) override;
  void DescriptorIsSameObject(Self self, Self other, component::Reply<bool> reply) override;
  void DescriptorMetadataHash(Self self,
                              Reply<p2::filesystem::types::MetadataHashValue> reply) override;
  void DescriptorMetadataHashAt(Self self, PathFlags path_flags, std::string path,
                                Reply<p2::filesystem::types::MetadataHashValue> reply) override;
  void DirectoryEntryStreamReadDirectoryEntry(
      canon::Borrow<p2::filesystem::types::DirectoryEntryStream> self,
      Reply<std::optional<p2::filesystem::types::DirectoryEntry>> reply) override;
  absl::StatusOr<std::optional<ErrorCode>> FilesystemErrorCode(
      canon::Borrow<p2::io::error::Error> err) override;
  absl::Status DropDescriptor(handles::Rep rep) override;
  absl::Status DropDirectoryEntryStream(handles::Rep rep) override;

 private:
  using DescriptorPtr = std::shared_ptr<fs::Descriptor>;

  absl::StatusOr<DescriptorPtr> Get(Self self);
  // Does `work` with the descriptor and replies with what it gives, in the guest's types.
  template <typename R, typename F>
  void Do(Self self, R reply, F work);
  // The same with a second one.
  template <typename R, typename F>
  void DoBoth(Self self, Self other, R reply, F work);
  // The same for whatever may block or not.
  template <typename R, typename F>
  void Run(bool may_block, R reply, F work);

  absl::StatusOr<Result<canon::Own<p2::io::streams::OutputStream>>> WriteStream(
      Self self, std::optional<uint64_t> offset);

  Core& core_;
};

}  // namespace davit::wasi::filesystem

#endif  // DAVIT_RUNTIME_WASI_FILESYSTEM_TYPES_HOST_H_
