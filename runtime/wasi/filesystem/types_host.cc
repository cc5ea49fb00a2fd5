#include "runtime/wasi/filesystem/types_host.h"

#include <algorithm>
#include <expected>
#include <span>
#include <type_traits>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/wasi/filesystem/convert.h"
#include "runtime/wasi/filesystem/file_streams.h"
#include "runtime/wasi/filesystem/resources.h"
#include "runtime/wasi/io/blocking_pool.h"
#include "runtime/wasi/io/error.h"
#include "runtime/wasi/io/streams.h"
#include "runtime/wasi/io/wait.h"

namespace davit::wasi::filesystem {
namespace {

namespace types = p2::filesystem::types;
namespace streams = p2::io::streams;

// Of one read, whatever is asked for.
constexpr uint64_t kMostRead = 64 * 1024;

// What the results of fs/ are for a guest. New resources go into the table; an error is a trap.

template <typename T>
absl::StatusOr<T> Convert(Core& /*core*/, T value) {
  return value;
}
auto Convert(Core& /*core*/, const fs::Stat& stat) {
  return absl::StatusOr<types::DescriptorStat>(ToGuest(stat));
}
auto Convert(Core& /*core*/, const fs::MetadataHash& hash) {
  return absl::StatusOr<types::MetadataHashValue>(ToGuest(hash));
}
absl::StatusOr<std::optional<types::DirectoryEntry>> Convert(
    Core& /*core*/, std::optional<fs::DirectoryEntry> entry) {
  if (!entry) return std::optional<types::DirectoryEntry>();
  return ToGuest(*std::move(entry));
}
absl::StatusOr<canon::Own<types::Descriptor>> Convert(Core& core,
                                                      std::unique_ptr<fs::Descriptor> descriptor) {
  DAVIT_ASSIGN_OR_RETURN(
      const handles::Rep rep,
      core.table.Add(std::make_unique<DescriptorResource>(std::move(descriptor))));
  return canon::Own<types::Descriptor>{rep};
}
absl::StatusOr<canon::Own<types::DirectoryEntryStream>> Convert(Core& core,
                                                                fs::DirectoryReader reader) {
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core.table.Add(std::make_unique<DirectoryResource>(std::move(reader))));
  return canon::Own<types::DirectoryEntryStream>{rep};
}

template <typename To, typename From>
absl::StatusOr<TypesHost::Result<To>> Convert(Core& core, fs::Result<From> result) {
  if (!result) return TypesHost::Result<To>(std::unexpected(ToGuest(result.error())));
  if constexpr (std::is_void_v<From>) {
    return TypesHost::Result<To>();
  } else {
    DAVIT_ASSIGN_OR_RETURN(To value, Convert(core, *std::move(result)));
    return TypesHost::Result<To>(std::move(value));
  }
}

template <typename Reply>
struct ResultOf;
template <typename T>
struct ResultOf<component::Reply<TypesHost::Result<T>>> {
  using Type = T;
};

}  // namespace

absl::StatusOr<TypesHost::DescriptorPtr> TypesHost::Get(Self self) {
  DAVIT_ASSIGN_OR_RETURN(const DescriptorResource* const resource,
                         core_.table.Get<DescriptorResource>(self.rep));
  return resource->descriptor;
}

template <typename R, typename F>
void TypesHost::Run(bool may_block, R reply, F work) {
  using To = ResultOf<R>::Type;
  using Outcome = std::invoke_result_t<F&>;
  using Answer = absl::StatusOr<Result<To>>;
  if (!may_block) {
    return io::Await(core_.services.reactor, std::move(reply),
                     [this, work = std::move(work)](const io::Waker&) mutable {
                       return std::optional<Answer>(Convert<To>(core_, work()));
                     });
  }
  auto job = io::Job<Outcome>::Start(core_.services.blocking, std::move(work));
  io::Await(core_.services.reactor, std::move(reply),
            [this, job](const io::Waker& waker) -> std::optional<Answer> {
              if (job->Ready()) return Convert<To>(core_, job->Take());
              job->Arm(waker);
              return std::nullopt;
            });
}

