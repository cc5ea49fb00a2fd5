#ifndef DAVIT_RUNTIME_WASI_FS_DESCRIPTOR_H_
#define DAVIT_RUNTIME_WASI_FS_DESCRIPTOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/grant.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"
#include "runtime/wasi/fs/walker.h"

namespace davit::wasi::fs {

// What a stream reads from: an open file, which lives on in it when its descriptor is gone.
class FileReader {
 public:
  explicit FileReader(NodePtr file) : file_(std::move(file)) {}

  bool MayBlock() const { return file_->MayBlock(); }
  // invalid for an offset that no file has.
  Result<ReadResult> Read(std::span<std::byte> into, uint64_t offset) const;
  // would-block instead of waiting.
  Result<ReadResult> ReadNow(std::span<std::byte> into, uint64_t offset) const;

 private:
  NodePtr file_;
};

// What a stream writes to, likewise.
class FileWriter {
 public:
  explicit FileWriter(NodePtr file) : file_(std::move(file)) {}

  bool MayBlock() const { return file_->MayBlock(); }
  // How many bytes were written, which may be fewer than given. file-too-large for an offset that
  // no file has.
  Result<size_t> Write(std::span<const std::byte> bytes, uint64_t offset) const;
  // The same at the file's end: no other write comes between finding it and writing there.
  Result<size_t> Append(std::span<const std::byte> bytes) const { return file_->Append(bytes); }

 private:
  NodePtr file_;
};

// What a directory's stream of entries reads from. Counts like a descriptor.
class DirectoryReader {
 public:
  DirectoryReader(std::unique_ptr<Listing> listing, DescriptorTicket ticket)
      : listing_(std::move(listing)), ticket_(std::move(ticket)) {}

  bool MayBlock() const { return listing_->MayBlock(); }
  // Nothing at the end. illegal-byte-sequence for a name that is not UTF-8; the next call goes on
  // behind it.
  Result<std::optional<DirectoryEntry>> Next() { return listing_->Next(); }

 private:
  std::unique_ptr<Listing> listing_;
  DescriptorTicket ticket_;
};

// A file or directory as a guest has it open: the resource `descriptor` of wasi:filesystem,
// whatever its version. What may be changed through it is its preopen's to say, and in a file what
// it was opened for. not-permitted is what is said to changes in a read-only preopen.
//
// Deviates: WIT says read-only there, and lets the flag mutate-directory decide; libraries of
// guests do not set it on the directories that they change things in (DescriptorTest, Rights).
//
// Used by one thread at a time. Where MayBlock(), all methods that give a Result may wait for a
// disk, but those that say otherwise.
class Descriptor {
 public:
  Descriptor(NodePtr node, DescriptorFlags flags, DescriptorTicket ticket)
      : node_(std::move(node)), flags_(flags), ticket_(std::move(ticket)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool MayBlock() const { return node_->MayBlock(); }
  DescriptorType GetType() const { return node_->type(); }
  DescriptorFlags GetFlags() const { return flags_; }
  bool IsSameObject(const Descriptor& other) const {
    return node_->GetIdentity() == other.node_->GetIdentity();
  }
  MetadataHash GetMetadataHash() const;

  Result<Stat> GetStat() const { return node_->GetStat(); }
  Result<void> SetTimes(const NewTimestamp& accessed, const NewTimestamp& modified);
  // Of what is not open for writing, ok without effect.
  Result<void> Sync();
  Result<void> SyncData();

  // -- Files; bad-descriptor for directories --

  // What streams of their own begin with; do not block. is-directory for the reader of one.
  Result<FileReader> OpenReader() const;
  Result<FileWriter> OpenWriter() const;

  // At most `into`. See FileReader.
  Result<ReadResult> Read(std::span<std::byte> into, uint64_t offset) const;
  // would-block instead of waiting. Does not block.
  Result<ReadResult> ReadNow(std::span<std::byte> into, uint64_t offset) const;
  // See FileWriter.
  Result<size_t> Write(std::span<const std::byte> bytes, uint64_t offset);
  Result<void> SetSize(uint64_t size);
  Result<void> Advise(uint64_t offset, uint64_t length, Advice advice);

  // -- Directories; not-directory for files, before the path is looked at --

  Result<DirectoryReader> ReadDirectory() const;
  Result<std::unique_ptr<Descriptor>> OpenAt(Follow follow, std::string_view path, OpenFlags open,
                                             DescriptorFlags flags) const;
  Result<Stat> StatAt(Follow follow, std::string_view path) const;
  Result<MetadataHash> MetadataHashAt(Follow follow, std::string_view path) const;
  Result<std::string> ReadLinkAt(std::string_view path) const;
  Result<void> SetTimesAt(Follow follow, std::string_view path, const NewTimestamp& accessed,
                          const NewTimestamp& modified);
  Result<void> CreateDirectoryAt(std::string_view path);
  Result<void> RemoveDirectoryAt(std::string_view path);
  Result<void> UnlinkFileAt(std::string_view path);
  Result<void> SymlinkAt(std::string_view target, std::string_view path);
  Result<void> LinkAt(Follow follow, std::string_view path, const Descriptor& to,
                      std::string_view new_path);
  Result<void> RenameAt(std::string_view path, const Descriptor& to, std::string_view new_path);

 private:
  const Grant& grant() const { return ticket_.grant(); }
  // not-permitted in a read-only preopen.
  Result<void> CheckMutable() const;
  // That this is a directory and `path` one that may be looked at.
  Result<void> CheckDirectory(std::string_view path) const;
  Result<NodePtr> Locate(Follow follow, std::string_view path) const;
  // Where something is to be changed.
  Result<Place> MutablePlace(std::string_view path) const;
  // Where two things are to be changed, or not-permitted when `to` is of another preopen.
  struct TwoPlaces {
    Place from, to;
  };
  Result<TwoPlaces> MutablePlaces(std::string_view path, const Descriptor& to,
                                  std::string_view new_path) const;
  Result<void> SyncAs(Node::What what);

  const NodePtr node_;
  const DescriptorFlags flags_;
  const DescriptorTicket ticket_;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_DESCRIPTOR_H_
