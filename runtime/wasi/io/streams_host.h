#ifndef DAVIT_RUNTIME_WASI_IO_STREAMS_HOST_H_
#define DAVIT_RUNTIME_WASI_IO_STREAMS_HOST_H_

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/wasi/bindings/io_streams.h"
#include "runtime/wasi/core.h"
#include "runtime/wasi/io/streams.h"

namespace davit::wasi::io {

// wasi:io/streams, over what streams.h has.
class StreamsHost final : public p2::io::streams::Host {
 public:
  using InputBorrow = canon::Borrow<p2::io::streams::InputStream>;
  using OutputBorrow = canon::Borrow<p2::io::streams::OutputStream>;
  using PollableOwn = canon::Own<p2::io::poll::Pollable>;
  template <typename T>
  using Result = canon::Result<T, p2::io::streams::StreamError>;
  using Bytes = std::vector<uint8_t>;

  // `core` must outlive it.
  explicit StreamsHost(Core& core) : core_(core) {}

  absl::StatusOr<Result<Bytes>> InputStreamRead(InputBorrow self, uint64_t len) override;
  void InputStreamBlockingRead(InputBorrow self, uint64_t len,
                               component::Reply<Result<Bytes>> reply) override;
  absl::StatusOr<Result<uint64_t>> InputStreamSkip(InputBorrow self, uint64_t len) override;
  void InputStreamBlockingSkip(InputBorrow self, uint64_t len,
                               component::Reply<Result<uint64_t>> reply) override;
  absl::StatusOr<PollableOwn> InputStreamSubscribe(InputBorrow self) override;
  absl::Status DropInputStream(handles::Rep rep) override;

  absl::StatusOr<Result<uint64_t>> OutputStreamCheckWrite(OutputBorrow self) override;
  absl::StatusOr<Result<void>> OutputStreamWrite(OutputBorrow self,
                                                 std::span<const uint8_t> contents) override;
  void OutputStreamBlockingWriteAndFlush(OutputBorrow self, Bytes contents,
                                         component::Reply<Result<void>> reply) override;
  absl::StatusOr<Result<void>> OutputStreamFlush(OutputBorrow self) override;
  void OutputStreamBlockingFlush(OutputBorrow self, component::Reply<Result<void>> reply) override;
  absl::StatusOr<PollableOwn> OutputStreamSubscribe(OutputBorrow self) override;
  absl::StatusOr<Result<void>> OutputStreamWriteZeroes(OutputBorrow self, uint64_t len) override;
  void OutputStreamBlockingWriteZeroesAndFlush(OutputBorrow self, uint64_t len,
                                               component::Reply<Result<void>> reply) override;
  absl::StatusOr<Result<uint64_t>> OutputStreamSplice(OutputBorrow self, InputBorrow src,
                                                      uint64_t len) override;
  void OutputStreamBlockingSplice(OutputBorrow self, InputBorrow src, uint64_t len,
                                  component::Reply<Result<uint64_t>> reply) override;
  absl::Status DropOutputStream(handles::Rep rep) override;

 private:
  absl::StatusOr<InputStream*> Get(InputBorrow self) {
    return core_.table.Get<InputStream>(self.rep);
  }
  absl::StatusOr<OutputStream*> Get(OutputBorrow self) {
    return core_.table.Get<OutputStream>(self.rep);
  }
  absl::StatusOr<PollableOwn> Subscribe(std::shared_ptr<Waitable> waitable, handles::Rep parent);
  void WriteAndFlush(OutputBorrow self, Bytes contents, component::Reply<Result<void>> reply);
  absl::StatusOr<p2::io::streams::StreamError> ErrorOf(const StreamEnd& end);
  // The same for the guest, to which a failure is a new resource.
  template <typename T>
  absl::StatusOr<Result<T>> ToGuest(StreamResult<T> result);

  Core& core_;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_STREAMS_HOST_H_
