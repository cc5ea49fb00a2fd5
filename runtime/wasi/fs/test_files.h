#ifndef DAVIT_RUNTIME_WASI_FS_TEST_FILES_H_
#define DAVIT_RUNTIME_WASI_FS_TEST_FILES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/file_system.h"
#include "runtime/wasi/fs/node.h"
#include "runtime/wasi/fs/types.h"

// What tests of files have in common.
namespace davit::wasi::fs {

// "ok", or the name of the error.
template <typename T>
std::string_view Code(const Result<T>& result) {
  return result ? std::string_view("ok") : ErrorName(result.error());
}

// A directory of its own on the disk, with nothing in it, that goes with its owner.
class TestDirectory {
 public:
  TestDirectory();
  ~TestDirectory();
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const;

 private:
  std::string path_;
};

enum class Backend : uint8_t { kMemory, kImage, kHost, kHostWalk };
std::string_view BackendName(Backend backend);
inline bool IsHost(Backend backend) {
  return backend == Backend::kHost || backend == Backend::kHostWalk;
}

// A tree of one back end, with this in it:
//
//   a.txt     "test-a\n"         link      -> a.txt
//   b.txt     "test-b\n"         dirlink   -> dir
//   dir/      inner.txt "inner"  dangling  -> missing
//   self      -> self            parent    -> ..
//   absolute  -> /etc            (but in Backend::kMemory, where none can be made)
class TestTree {
 public:
  explicit TestTree(Backend backend);

  const std::shared_ptr<Tree>& tree() const { return tree_; }
  // On the disk; REQUIRES: IsHost.
  const TestDirectory& directory() const { return *directory_; }

 private:
  std::optional<TestDirectory> directory_;
  std::shared_ptr<Tree> tree_;
};

// The one descriptor of a file system with that preopen alone.
std::unique_ptr<Descriptor> OpenRoot(const FileSystem& files);

std::unique_ptr<Descriptor> OpenTree(std::shared_ptr<Tree> tree, bool read_only = false);

// -- Short forms; with a failed expectation, and something empty, where they fail --

constexpr DescriptorFlags kRead = {.read = true};
constexpr DescriptorFlags kWrite = {.write = true};
constexpr DescriptorFlags kReadWrite = {.read = true, .write = true};

std::unique_ptr<Descriptor> MustOpen(const Descriptor& in, std::string_view path, OpenFlags open,
                                     DescriptorFlags flags);
void MustWrite(Descriptor& file, std::string_view bytes, uint64_t offset);
void MakeFile(const Descriptor& in, std::string_view path, std::string_view content);
std::string Content(const Descriptor& file);
std::string ContentAt(const Descriptor& in, std::string_view path);
// The names of a directory, sorted; those that are not UTF-8 as "?".
std::vector<std::string> Names(const Descriptor& directory);

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_TEST_FILES_H_
