#include "runtime/wasi/fs/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/grant.h"
#include "runtime/wasi/fs/metadata_hash.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"
#include "runtime/wasi/fs/walker.h"
#include "simdutf.h"

namespace davit::wasi::fs {
namespace {

constexpr uint64_t kMaxOffset = INT64_MAX;

Result<void> CheckTime(const NewTimestamp& time) {
  const auto* const given = std::get_if<Timestamp>(&time);
  if (!given) return {};
  if (given->nanoseconds >= 1'000'000'000) return std::unexpected(Error::kInvalid);
  if (given->seconds > static_cast<uint64_t>(INT64_MAX)) return std::unexpected(Error::kOverflow);
  return {};
}

Result<void> CheckTimes(const NewTimestamp& accessed, const NewTimestamp& modified) {
  DAVIT_FS_RETURN_IF_ERROR(CheckTime(accessed));
  return CheckTime(modified);
}

// What is opened, and what its descriptor says of itself: without being asked for anything it
// reads, and what may create a file writes unless it is to write alone.
DescriptorFlags Effective(const OpenFlags& open, DescriptorFlags flags) {
  if (!flags.read && !flags.write) flags.read = true;
  if (open.create) flags.write = true;
  return flags;
}

OpenHow HowOf(Follow follow, const OpenFlags& open, const DescriptorFlags& flags) {
  using Access = OpenHow::Access;
  return {.access = !flags.write ? Access::kRead
                    : flags.read ? Access::kReadWrite
                                 : Access::kWrite,
          .create = open.create,
          .exclusive = open.exclusive,
          .truncate = open.truncate,
          .directory = open.directory,
          .follow = follow,
          .file_integrity_sync = flags.file_integrity_sync,
          .data_integrity_sync = flags.data_integrity_sync};
}

}  // namespace

// -- Streams --

Result<ReadResult> FileReader::Read(std::span<std::byte> into, uint64_t offset) const {
  if (offset > kMaxOffset) return std::unexpected(Error::kInvalid);
  return file_->Read(into, offset);
}

Result<ReadResult> FileReader::ReadNow(std::span<std::byte> into, uint64_t offset) const {
  if (offset > kMaxOffset) return std::unexpected(Error::kInvalid);
  return file_->ReadNow(into, offset);
}

Result<size_t> FileWriter::Write(std::span<const std::byte> bytes, uint64_t offset) const {
  if (offset > kMaxOffset || bytes.size() > kMaxOffset - offset) {
    return std::unexpected(Error::kFileTooLarge);
  }
  return file_->Write(bytes, offset);
}

// -- Anything --

Result<void> Descriptor::CheckMutable() const {
  if (grant().read_only) return std::unexpected(Error::kNotPermitted);
  return {};
}

MetadataHash Descriptor::GetMetadataHash() const {
  return HashOf(node_->GetIdentity(), grant().hash_key);
}

Result<void> Descriptor::SetTimes(const NewTimestamp& accessed, const NewTimestamp& modified) {
  DAVIT_FS_RETURN_IF_ERROR(CheckMutable());
  DAVIT_FS_RETURN_IF_ERROR(CheckTimes(accessed, modified));
  return node_->SetTimes(accessed, modified);
}

Result<void> Descriptor::SyncAs(Node::What what) {
  const bool may_have_written = node_->IsDirectory() ? !grant().read_only : flags_.write;
  if (!may_have_written) return {};
  return node_->Sync(what);
}

Result<void> Descriptor::Sync() { return SyncAs(Node::What::kDataAndMetadata); }

Result<void> Descriptor::SyncData() { return SyncAs(Node::What::kData); }

// -- Files --

Result<FileReader> Descriptor::OpenReader() const {
  if (node_->IsDirectory()) return std::unexpected(Error::kIsDirectory);
  if (!flags_.read) return std::unexpected(Error::kBadDescriptor);
  return FileReader(node_);
}

Result<FileWriter> Descriptor::OpenWriter() const {
  if (node_->IsDirectory()) return std::unexpected(Error::kBadDescriptor);
  DAVIT_FS_RETURN_IF_ERROR(CheckMutable());
  if (!flags_.write) return std::unexpected(Error::kBadDescriptor);
  return FileWriter(node_);
}

Result<ReadResult> Descriptor::Read(std::span<std::byte> into, uint64_t offset) const {
  if (node_->IsDirectory() || !flags_.read) return std::unexpected(Error::kBadDescriptor);
  return FileReader(node_).Read(into, offset);
}

Result<ReadResult> Descriptor::ReadNow(std::span<std::byte> into, uint64_t offset) const {
  if (node_->IsDirectory() || !flags_.read) return std::unexpected(Error::kBadDescriptor);
  return FileReader(node_).ReadNow(into, offset);
}

Result<size_t> Descriptor::Write(std::span<const std::byte> bytes, uint64_t offset) {
  DAVIT_FS_ASSIGN_OR_RETURN(const FileWriter writer, OpenWriter());
  return writer.Write(bytes, offset);
}

Result<void> Descriptor::SetSize(uint64_t size) {
  DAVIT_FS_RETURN_IF_ERROR(OpenWriter());
  if (size > kMaxOffset) return std::unexpected(Error::kFileTooLarge);
  return node_->SetSize(size);
}

Result<void> Descriptor::Advise(uint64_t offset, uint64_t length, Advice advice) {
  if (node_->IsDirectory()) return std::unexpected(Error::kBadDescriptor);
  node_->Advise(offset, length, advice);
  return {};
}

// -- Directories --

Result<void> Descriptor::CheckDirectory(std::string_view path) const {
  if (!node_->IsDirectory()) return std::unexpected(Error::kNotDirectory);
  return CheckPath(path);
}

Result<NodePtr> Descriptor::Locate(Follow follow, std::string_view path) const {
  DAVIT_FS_RETURN_IF_ERROR(CheckDirectory(path));
  return LocateAt(node_, path, follow);
}

Result<Place> Descriptor::MutablePlace(std::string_view path) const {
  DAVIT_FS_RETURN_IF_ERROR(CheckDirectory(path));
  DAVIT_FS_RETURN_IF_ERROR(CheckMutable());
  return PlaceAt(node_, path);
}

Result<Descriptor::TwoPlaces> Descriptor::MutablePlaces(std::string_view path, const Descriptor& to,
                                                        std::string_view new_path) const {
  DAVIT_FS_RETURN_IF_ERROR(CheckDirectory(path));
  DAVIT_FS_RETURN_IF_ERROR(to.CheckDirectory(new_path));
  DAVIT_FS_RETURN_IF_ERROR(CheckMutable());
  DAVIT_FS_RETURN_IF_ERROR(to.CheckMutable());
  if (&grant() != &to.grant()) return std::unexpected(Error::kNotPermitted);
  DAVIT_FS_ASSIGN_OR_RETURN(Place from, PlaceAt(node_, path));
  DAVIT_FS_ASSIGN_OR_RETURN(Place there, PlaceAt(to.node_, new_path));
  return TwoPlaces{.from = std::move(from), .to = std::move(there)};
}

Result<DirectoryReader> Descriptor::ReadDirectory() const {
  if (!node_->IsDirectory()) return std::unexpected(Error::kNotDirectory);
  DAVIT_FS_ASSIGN_OR_RETURN(DescriptorTicket ticket,
                            DescriptorTicket::Take(ticket_.shared_grant()));
  DAVIT_FS_ASSIGN_OR_RETURN(std::unique_ptr<Listing> listing, node_->List());
  return DirectoryReader(std::move(listing), std::move(ticket));
}

Result<std::unique_ptr<Descriptor>> Descriptor::OpenAt(Follow follow, std::string_view path,
                                                       OpenFlags open,
                                                       DescriptorFlags flags) const {
  DAVIT_FS_RETURN_IF_ERROR(CheckDirectory(path));
  if (open.directory && (open.create || open.exclusive || open.truncate)) {
    return std::unexpected(Error::kInvalid);
  }
  if (flags.write || flags.mutate_directory || open.create || open.truncate) {
    DAVIT_FS_RETURN_IF_ERROR(CheckMutable());
  }
  flags = Effective(open, flags);
  DAVIT_FS_ASSIGN_OR_RETURN(DescriptorTicket ticket,
                            DescriptorTicket::Take(ticket_.shared_grant()));
  DAVIT_FS_ASSIGN_OR_RETURN(NodePtr node, fs::OpenAt(node_, path, HowOf(follow, open, flags)));
  if (!node->IsDirectory()) flags.mutate_directory = false;
  return std::make_unique<Descriptor>(std::move(node), flags, std::move(ticket));
}

Result<Stat> Descriptor::StatAt(Follow follow, std::string_view path) const {
  DAVIT_FS_ASSIGN_OR_RETURN(const NodePtr node, Locate(follow, path));
  return node->GetStat();
}

Result<MetadataHash> Descriptor::MetadataHashAt(Follow follow, std::string_view path) const {
  DAVIT_FS_ASSIGN_OR_RETURN(const NodePtr node, Locate(follow, path));
  return HashOf(node->GetIdentity(), grant().hash_key);
}

Result<std::string> Descriptor::ReadLinkAt(std::string_view path) const {
  DAVIT_FS_ASSIGN_OR_RETURN(const NodePtr node, Locate(Follow::kNo, path));
  DAVIT_FS_ASSIGN_OR_RETURN(std::string target, node->ReadLink());
  if (target.starts_with('/')) return std::unexpected(Error::kNotPermitted);
  if (!simdutf::validate_utf8(target.data(), target.size())) {
    return std::unexpected(Error::kIllegalByteSequence);
  }
  return target;
}

Result<void> Descriptor::SetTimesAt(Follow follow, std::string_view path,
                                    const NewTimestamp& accessed, const NewTimestamp& modified) {
  DAVIT_FS_RETURN_IF_ERROR(CheckDirectory(path));
  DAVIT_FS_RETURN_IF_ERROR(CheckMutable());
  DAVIT_FS_RETURN_IF_ERROR(CheckTimes(accessed, modified));
  DAVIT_FS_ASSIGN_OR_RETURN(const NodePtr node, LocateAt(node_, path, follow));
  return node->SetTimes(accessed, modified);
}

Result<void> Descriptor::CreateDirectoryAt(std::string_view path) {
  DAVIT_FS_ASSIGN_OR_RETURN(const Place place, MutablePlace(path));
  if (place.IsDots()) return std::unexpected(Error::kExist);
  return place.directory->CreateDirectory(place.name);
}

Result<void> Descriptor::RemoveDirectoryAt(std::string_view path) {
  DAVIT_FS_ASSIGN_OR_RETURN(const Place place, MutablePlace(path));
  if (place.name.IsDot()) return std::unexpected(Error::kInvalid);
  if (place.name.IsDotDot()) return std::unexpected(Error::kNotEmpty);
  return place.directory->RemoveDirectory(place.name);
}

Result<void> Descriptor::UnlinkFileAt(std::string_view path) {
  DAVIT_FS_ASSIGN_OR_RETURN(const Place place, MutablePlace(path));
  if (place.IsDots()) return std::unexpected(Error::kIsDirectory);
  return place.directory->Unlink(place.name);
}

Result<void> Descriptor::SymlinkAt(std::string_view target, std::string_view path) {
  if (!node_->IsDirectory()) return std::unexpected(Error::kNotDirectory);
  DAVIT_FS_RETURN_IF_ERROR(CheckLinkTarget(target));
  DAVIT_FS_ASSIGN_OR_RETURN(const Place place, MutablePlace(path));
  if (place.IsDots()) return std::unexpected(Error::kExist);
  return place.directory->CreateSymlink(target, place.name);
}

Result<void> Descriptor::LinkAt(Follow follow, std::string_view path, const Descriptor& to,
                                std::string_view new_path) {
  DAVIT_FS_ASSIGN_OR_RETURN(const TwoPlaces places, MutablePlaces(path, to, new_path));
  if (follow == Follow::kYes) return std::unexpected(Error::kInvalid);
  // What "." or a slash behind it says is a directory may be one, which cannot be linked.
  if (places.from.IsDots() || places.from.name.slash) {
    DAVIT_FS_RETURN_IF_ERROR(LocateAt(node_, path, Follow::kYes));
    return std::unexpected(Error::kNotPermitted);
  }
  if (places.to.IsDots()) return std::unexpected(Error::kExist);
  return places.from.directory->Link(places.from.name, *places.to.directory, places.to.name);
}

Result<void> Descriptor::RenameAt(std::string_view path, const Descriptor& to,
                                  std::string_view new_path) {
  DAVIT_FS_ASSIGN_OR_RETURN(const TwoPlaces places, MutablePlaces(path, to, new_path));
  if (places.from.IsDots() || places.to.IsDots()) return std::unexpected(Error::kBusy);
  return places.from.directory->Rename(places.from.name, *places.to.directory, places.to.name);
}

}  // namespace davit::wasi::fs
