#include "server/rpc/tail_logs.h"

#include <atomic>
#include <cstdint>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/rpc/answers.h"
#include "server/rpc/errors.h"
#include "server/rpc/proto_time.h"
#include "server/rpc/stream.h"
#include "server/rpc/tether.h"

namespace davit::server {
namespace {

// Of one answer, beside which there may be a line of the longest.
constexpr uint64_t kPartBytes = 64 << 10;
// An answer and its encoding.
constexpr uint64_t kBytesUntilRead = 2 * (kPartBytes + kMaxLineBytes);

void ToProto(LogLine line, v1::LogLine& out) {
  out.set_sequence(line.sequence);
  *out.mutable_time() = server::ToProto(line.time);
  out.set_stream(line.stream == LogStream::kStdout ? v1::LogLine::STREAM_STDOUT
                                                   : v1::LogLine::STREAM_STDERR);
  out.set_text(std::move(line.text));
  if (line.call_id != nullptr) out.set_call_id(*line.call_id);
  out.set_continues(line.continues);
  out.set_dropped(line.dropped);
}

// Reads the log where it has come to, so that a client that is slow has nothing kept for it.
class Tail final : public StreamRpc<grpc::ServerWriteReactor<v1::TailLogsResponse>>,
                   public DrainableStream {
 public:
  Tail(const Request& request, const v1::TailLogsRequest& message, BackgroundQueue& short_work,
       StreamSet& tails)
      : StreamRpc(request),
        short_work_(short_work),
        tails_(tails),
        follow_(message.follow()),
        share_(request.account()),
        after_(message.after_sequence()) {}
  ~Tail() override {
    tails_.Remove(*this);
    tether_->Cut();
  }

  void Begin(absl::StatusOr<std::shared_ptr<Log>> log) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(mutex_);
    if (finished_) return;
    if (!log.ok()) return End(log.status());
    log_ = *std::move(log);
    if (!share_.Take(kBytesUntilRead)) return End(request().answers().NoRoomError());
    if (follow_ && (seat_ = Log::TakeSeat(log_)) == nullptr) {
      return End(QuotaError(Reason::kLimitReached, "log_followers", Log::kMaxFollowers,
                            "too many follow this log"));
    }
    Advance();
  }
  void Drain() override ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(mutex_);
    draining_ = true;
    Advance();
  }
  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(mutex_);
    writing_ = false;
    gone_ |= !ok;
    Advance();
  }
  void OnCancel() override ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(mutex_);
    gone_ = true;
    Advance();
  }

 private:
  // Sends what comes next, waits for it, or ends the stream, unless something is being sent.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (gone_) return End(absl::CancelledError("the client is gone"));
    if (draining_) return End(DrainingError());
    if (log_ == nullptr) return;
    Log::Part part = log_->Read(after_, kPartBytes);
    if (!part.lines.empty()) return Send(std::move(part));
    if (!follow_ || part.is_closed) return End(absl::OkStatus());
    seat_->Arm(after_, wasi::io::Waker(tether_));
  }
  void Send(Log::Part part) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    after_ = part.lines.back().sequence;
    message_.Clear();
    message_.set_lost(part.lost);
    for (LogLine& line : part.lines) ToProto(std::move(line), *message_.add_lines());
    writing_ = true;
    StartWrite(&message_);
  }
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    finished_ = true;
    Finish(status);
  }
  // There is more: not on the thread of who has written it.
  void Wake() {
    short_work_.Run([this, tether = tether_] {
      tether->Enter([this] {
        absl::MutexLock lock(mutex_);
        Advance();
      });
    });
  }

  BackgroundQueue& short_work_;
  StreamSet& tails_;
  const bool follow_;
  Answers::Share share_;
  const std::shared_ptr<Tether> tether_ = std::make_shared<Tether>([this] { Wake(); });
  absl::Mutex mutex_;
  std::shared_ptr<Log> log_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Log::Seat> seat_ ABSL_GUARDED_BY(mutex_);  // of one who follows
  uint64_t after_ ABSL_GUARDED_BY(mutex_);
  v1::TailLogsResponse message_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

grpc::ServerWriteReactor<v1::TailLogsResponse>* StartTailLogs(
    const Request& request, const v1::TailLogsRequest& message,
    absl::StatusOr<std::shared_ptr<Log>> log, BackgroundQueue& short_work, StreamSet& tails) {
  auto* const tail = new Tail(request, message, short_work, tails);
  tails.Add(*tail);
  tail->Begin(std::move(log));
  return tail;
}

}  // namespace davit::server
