#include "server/download.h"

#include <cstdint>
#include <string>
#include <utility>

#include "server/errors.h"

namespace davit::server {
namespace {

constexpr size_t kChunkBytes = 64 << 10;

class Download final : public grpc::ServerWriteReactor<v1::DownloadComponentResponse> {
 public:
  explicit Download(absl::StatusOr<File> file) : file_(std::move(file)) { SendNext(); }

  void OnWriteDone(bool ok) override {
    if (ok) {
      SendNext();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override { delete this; }

 private:
  void SendNext() {
    const absl::StatusOr<size_t> size = ReadChunk();
    if (!size.ok()) {
      Finish(ToGrpcStatus(size.status()));
    } else if (*size == 0) {
      Finish(grpc::Status::OK);
    } else {
      offset_ += *size;
      StartWrite(&message_);
    }
  }

  absl::StatusOr<size_t> ReadChunk() {
    if (!file_.ok()) return file_.status();
    std::string& chunk = *message_.mutable_chunk();
    chunk.resize(kChunkBytes);
    const absl::StatusOr<size_t> size = file_->ReadAt(offset_, chunk);
    if (size.ok()) chunk.resize(*size);
    return size;
  }

  const absl::StatusOr<File> file_;
  uint64_t offset_ = 0;
  v1::DownloadComponentResponse message_;
};

}  // namespace

grpc::ServerWriteReactor<v1::DownloadComponentResponse>* StartDownload(absl::StatusOr<File> file) {
  return new Download(std::move(file));
}

}  // namespace davit::server