template <typename R, typename F>
void TypesHost::Do(Self self, R reply, F work) {
  absl::StatusOr<DescriptorPtr> descriptor = Get(self);
  if (!descriptor.ok()) return reply.Fail(descriptor.status());
  const bool may_block = (*descriptor)->MayBlock();
  Run(may_block, std::move(reply),
      [descriptor = *std::move(descriptor), work = std::move(work)]() mutable {
        return work(*descriptor);
      });
}

template <typename R, typename F>
void TypesHost::DoBoth(Self self, Self other, R reply, F work) {
  absl::StatusOr<DescriptorPtr> second = Get(other);
  if (!second.ok()) return reply.Fail(second.status());
  Do(self, std::move(reply),
     [second = *std::move(second), work = std::move(work)](fs::Descriptor& first) mutable {
       return work(first, *second);
     });
}

absl::StatusOr<TypesHost::Result<canon::Own<streams::InputStream>>>
TypesHost::DescriptorReadViaStream(Self self, uint64_t offset) {
  DAVIT_ASSIGN_OR_RETURN(const DescriptorPtr descriptor, Get(self));
  fs::Result<fs::FileReader> file = descriptor->OpenReader();
  if (!file) return std::unexpected(ToGuest(file.error()));
  auto source = std::make_shared<FileSource>(*std::move(file), offset, core_.services.blocking);
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<io::InputStream>(std::move(source))));
  return canon::Own<streams::InputStream>{rep};
}

absl::StatusOr<TypesHost::Result<canon::Own<streams::OutputStream>>> TypesHost::WriteStream(
    Self self, std::optional<uint64_t> offset) {
  DAVIT_ASSIGN_OR_RETURN(const DescriptorPtr descriptor, Get(self));
  fs::Result<fs::FileWriter> file = descriptor->OpenWriter();
  if (!file) return std::unexpected(ToGuest(file.error()));
  auto sink = std::make_shared<FileSink>(*std::move(file), offset, core_.services.blocking);
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<io::OutputStream>(std::move(sink))));
  return canon::Own<streams::OutputStream>{rep};
}

absl::StatusOr<TypesHost::Result<canon::Own<streams::OutputStream>>>
TypesHost::DescriptorWriteViaStream(Self self, uint64_t offset) {
  return WriteStream(self, offset);
}

absl::StatusOr<TypesHost::Result<canon::Own<streams::OutputStream>>>
TypesHost::DescriptorAppendViaStream(Self self) {
  return WriteStream(self, std::nullopt);
}

void TypesHost::DescriptorAdvise(Self self, uint64_t offset, uint64_t length, types::Advice advice,
                                 Reply<void> reply) {
  Do(self, std::move(reply), [=](fs::Descriptor& descriptor) {
    return descriptor.Advise(offset, length, FromGuest(advice));
  });
}

void TypesHost::DescriptorSyncData(Self self, Reply<void> reply) {
  Do(self, std::move(reply), [](fs::Descriptor& descriptor) { return descriptor.SyncData(); });
}

absl::StatusOr<TypesHost::Result<types::DescriptorFlags>> TypesHost::DescriptorGetFlags(Self self) {
  DAVIT_ASSIGN_OR_RETURN(const DescriptorPtr descriptor, Get(self));
  return ToGuest(descriptor->GetFlags());
}

absl::StatusOr<TypesHost::Result<types::DescriptorType>> TypesHost::DescriptorGetType(Self self) {
  DAVIT_ASSIGN_OR_RETURN(const DescriptorPtr descriptor, Get(self));
  return ToGuest(descriptor->GetType());
}

void TypesHost::DescriptorSetSize(Self self, uint64_t size, Reply<void> reply) {
  Do(self, std::move(reply), [=](fs::Descriptor& descriptor) { return descriptor.SetSize(size); });
}

void TypesHost::DescriptorSetTimes(Self self, NewTimestamp data_access_timestamp,
                                   NewTimestamp data_modification_timestamp, Reply<void> reply) {
  Do(self, std::move(reply),
     [accessed = FromGuest(data_access_timestamp),
      modified =
          FromGuest(data_modification_timestamp)](fs::Descriptor& descriptor) -> fs::Result<void> {
       if (!accessed || !modified) return std::unexpected(fs::Error::kInvalid);
       return descriptor.SetTimes(*accessed, *modified);
     });
}

