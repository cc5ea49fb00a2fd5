#include "server/rpc/download.h"

#include <cstdint>
#include <string>
#include <utility>

#include "runtime/base/status_macros.h"
#include "server/registry/files.h"
#include "server/rpc/answers.h"
#include "server/rpc/errors.h"
#include "server/rpc/stream.h"

namespace davit::server {
namespace {

// Small, because each client that does not read has one.
constexpr size_t kChunkBytes = 64 << 10;
// A chunk and its encoding.
constexpr uint64_t kBytesUntilRead = 2 * kChunkBytes;

class Download final : public StreamRpc<grpc::ServerWriteReactor<v1::DownloadComponentResponse>> {
 public:
  Download(const Registry& registry, BackgroundQueue& short_work, const Request& request,
           absl::StatusOr<RevisionPtr> revision)
      : StreamRpc(request),
        registry_(registry),
        short_work_(short_work),
        revision_(std::move(revision)),
        share_(request.account()) {
    if (share_.Take(kBytesUntilRead)) {
      SendNext();
    } else {
      Finish(request.answers().NoRoomError());
    }
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      SendNext();
    } else {
      Finish(absl::CancelledError("the client is gone"));
    }
  }

 private:
  // Not on the thread of gRPC, since it waits for the disk. Meanwhile nothing else is under way, so
  // that this outlives it.
  void SendNext() {
    short_work_.Run([this] { Send(ReadChunk()); });
  }

  void Send(const absl::StatusOr<size_t>& size) {
    if (!size.ok()) {
      Finish(size.status());
    } else if (*size == 0) {
      Finish(absl::OkStatus());
    } else {
      offset_ += *size;
      StartWrite(&message_);
    }
  }

  absl::StatusOr<size_t> ReadChunk() {
    DAVIT_RETURN_IF_ERROR(revision_.status());
    const absl::StatusOr<File> file = registry_.OpenBinary(**revision_);
    if (absl::IsNotFound(file.status())) {
      return ResourceError(Reason::kComponentNotFound, "revision", (*revision_)->name,
                           "was deleted");
    }
    DAVIT_RETURN_IF_ERROR(file.status());
    std::string& chunk = *message_.mutable_chunk();
    chunk.resize(kChunkBytes);
    DAVIT_ASSIGN_OR_RETURN(const size_t size, file->ReadAt(offset_, chunk));
    chunk.resize(size);
    return size;
  }

  const Registry& registry_;
  BackgroundQueue& short_work_;
  const absl::StatusOr<RevisionPtr> revision_;
  Answers::Share share_;
  uint64_t offset_ = 0;
  v1::DownloadComponentResponse message_;
};

}  // namespace

grpc::ServerWriteReactor<v1::DownloadComponentResponse>* StartDownload(
    const Registry& registry, BackgroundQueue& short_work, const Request& request,
    absl::StatusOr<RevisionPtr> revision) {
  return new Download(registry, short_work, request, std::move(revision));
}

}  // namespace davit::server
