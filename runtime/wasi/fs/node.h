#ifndef DAVIT_RUNTIME_WASI_FS_NODE_H_
#define DAVIT_RUNTIME_WASI_FS_NODE_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/path.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

// For what a path, or a name in a directory, is opened.
struct OpenHow {
  enum class Access : uint8_t { kLocate, kRead, kWrite, kReadWrite };

  // kLocate: for its metadata and, if it is a directory, what is in it. Anything can be located; to
  // the rest files and directories are opened alone.
  Access access = Access::kLocate;
  bool create = false;  // the file, if there is nothing
  bool exclusive = false;
  bool truncate = false;
  bool directory = false;  // nothing but a directory will do
  Follow follow = Follow::kNo;
  bool file_integrity_sync = false;
  bool data_integrity_sync = false;

  bool writes() const { return access == Access::kWrite || access == Access::kReadWrite; }
};

class Node;
using NodePtr = std::shared_ptr<Node>;

// The entries of a directory one after the other, without "." and "..". Entries that come or go
// meanwhile may be seen or not; the others are seen once. Not thread-safe.
class Listing {
 public:
  virtual ~Listing() = default;
  virtual bool MayBlock() const = 0;
  // Nothing at the end. illegal-byte-sequence for a name that is not UTF-8; the next call goes on
  // behind it.
  virtual Result<std::optional<DirectoryEntry>> Next() = 0;
};

// An object of a file system, as a tree has it. What may be done with it is for its descriptor to
// know, and paths are for the walker: names here are single components, never followed, and
// checked. An operation that the type of the node does not have fails as the defaults below do.
//
// Not thread-safe, but for the nodes of host directories, which have no state of their own.
class Node : public std::enable_shared_from_this<Node> {
 public:
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  DescriptorType type() const { return type_; }
  bool IsDirectory() const { return type_ == DescriptorType::kDirectory; }
  bool IsRegularFile() const { return type_ == DescriptorType::kRegularFile; }
  bool IsSymbolicLink() const { return type_ == DescriptorType::kSymbolicLink; }

  // Whether operations, all but those that say otherwise, may have to wait for a device: they
  // belong on a thread that may block.
  virtual bool MayBlock() const = 0;
  // The tree that it is of. Links and renames stay within one.
  virtual const void* tree() const = 0;

  virtual Result<Stat> GetStat() const = 0;
  virtual Result<void> SetTimes(const NewTimestamp& accessed, const NewTimestamp& modified) = 0;
  // Does not block.
  virtual Identity GetIdentity() const = 0;
  enum class What : bool { kData, kDataAndMetadata };
  virtual Result<void> Sync(What) { return {}; }

  // -- Regular files, opened for it. REQUIRES: offset + size < 2^63 --

  virtual Result<ReadResult> Read(std::span<std::byte> /*into*/, uint64_t /*offset*/) {
    return std::unexpected(Error::kBadDescriptor);
  }
  // The same, but would-block instead of waiting. Does not block.
  virtual Result<ReadResult> ReadNow(std::span<std::byte> into, uint64_t offset) {
    return Read(into, offset);
  }
  // How many bytes were written, which may be fewer than given. What lies between the file's end
  // and `offset` becomes zero.
  virtual Result<size_t> Write(std::span<const std::byte> /*bytes*/, uint64_t /*offset*/) {
    return std::unexpected(Error::kBadDescriptor);
  }
  // The same at the end of the file, wherever that is by then.
  virtual Result<size_t> Append(std::span<const std::byte> /*bytes*/) {
    return std::unexpected(Error::kBadDescriptor);
  }
  virtual Result<void> SetSize(uint64_t /*size*/) { return std::unexpected(Error::kBadDescriptor); }
  virtual void Advise(uint64_t /*offset*/, uint64_t /*length*/, Advice) {}

  // -- Symbolic links --

  virtual Result<std::string> ReadLink() const { return std::unexpected(Error::kInvalid); }

  // -- Directories --

  // What `name` stands for, which may be "."; see OpenHow. A symbolic link can be located, to be
  // opened otherwise it is a `loop`; how.follow is the walker's.
  virtual Result<NodePtr> Open(Name /*name*/, const OpenHow& /*how*/) { return NotDirectory(); }
  // Whether OpenBeneath goes along whole paths, better than the walker can.
  virtual bool ResolvesPaths() const { return false; }
  virtual Result<NodePtr> OpenBeneath(std::string_view /*path*/, const OpenHow& /*how*/) {
    return NotDirectory();
  }
  virtual Result<std::unique_ptr<Listing>> List() { return NotDirectory(); }
  virtual Result<void> CreateDirectory(Name /*name*/) { return NotDirectory(); }
  virtual Result<void> CreateSymlink(std::string_view /*target*/, Name /*name*/) {
    return NotDirectory();
  }
  virtual Result<void> Unlink(Name /*name*/) { return NotDirectory(); }
  virtual Result<void> RemoveDirectory(Name /*name*/) { return NotDirectory(); }
  // cross-device when `to` is of another tree.
  virtual Result<void> Link(Name /*name*/, Node& /*to*/, Name /*new_name*/) {
    return NotDirectory();
  }
  virtual Result<void> Rename(Name /*name*/, Node& /*to*/, Name /*new_name*/) {
    return NotDirectory();
  }

 protected:
  explicit Node(DescriptorType type) : type_(type) {}

 private:
  static std::unexpected<Error> NotDirectory() { return std::unexpected(Error::kNotDirectory); }

  const DescriptorType type_;
};

// What a preopen leads to.
class Tree {
 public:
  virtual ~Tree() = default;
  // Its uppermost directory.
  virtual NodePtr Root() = 0;
  // Forgets what an instance has done to it, where that is its own. Nodes that are still held go
  // their own way.
  virtual void Reset() = 0;
};

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_NODE_H_
