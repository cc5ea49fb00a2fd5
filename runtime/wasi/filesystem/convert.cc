#include "runtime/wasi/filesystem/convert.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <utility>

namespace davit::wasi::filesystem {
namespace {

namespace types = p2::filesystem::types;

std::optional<types::Datetime> ToDatetime(const std::optional<fs::Timestamp>& time) {
  if (!time) return std::nullopt;
  return types::Datetime{.seconds = time->seconds, .nanoseconds = time->nanoseconds};
}

// Enums of both sides have their cases in the order of WIT; the last ones show it.
static_assert(std::to_underlying(types::ErrorCode::kCrossDevice) ==
              std::to_underlying(fs::Error::kCrossDevice));
static_assert(std::to_underlying(types::DescriptorType::kSocket) ==
              std::to_underlying(fs::DescriptorType::kSocket));
static_assert(std::to_underlying(types::Advice::kNoReuse) ==
              std::to_underlying(fs::Advice::kNoReuse));

}  // namespace

types::ErrorCode ToGuest(fs::Error error) { return static_cast<types::ErrorCode>(error); }

types::DescriptorType ToGuest(fs::DescriptorType type) {
  return static_cast<types::DescriptorType>(type);
}

types::DescriptorFlags ToGuest(const fs::DescriptorFlags& flags) {
  using Flags = types::DescriptorFlags;
  Flags guest = {};
  if (flags.read) guest |= Flags::kRead;
  if (flags.write) guest |= Flags::kWrite;
  if (flags.file_integrity_sync) guest |= Flags::kFileIntegritySync;
  if (flags.data_integrity_sync) guest |= Flags::kDataIntegritySync;
  if (flags.requested_write_sync) guest |= Flags::kRequestedWriteSync;
  if (flags.mutate_directory) guest |= Flags::kMutateDirectory;
  return guest;
}

types::DescriptorStat ToGuest(const fs::Stat& stat) {
  return {.type = ToGuest(stat.type),
          .link_count = stat.link_count,
          .size = stat.size,
          .data_access_timestamp = ToDatetime(stat.accessed),
          .data_modification_timestamp = ToDatetime(stat.modified),
          .status_change_timestamp = ToDatetime(stat.status_changed)};
}

types::DirectoryEntry ToGuest(fs::DirectoryEntry entry) {
  return {.type = ToGuest(entry.type), .name = std::move(entry.name)};
}

types::MetadataHashValue ToGuest(const fs::MetadataHash& hash) {
  return {.lower = hash.lower, .upper = hash.upper};
}

fs::DescriptorFlags FromGuest(types::DescriptorFlags flags) {
  using Flags = types::DescriptorFlags;
  return {.read = Has(flags, Flags::kRead),
          .write = Has(flags, Flags::kWrite),
          .file_integrity_sync = Has(flags, Flags::kFileIntegritySync),
          .data_integrity_sync = Has(flags, Flags::kDataIntegritySync),
          .requested_write_sync = Has(flags, Flags::kRequestedWriteSync),
          .mutate_directory = Has(flags, Flags::kMutateDirectory)};
}

fs::OpenFlags FromGuest(types::OpenFlags flags) {
  using Flags = types::OpenFlags;
  return {.create = Has(flags, Flags::kCreate),
          .directory = Has(flags, Flags::kDirectory),
          .exclusive = Has(flags, Flags::kExclusive),
          .truncate = Has(flags, Flags::kTruncate)};
}

fs::Follow FromGuest(types::PathFlags flags) {
  return Has(flags, types::PathFlags::kSymlinkFollow) ? fs::Follow::kYes : fs::Follow::kNo;
}

fs::Advice FromGuest(types::Advice advice) { return static_cast<fs::Advice>(advice); }

fs::Result<fs::NewTimestamp> FromGuest(const types::NewTimestamp& time) {
  constexpr uint32_t kNanosecondsPerSecond = 1'000'000'000;
  switch (time.which()) {
    case types::NewTimestamp::Case::kNoChange:
      return fs::NoChange();
    case types::NewTimestamp::Case::kNow:
      return fs::Now();
    case types::NewTimestamp::Case::kTimestamp:
      break;
  }
  const types::Datetime& datetime = *time.timestamp();
  if (datetime.nanoseconds >= kNanosecondsPerSecond) return std::unexpected(fs::Error::kInvalid);
  return fs::Timestamp{.seconds = datetime.seconds, .nanoseconds = datetime.nanoseconds};
}

}  // namespace davit::wasi::filesystem