void TypesHost::DescriptorRead(Self self, uint64_t length, uint64_t offset,
                               Reply<std::tuple<std::vector<uint8_t>, bool>> reply) {
  const auto read =
      [=](fs::Descriptor& descriptor) -> fs::Result<std::tuple<std::vector<uint8_t>, bool>> {
    std::vector<uint8_t> bytes(std::min(length, kMostRead));
    const fs::Result<fs::ReadResult> read =
        descriptor.Read(std::as_writable_bytes(std::span(bytes)), offset);
    if (!read) return std::unexpected(read.error());
    bytes.resize(read->size);
    return std::tuple(std::move(bytes), read->end);
  };
  Do(self, std::move(reply), read);
}

void TypesHost::DescriptorWrite(Self self, std::vector<uint8_t> buffer, uint64_t offset,
                                Reply<uint64_t> reply) {
  Do(self, std::move(reply),
     [offset, buffer = std::move(buffer)](fs::Descriptor& descriptor) -> fs::Result<uint64_t> {
       return descriptor.Write(std::as_bytes(std::span(buffer)), offset);
     });
}

void TypesHost::DescriptorReadDirectory(Self self,
                                        Reply<canon::Own<types::DirectoryEntryStream>> reply) {
  Do(self, std::move(reply),
     [](const fs::Descriptor& descriptor) { return descriptor.ReadDirectory(); });
}

void TypesHost::DescriptorSync(Self self, Reply<void> reply) {
  Do(self, std::move(reply), [](fs::Descriptor& descriptor) { return descriptor.Sync(); });
}

void TypesHost::DescriptorCreateDirectoryAt(Self self, std::string path, Reply<void> reply) {
  Do(self, std::move(reply), [path = std::move(path)](fs::Descriptor& descriptor) {
    return descriptor.CreateDirectoryAt(path);
  });
}

void TypesHost::DescriptorStat(Self self, Reply<types::DescriptorStat> reply) {
  Do(self, std::move(reply), [](const fs::Descriptor& descriptor) { return descriptor.GetStat(); });
}

void TypesHost::DescriptorStatAt(Self self, PathFlags path_flags, std::string path,
                                 Reply<types::DescriptorStat> reply) {
  Do(self, std::move(reply), [=, path = std::move(path)](const fs::Descriptor& descriptor) {
    return descriptor.StatAt(FromGuest(path_flags), path);
  });
}

void TypesHost::DescriptorSetTimesAt(Self self, PathFlags path_flags, std::string path,
                                     NewTimestamp data_access_timestamp,
                                     NewTimestamp data_modification_timestamp, Reply<void> reply) {
  Do(self, std::move(reply),
     [path_flags, path = std::move(path), accessed = FromGuest(data_access_timestamp),
      modified =
          FromGuest(data_modification_timestamp)](fs::Descriptor& descriptor) -> fs::Result<void> {
       if (!accessed || !modified) return std::unexpected(fs::Error::kInvalid);
       return descriptor.SetTimesAt(FromGuest(path_flags), path, *accessed, *modified);
     });
}

void TypesHost::DescriptorLinkAt(Self self, PathFlags old_path_flags, std::string old_path,
                                 Self new_descriptor, std::string new_path, Reply<void> reply) {
  DoBoth(self, new_descriptor, std::move(reply),
         [old_path_flags, old_path = std::move(old_path), new_path = std::move(new_path)](
             fs::Descriptor& from, const fs::Descriptor& to) {
           return from.LinkAt(FromGuest(old_path_flags), old_path, to, new_path);
         });
}

void TypesHost::DescriptorOpenAt(Self self, PathFlags path_flags, std::string path,
                                 types::OpenFlags open_flags, types::DescriptorFlags flags,
                                 Reply<canon::Own<types::Descriptor>> reply) {
  Do(self, std::move(reply), [=, path = std::move(path)](const fs::Descriptor& descriptor) {
    return descriptor.OpenAt(FromGuest(path_flags), path, FromGuest(open_flags), FromGuest(flags));
  });
}

