#include "runtime/wasi/io/streams_host.h"

#include <algorithm>
#include <expected>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/wasi/io/error.h"
#include "runtime/wasi/io/pollable.h"
#include "runtime/wasi/io/wait.h"

namespace davit::wasi::io {
namespace {

using p2::io::streams::StreamError;

absl::Status CheckBlockingWrite(uint64_t length) {
  if (length <= kMostBlockingWrite) return absl::OkStatus();
  return base::TrapStatus(base::TrapCode::kHostError, absl::StrCat("a blocking write of more than ",
                                                                   kMostBlockingWrite, " bytes"));
}

}  // namespace

absl::StatusOr<StreamError> StreamsHost::ErrorOf(const StreamEnd& end) {
  if (end.is_closed()) return StreamError::Closed();
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<Error>(end.failure)));
  return StreamError::LastOperationFailed({rep});
}

template <typename T>
absl::StatusOr<StreamsHost::Result<T>> StreamsHost::ToGuest(StreamResult<T> result) {
  if (!result) {
    DAVIT_ASSIGN_OR_RETURN(StreamError error, ErrorOf(result.error()));
    return Result<T>(std::unexpected(std::move(error)));
  }
  if constexpr (std::is_void_v<T>) {
    return Result<T>();
  } else {
    return Result<T>(*std::move(result));
  }
}

absl::StatusOr<StreamsHost::PollableOwn> StreamsHost::Subscribe(std::shared_ptr<Waitable> waitable,
                                                                handles::Rep parent) {
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<Pollable>(std::move(waitable)), parent));
  return PollableOwn{rep};
}

absl::StatusOr<StreamsHost::Result<StreamsHost::Bytes>> StreamsHost::InputStreamRead(
    InputBorrow self, uint64_t len) {
  DAVIT_ASSIGN_OR_RETURN(InputStream* const stream, Get(self));
  return ToGuest(stream->Read(len));
}

void StreamsHost::InputStreamBlockingRead(InputBorrow self, uint64_t len,
                                          component::Reply<Result<Bytes>> reply) {
  const absl::StatusOr<InputStream*> stream = Get(self);
  if (!stream.ok()) return reply.Fail(stream.status());
  Await(core_.services.reactor, std::move(reply),
        [this, &stream = **stream,
         len](const Waker& waker) -> std::optional<absl::StatusOr<Result<Bytes>>> {
          if (stream.source()->Ready()) return ToGuest(stream.Read(len));
          stream.source()->Arm(waker);
          return std::nullopt;
        });
}

absl::StatusOr<StreamsHost::Result<uint64_t>> StreamsHost::InputStreamSkip(InputBorrow self,
                                                                           uint64_t len) {
  DAVIT_ASSIGN_OR_RETURN(InputStream* const stream, Get(self));
  return ToGuest(stream->Skip(len));
}

void StreamsHost::InputStreamBlockingSkip(InputBorrow self, uint64_t len,
                                          component::Reply<Result<uint64_t>> reply) {
  const absl::StatusOr<InputStream*> stream = Get(self);
  if (!stream.ok()) return reply.Fail(stream.status());
  Await(core_.services.reactor, std::move(reply),
        [this, &stream = **stream,
         len](const Waker& waker) -> std::optional<absl::StatusOr<Result<uint64_t>>> {
          if (stream.source()->Ready()) return ToGuest(stream.Skip(len));
          stream.source()->Arm(waker);
          return std::nullopt;
        });
}

absl::StatusOr<StreamsHost::PollableOwn> StreamsHost::InputStreamSubscribe(InputBorrow self) {
  DAVIT_ASSIGN_OR_RETURN(const InputStream* const stream, Get(self));
  return Subscribe(stream->source(), self.rep);
}

absl::Status StreamsHost::DropInputStream(handles::Rep rep) {
  return core_.table.Drop<InputStream>(rep);
}

absl::StatusOr<StreamsHost::Result<uint64_t>> StreamsHost::OutputStreamCheckWrite(
    OutputBorrow self) {
  DAVIT_ASSIGN_OR_RETURN(OutputStream* const stream, Get(self));
  return ToGuest(stream->CheckWrite());
}

