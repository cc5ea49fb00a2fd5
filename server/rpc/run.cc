#include "server/rpc/run.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/exit.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasi/config.h"
#include "runtime/wasi/io/pipe.h"
#include "server/rpc/answers.h"
#include "server/rpc/call_task.h"
#include "server/rpc/errors.h"
#include "server/rpc/lookup.h"
#include "server/rpc/responder.h"
#include "server/rpc/run_output.h"
#include "server/rpc/stream.h"
#include "server/rpc/tether.h"
#include "server/rpc/wasi_config.h"

namespace davit::server {
namespace {

// What a command exports.
constexpr std::string_view kRunFunction = "wasi:cli/run@0.2#run";
constexpr size_t kMaxStdinChunkBytes = 64 << 10;
// Of one stream: what waits to be read by the guest, in its pipe and as it came; what waits to be
// sent; and what is being sent, with its encoding.
constexpr uint64_t kStreamBytes = wasi::io::kPipeBytes + 2 * kMaxStdinChunkBytes +
                                  RunOutput::kCapacity + 2 * RunOutput::kMaxChunkBytes;

// One command from its start message to its exit. What it writes is sent as fast as the client
// reads, and the stream is read as fast as the guest does.
class Run final
    : public StreamRpc<grpc::ServerBidiReactor<Parsed<v1::RunRequest>, v1::RunResponse>>,
      public DrainableStream,
      private Responder {
 public:
  Run(const CallParts& parts, const Request& request, StreamSet& runs)
      : StreamRpc(request),
        Responder(request.answers()),
        parts_(parts),
        runs_(runs),
        stream_share_(request.account()) {}
  ~Run() override {
    runs_.Remove(*this);
    tether_->Cut();
    output_tether_->Cut();
    output_->Close();
  }

  void Begin() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(mutex_);
    if (finished_) return;
    if (!stream_share_.Take(kStreamBytes)) return End(this->request().answers().NoRoomError());
    reading_ = true;
    StartRead(&message_);
  }
  // Ends what has not started; the rest is a call like others.
  void Drain() override ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(mutex_);
    draining_ = true;
    Advance();
  }

  void OnReadDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_) {
    if (!ok) GiveUp();
    absl::MutexLock lock(mutex_);
    writing_ = false;
    Advance();
  }
  void OnCancel() override ABSL_LOCKS_EXCLUDED(mutex_) {
    GiveUp();
    absl::MutexLock lock(mutex_);
    Advance();
  }

 private:
  // -- Of Responder: the guest's end --

  bool Cancelled() const override { return unwanted_.load(std::memory_order_relaxed); }
  Answers::AccountPtr FindAccount() const override { return StreamRpc::request().account(); }
  void DropArguments() override {}
  uint64_t AnswerBytes() const override { return 0; }
  void Respond(const absl::Status& status, std::string_view instance) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  void NoteEnd(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // -- The guest's beginning --

  void Start() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Admit();
  absl::StatusOr<std::unique_ptr<FreshSpec>> SpecOf(const v1::RunRequest::Start& start);

  // -- What it reads --

  // Takes a message after the first.
  absl::Status TakeInput() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Passes on what has come, and reads on where there is room.
  void Feed() ABSL_LOCKS_EXCLUDED(mutex_);
  bool FeedOnce() ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether there has to be room for it to go on.
  bool WriteStdin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // -- What it writes --

  // Sends what is next, or ends the stream, unless something is being sent.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Send() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    finished_ = true;
    Finish(status);
  }
  // The client is gone: the guest is to end, and nothing is sent any more.
  void GiveUp() {
    is_gone_.store(true, std::memory_order_relaxed);
    unwanted_.store(true, std::memory_order_relaxed);
    output_->Close();
  }

  const CallParts& parts_;
  StreamSet& runs_;
  Answers::Share stream_share_;
  std::atomic<bool> is_gone_ = false;
  std::atomic<bool> unwanted_ = false;  // the guest is to end
  const std::shared_ptr<Tether> tether_ = std::make_shared<Tether>([this] { Feed(); });
  const std::shared_ptr<Tether> output_tether_ = std::make_shared<Tether>([this] {
    absl::MutexLock lock(mutex_);
    Advance();
  });
  const std::shared_ptr<RunOutput> output_ =
      std::make_shared<RunOutput>(wasi::io::Waker(output_tether_));
  std::optional<CallTask> task_;
  const canon::ValArgs no_args_;
  canon::ValArgs results_;

  absl::Mutex mutex_;
  Parsed<v1::RunRequest> message_;
  v1::RunResponse response_ ABSL_GUARDED_BY(mutex_);
  uint64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;     // the first message has come
  bool starting_ ABSL_GUARDED_BY(mutex_) = false;    // and is being dealt with
  absl::Status wrong_ ABSL_GUARDED_BY(mutex_);       // with a message that came
  bool input_ends_ ABSL_GUARDED_BY(mutex_) = false;  // nothing more comes
  std::string stdin_ ABSL_GUARDED_BY(mutex_);        // has come, but for what is passed on
  size_t passed_on_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<wasi::io::PipeSink> pipe_ ABSL_GUARDED_BY(mutex_);  // once started
  bool feeding_ ABSL_GUARDED_BY(mutex_) = false;
  bool feed_again_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // the guest
  absl::Status outcome_ ABSL_GUARDED_BY(mutex_);
  std::optional<uint32_t> exit_code_ ABSL_GUARDED_BY(mutex_);
};

