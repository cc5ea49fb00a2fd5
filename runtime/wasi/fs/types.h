#ifndef DAVIT_RUNTIME_WASI_FS_TYPES_H_
#define DAVIT_RUNTIME_WASI_FS_TYPES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

// The values that descriptors and nodes speak in: those of wasi:filesystem, whatever its version.
namespace davit::wasi::fs {

enum class DescriptorType : uint8_t {
  kUnknown,
  kBlockDevice,
  kCharacterDevice,
  kDirectory,
  kFifo,
  kSymbolicLink,
  kRegularFile,
  kSocket,
};

// A time since 1970; nanoseconds are less than 10^9.
struct Timestamp {
  uint64_t seconds = 0;
  uint32_t nanoseconds = 0;
  bool operator==(const Timestamp&) const = default;
};

struct NoChange {};
struct Now {};
using NewTimestamp = std::variant<NoChange, Now, Timestamp>;

struct Stat {
  DescriptorType type = DescriptorType::kUnknown;
  uint64_t link_count = 0;
  uint64_t size = 0;  // of a file its bytes, of a symbolic link those of its target
  // None where it is not known, or before 1970.
  std::optional<Timestamp> accessed, modified, status_changed;
};

// Which object it is: what never changes, and what no other object has, though one may come to have
// the inode number of one that was removed (it has another generation then).
struct Identity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t generation = 0;
  bool operator==(const Identity&) const = default;
};

struct MetadataHash {
  uint64_t lower = 0;
  uint64_t upper = 0;
  bool operator==(const MetadataHash&) const = default;
};
// Of one tenant; secret from its guests.
using HashKey = std::array<uint8_t, 16>;

enum class Advice : uint8_t { kNormal, kSequential, kRandom, kWillNeed, kDontNeed, kNoReuse };

// Whether the last component of a path, if it is a symbolic link, stands for what that leads to.
// Those before it always do, and so does one with a slash behind it.
enum class Follow : bool { kNo, kYes };

struct DescriptorFlags {
  bool read = false;
  bool write = false;
  // Requests, which memory does not need and real files honour.
  bool file_integrity_sync = false;
  bool data_integrity_sync = false;
  bool requested_write_sync = false;
  bool mutate_directory = false;
  bool operator==(const DescriptorFlags&) const = default;
};

struct OpenFlags {
  bool create = false;
  bool directory = false;
  bool exclusive = false;
  bool truncate = false;
};

struct DirectoryEntry {
  DescriptorType type = DescriptorType::kUnknown;
  std::string name;
};

struct ReadResult {
  size_t size = 0;
  // The file has no more: fewer bytes than asked for, or none asked for and the offset at the end.
  bool end = false;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_TYPES_H_