absl::StatusOr<StreamsHost::Result<void>> StreamsHost::OutputStreamWrite(
    OutputBorrow self, std::span<const uint8_t> contents) {
  DAVIT_ASSIGN_OR_RETURN(OutputStream* const stream, Get(self));
  DAVIT_ASSIGN_OR_RETURN(const StreamResult<void> written, stream->Write(contents));
  return ToGuest(written);
}

void StreamsHost::OutputStreamBlockingWriteAndFlush(OutputBorrow self, Bytes contents,
                                                    component::Reply<Result<void>> reply) {
  if (absl::Status status = CheckBlockingWrite(contents.size()); !status.ok()) {
    return reply.Fail(std::move(status));
  }
  WriteAndFlush(self, std::move(contents), std::move(reply));
}

void StreamsHost::OutputStreamBlockingWriteZeroesAndFlush(OutputBorrow self, uint64_t len,
                                                          component::Reply<Result<void>> reply) {
  if (absl::Status status = CheckBlockingWrite(len); !status.ok()) {
    return reply.Fail(std::move(status));
  }
  WriteAndFlush(self, Bytes(len), std::move(reply));
}

void StreamsHost::WriteAndFlush(OutputBorrow self, Bytes contents,
                                component::Reply<Result<void>> reply) {
  const absl::StatusOr<OutputStream*> stream = Get(self);
  if (!stream.ok()) return reply.Fail(stream.status());
  Await(core_.services.reactor, std::move(reply),
        [this, &sink = *(*stream)->sink(), write = BlockingWrite(**stream, std::move(contents))](
            const Waker& waker) mutable -> std::optional<absl::StatusOr<Result<void>>> {
          StreamResult<void> result;
          if (write.Advance(result)) return ToGuest(result);
          sink.Arm(waker);
          return std::nullopt;
        });
}

absl::StatusOr<StreamsHost::Result<void>> StreamsHost::OutputStreamFlush(OutputBorrow self) {
  DAVIT_ASSIGN_OR_RETURN(OutputStream* const stream, Get(self));
  return ToGuest(stream->Flush());
}

void StreamsHost::OutputStreamBlockingFlush(OutputBorrow self,
                                            component::Reply<Result<void>> reply) {
  WriteAndFlush(self, {}, std::move(reply));
}

absl::StatusOr<StreamsHost::PollableOwn> StreamsHost::OutputStreamSubscribe(OutputBorrow self) {
  DAVIT_ASSIGN_OR_RETURN(const OutputStream* const stream, Get(self));
  return Subscribe(stream->sink(), self.rep);
}

absl::StatusOr<StreamsHost::Result<void>> StreamsHost::OutputStreamWriteZeroes(OutputBorrow self,
                                                                               uint64_t len) {
  DAVIT_ASSIGN_OR_RETURN(OutputStream* const stream, Get(self));
  DAVIT_ASSIGN_OR_RETURN(const StreamResult<void> written, stream->WriteZeroes(len));
  return ToGuest(written);
}

absl::StatusOr<StreamsHost::Result<uint64_t>> StreamsHost::OutputStreamSplice(OutputBorrow self,
                                                                              InputBorrow src,
                                                                              uint64_t len) {
  DAVIT_ASSIGN_OR_RETURN(OutputStream* const to, Get(self));
  DAVIT_ASSIGN_OR_RETURN(InputStream* const from, Get(src));
  return ToGuest(to->Splice(*from, len));
}

void StreamsHost::OutputStreamBlockingSplice(OutputBorrow self, InputBorrow src, uint64_t len,
                                             component::Reply<Result<uint64_t>> reply) {
  const absl::StatusOr<OutputStream*> to = Get(self);
  if (!to.ok()) return reply.Fail(to.status());
  const absl::StatusOr<InputStream*> from = Get(src);
  if (!from.ok()) return reply.Fail(from.status());
  Await(core_.services.reactor, std::move(reply),
        [this, &to = **to, &from = **from,
         len](const Waker& waker) -> std::optional<absl::StatusOr<Result<uint64_t>>> {
          Waitable* const missing = !to.sink()->Ready() ? static_cast<Waitable*>(to.sink().get())
                                    : !from.source()->Ready() ? from.source().get()
                                                              : nullptr;
          if (missing == nullptr) return ToGuest(to.Splice(from, len));
          missing->Arm(waker);
          return std::nullopt;
        });
}

absl::Status StreamsHost::DropOutputStream(handles::Rep rep) {
  return core_.table.Drop<OutputStream>(rep);
}

}  // namespace davit::wasi::io