// -- Starting --

void Run::OnReadDone(bool ok) {
  bool is_first = false;
  {
    absl::MutexLock lock(mutex_);
    reading_ = false;
    if (!ok) {
      input_ends_ = true;
    } else if (std::exchange(started_, true)) {
      wrong_ = TakeInput();
      if (!wrong_.ok()) {
        message_.Drop();
        unwanted_.store(true, std::memory_order_relaxed);
      }
    } else {
      is_first = starting_ = true;
    }
  }
  if (is_first) Start();
  Feed();
  absl::MutexLock lock(mutex_);
  if (is_first) starting_ = false;
  Advance();
}

void Run::Start() {
  task_.emplace(StreamRpc::request(), static_cast<Responder&>(*this));
  if (absl::Status status = Admit(); !status.ok()) task_->Fail(std::move(status));
}

// An error means that the task has not started.
absl::Status Run::Admit() {
  DAVIT_RETURN_IF_ERROR(message_.status());
  DAVIT_RETURN_IF_ERROR(parts_.admission.CheckOpen());
  if (!message_->has_start()) {
    return InvalidFieldError("start", "the first message must have it");
  }
  DAVIT_ASSIGN_OR_RETURN(Quota::Share share, parts_.admission.TakeRequestShare(message_.bytes()));
  task_->Hold(std::move(share));
  const Request& request = StreamRpc::request();
  DAVIT_ASSIGN_OR_RETURN(RevisionPtr revision,
                         FindRevision(parts_.registry, request.tenant(), "start.component",
                                      message_->start().component()));
  DAVIT_ASSIGN_OR_RETURN(std::unique_ptr<FreshSpec> spec, SpecOf(message_->start()));
  message_.Drop();
  task_->CallFresh(
      parts_.host, std::move(revision), kRunFunction,
      {.payload = {.args = &no_args_, .results = &results_}, .deadline = request.deadline()},
      std::move(spec), Place::kWorker);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FreshSpec>> Run::SpecOf(const v1::RunRequest::Start& start) {
  auto spec = std::make_unique<FreshSpec>();
  DAVIT_ASSIGN_OR_RETURN(spec->wasi, WasiConfigOf("start.wasi", start.wasi()));
  if (start.has_limits()) {
    auto limits = parts_.host.LimitsFor(start.limits());
    if (!limits.ok()) return InField("start", limits.status());
    spec->limits = *limits;
  }
  wasi::io::Pipe pipe = wasi::io::MakePipe();
  wasi::Stdio& stdio = spec->stdio.emplace();
  stdio.in = std::move(pipe.source);
  output_->Connect(stdio);
  stdio.in_is_terminal = start.terminals().stdin_tty();
  stdio.out_is_terminal = start.terminals().stdout_tty();
  stdio.err_is_terminal = start.terminals().stderr_tty();
  absl::MutexLock lock(mutex_);
  pipe_ = std::move(pipe.sink);
  return spec;
}

// -- Input --

absl::Status Run::TakeInput() {
  DAVIT_RETURN_IF_ERROR(message_.status());
  switch (message_->part_case()) {
    case v1::RunRequest::kStdinData:
      break;
    case v1::RunRequest::kStdinClose:
      input_ends_ = true;
      return absl::OkStatus();
    case v1::RunRequest::kStart:
      return InvalidFieldError("start", "only the first message has it");
    case v1::RunRequest::PART_NOT_SET:
      return InvalidFieldError("part", "want stdin_data or stdin_close");
  }
  if (message_->stdin_data().size() > kMaxStdinChunkBytes) {
    return InvalidFieldError("stdin_data", absl::StrCat("at most ", kMaxStdinChunkBytes, " bytes"));
  }
  stdin_ = message_->stdin_data();
  passed_on_ = 0;
  return absl::OkStatus();
}

void Run::Feed() {
  {
    absl::MutexLock lock(mutex_);
    feed_again_ = true;
    if (std::exchange(feeding_, true)) return;  // Whoever is at it goes on.
  }
  while (FeedOnce()) {
  }
}

bool Run::FeedOnce() {
  std::shared_ptr<wasi::io::PipeSink> full;
  {
    absl::MutexLock lock(mutex_);
    if (!std::exchange(feed_again_, false)) {
      feeding_ = false;
      return false;
    }
    if (WriteStdin()) full = pipe_;
  }
  // Says at once where there is room by now: then this goes on.
  if (full != nullptr) full->Arm(wasi::io::Waker(tether_));
  return true;
}

bool Run::WriteStdin() {
  if (pipe_ == nullptr || ended_ || finished_ || !wrong_.ok()) return false;
  const wasi::io::StreamResult<size_t> room = pipe_->Room();
  if (!room) return false;  // The guest's end is near.
  const std::string_view rest = std::string_view(stdin_).substr(passed_on_);
  const std::string_view now = rest.substr(0, *room);
  if (!now.empty() && !pipe_->Write({reinterpret_cast<const uint8_t*>(now.data()), now.size()})) {
    return false;
  }
  passed_on_ += now.size();
  if (now.size() < rest.size()) return true;
  stdin_.clear();
  passed_on_ = 0;
  if (input_ends_) {
    pipe_->Close();
    return false;
  }
  if (now.size() == *room) return true;
  if (!std::exchange(reading_, true)) StartRead(&message_);
  return false;
}

// -- Output and end --

void Run::Respond(const absl::Status& status, std::string_view) {
  // Another thread may end the stream as soon as this one says that the guest has ended.
  const std::shared_ptr<Tether> tether = output_tether_;
  tether->Enter([&] {
    absl::MutexLock lock(mutex_);
    ended_ = true;
    NoteEnd(status);
    Advance();
  });
}

void Run::NoteEnd(const absl::Status& status) {
  if (status.ok()) {
    const bool failed = results_.size() == 1 && results_[0].result().has_err();
    exit_code_ = failed ? 1 : 0;
  } else if (const auto code = base::ExitCodeOf(status)) {
    exit_code_ = *code;
  } else {
    const bool is_no_command = absl::IsNotFound(status) && pipe_ != nullptr;
    outcome_ = is_no_command ? InField("the component is no command", status) : status;
  }
}

void Run::Send() {
  response_.set_sequence(++sequence_);
  writing_ = true;
  StartWrite(&response_);
}

void Run::Advance() {
  if (writing_ || finished_ || starting_) return;
  if (!started_) {
    if (is_gone_) return End(absl::CancelledError("the client is gone"));
    if (draining_) return End(DrainingError());
    if (input_ends_) return End(InvalidFieldError("start", "the first message must have it"));
    return;
  }
  if (output_->Take(response_)) return Send();
  if (!ended_) return;
  if (is_gone_) return End(absl::CancelledError("the client is gone"));
  if (!wrong_.ok()) return End(wrong_);
  if (!exit_code_.has_value()) return End(outcome_);
  if (response_.has_exit()) return End(absl::OkStatus());
  response_.mutable_exit()->set_code(*exit_code_);
  Send();
}

}  // namespace

grpc::ServerBidiReactor<Parsed<v1::RunRequest>, v1::RunResponse>* StartRun(const CallParts& parts,
                                                                           const Request& request,
                                                                           StreamSet& runs) {
  auto* const run = new Run(parts, request, runs);
  runs.Add(*run);
  run->Begin();
  return run;
}

}  // namespace davit::server