void TypesHost::DescriptorReadlinkAt(Self self, std::string path, Reply<std::string> reply) {
  Do(self, std::move(reply), [path = std::move(path)](const fs::Descriptor& descriptor) {
    return descriptor.ReadLinkAt(path);
  });
}

void TypesHost::DescriptorRemoveDirectoryAt(Self self, std::string path, Reply<void> reply) {
  Do(self, std::move(reply), [path = std::move(path)](fs::Descriptor& descriptor) {
    return descriptor.RemoveDirectoryAt(path);
  });
}

void TypesHost::DescriptorRenameAt(Self self, std::string old_path, Self new_descriptor,
                                   std::string new_path, Reply<void> reply) {
  DoBoth(self, new_descriptor, std::move(reply),
         [old_path = std::move(old_path), new_path = std::move(new_path)](
             fs::Descriptor& from, const fs::Descriptor& to) {
           return from.RenameAt(old_path, to, new_path);
         });
}

void TypesHost::DescriptorSymlinkAt(Self self, std::string old_path, std::string new_path,
                                    Reply<void> reply) {
  Do(self, std::move(reply),
     [old_path = std::move(old_path), new_path = std::move(new_path)](fs::Descriptor& descriptor) {
       return descriptor.SymlinkAt(old_path, new_path);
     });
}

void TypesHost::DescriptorUnlinkFileAt(Self self, std::string path, Reply<void> reply) {
  Do(self, std::move(reply), [path = std::move(path)](fs::Descriptor& descriptor) {
    return descriptor.UnlinkFileAt(path);
  });
}

void TypesHost::DescriptorIsSameObject(Self self, Self other, component::Reply<bool> reply) {
  const absl::StatusOr<DescriptorPtr> first = Get(self);
  if (!first.ok()) return reply.Fail(first.status());
  const absl::StatusOr<DescriptorPtr> second = Get(other);
  if (!second.ok()) return reply.Fail(second.status());
  reply.Return((*first)->IsSameObject(**second));
}

void TypesHost::DescriptorMetadataHash(Self self, Reply<types::MetadataHashValue> reply) {
  Do(self, std::move(reply), [](const fs::Descriptor& descriptor) {
    return fs::Result<fs::MetadataHash>(descriptor.GetMetadataHash());
  });
}

void TypesHost::DescriptorMetadataHashAt(Self self, PathFlags path_flags, std::string path,
                                         Reply<types::MetadataHashValue> reply) {
  Do(self, std::move(reply), [=, path = std::move(path)](const fs::Descriptor& descriptor) {
    return descriptor.MetadataHashAt(FromGuest(path_flags), path);
  });
}

void TypesHost::DirectoryEntryStreamReadDirectoryEntry(
    canon::Borrow<types::DirectoryEntryStream> self,
    Reply<std::optional<types::DirectoryEntry>> reply) {
  const absl::StatusOr<DirectoryResource*> directory = core_.table.Get<DirectoryResource>(self.rep);
  if (!directory.ok()) return reply.Fail(directory.status());
  Run((*directory)->reader->MayBlock(), std::move(reply),
      [reader = (*directory)->reader] { return reader->Next(); });
}

absl::StatusOr<std::optional<types::ErrorCode>> TypesHost::FilesystemErrorCode(
    canon::Borrow<p2::io::error::Error> err) {
  DAVIT_ASSIGN_OR_RETURN(const io::Error* const error, core_.table.Get<io::Error>(err.rep));
  const auto* const code = error->failure().code.As<fs::Error>();
  if (code == nullptr) return std::optional<ErrorCode>();
  return std::optional<ErrorCode>(ToGuest(*code));
}

absl::Status TypesHost::DropDescriptor(handles::Rep rep) {
  return core_.table.Drop<DescriptorResource>(rep);
}

absl::Status TypesHost::DropDirectoryEntryStream(handles::Rep rep) {
  return core_.table.Drop<DirectoryResource>(rep);
}

}  // namespace davit::wasi::filesystem
