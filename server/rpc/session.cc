#include "server/rpc/session.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "server/rpc/answers.h"
#include "server/rpc/call_admission.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/call_task.h"
#include "server/rpc/errors.h"
#include "server/rpc/parsed.h"
#include "server/rpc/responder.h"
#include "server/rpc/stream.h"

namespace davit::server {

// One stream of calls. Requests are admitted in the order they are read; the queue of a cell keeps
// that order for what runs, and Release() for what does not get that far. At most a window of
// requests is under way, and as many as there is likely to be room for their answers; beyond it the
// stream is not read, which holds the client back.
class Session final
    : public StreamRpc<grpc::ServerBidiReactor<Parsed<v1::SessionRequest>, v1::SessionResponse>> {
 public:
  Session(const CallParts& parts, size_t window, const Request& request, SessionSet& set)
      : StreamRpc(request),
        parts_(parts),
        set_(set),
        window_(window),
        account_(request.account()),
        items_share_(account_),
        usual_answer_(request.answers().max_connection_bytes() / kCallsBeforeAnAnswer) {}
  ~Session() override { set_.Remove(this); }

  void Begin() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(mutex_);
    ReadNext();
  }
  void Drain() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(mutex_);
    draining_ = true;
    FinishIfOver();
  }
  size_t requests_under_way() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(mutex_);
    return under_way_;
  }

  void OnReadDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnWriteDone(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);
  void OnCancel() override ABSL_LOCKS_EXCLUDED(mutex_) {
    cancelled_.store(true, std::memory_order_relaxed);
    absl::MutexLock lock(mutex_);
    FinishIfOver();
  }

 private:
  // One request with its answer, from read to written. Used again for later ones.
  class Item final : public Responder {
   public:
    explicit Item(Session& session) : Responder(session.request().answers()), session_(session) {}

    // To be read into.
    Parsed<v1::SessionRequest>& request() { return request_; }
    const v1::SessionResponse& response() const { return *messages_.response(); }
    // Starts what the request asks for, which leads to session.Answer().
    void Start();
    // Empty again.
    void Clear();

    // The instance that it is for; null for a fresh one or when there is none. Once started.
    const InstanceRecord* instance() const { return task_->instance(); }
    // Whether the answer is no error. Once there is one.
    bool succeeded() const { return succeeded_; }

    // Its neighbours under way, in the order of reading; guarded by the session's mutex, as is the
    // one whose answer waits for this one's.
    Item* before = nullptr;
    Item* after = nullptr;
    Item* follower = nullptr;

   private:
    bool Cancelled() const override { return session_.cancelled_.load(std::memory_order_relaxed); }
    Answers::AccountPtr FindAccount() const override { return session_.account_; }
    void DropArguments() override { messages_.DropRequest(); }
    uint64_t AnswerBytes() const override { return messages_.response_bytes(); }
    void Respond(const absl::Status& status, std::string_view instance) override;
    void FillError(const absl::Status& status, std::string_view instance);

    Session& session_;
    MessagePair<v1::SessionRequest, v1::SessionResponse> messages_;
    Parsed<v1::SessionRequest> request_{messages_.request()};
    std::optional<CallTask> task_;
    // Of the request, which may be gone before the answer is filled in.
    uint64_t id_ = 0;
    bool is_post_return_ = false;
    bool succeeded_ = false;
  };

  // Calls of a session that begin before it is known how large answers are: if one had a share of
  // the connection's room.
  static constexpr uint64_t kCallsBeforeAnAnswer = 8;
  // Items that are kept while nothing is under way.
  static constexpr size_t kKeptItems = 16;

  // Sends the answer of an item in its turn.
  void Answer(Item& item) ABSL_LOCKS_EXCLUDED(mutex_);
  // Learns from a result how large the next ones may be.
  void NoteResult(uint64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether another call might find no room for its answer, which waiting may mend.
  bool IsHeldBack() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The nearest request before `item` for the same instance that has no answer on its way.
  Item* Predecessor(const Item& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sends the answer and those that waited for it.
  void Release(Item& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Link(Item& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Unlink(Item& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::unique_ptr<Item> NewItem() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Recycle(std::unique_ptr<Item> item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void ReadNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishIfOver() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CallParts& parts_;
  SessionSet& set_;
  const size_t window_;
  const Answers::AccountPtr account_;
  std::atomic<bool> cancelled_ = false;
  absl::Mutex mutex_;
  Answers::Share items_share_ ABSL_GUARDED_BY(mutex_);  // of all items but one
  uint64_t usual_answer_ ABSL_GUARDED_BY(mutex_);       // bytes
  bool has_answered_ ABSL_GUARDED_BY(mutex_) = false;
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;             // under way without an answer
  std::unique_ptr<Item> reading_ ABSL_GUARDED_BY(mutex_);  // set while a read is outstanding
  bool starting_ ABSL_GUARDED_BY(mutex_) = false;          // OnReadDone is at work
  bool reads_over_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);  // of a stream that is read to its end
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  size_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  Item* last_ ABSL_GUARDED_BY(mutex_) = nullptr;  // of those under way
  bool has_written_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;  // the front of answers_
  std::deque<Item*> answers_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Item>> free_ ABSL_GUARDED_BY(mutex_);
};

// -- Reading --

void Session::ReadNext() {
  if (reading_ != nullptr || starting_ || reads_over_ || draining_ || finished_ ||
      under_way_ >= window_ || IsHeldBack()) {
    return;
  }
  reading_ = NewItem();
  StartRead(&reading_->request());
}

void Session::OnReadDone(bool ok) {
  Item* item = nullptr;
  {
    absl::MutexLock lock(mutex_);
    std::unique_ptr<Item> read = std::move(reading_);
    if (!ok || !read->request().status().ok()) {
      reads_over_ = true;
      if (ok) end_status_ = read->request().status();
      Recycle(std::move(read));
      return FinishIfOver();
    }
    item = read.release();  // back with Recycle, when its answer is written
    ++running_;
    Link(*item);
    starting_ = true;
  }
  item->Start();
  absl::MutexLock lock(mutex_);
  starting_ = false;
  ReadNext();
  FinishIfOver();
}

void Session::Item::Start() {
  const CallParts& parts = session_.parts_;
  const Request request = parts.admission.AdmitNext(session_.request());
  const v1::SessionRequest& message = *request_;
  id_ = message.id();
  is_post_return_ = message.has_post_return();
  task_.emplace(request, *this);
  switch (message.request_case()) {
    case v1::SessionRequest::kCall:
      return StartCall(parts, request, message.call(), request_.bytes(),
                       *messages_.response()->mutable_call(), *task_);
    case v1::SessionRequest::kPostReturn:
      return StartPostReturn(parts, request, message.post_return(), request_.bytes(), *task_);
    case v1::SessionRequest::REQUEST_NOT_SET:
      return task_->Fail(InvalidFieldError("request", "want a call or a post_return"));
  }
}

// -- Answering --

void Session::Item::FillError(const absl::Status& status, std::string_view instance) {
  // What was refused takes no room while its answer waits for a client that does not read.
  messages_.Clear();
  google::rpc::Status& error = *messages_.response()->mutable_error();
  error = session_.request().EndMessage(status, instance);
  if (!Resize(AnswerBytes())) error.clear_details();
}

void Session::Item::Respond(const absl::Status& status, std::string_view instance) {
  succeeded_ = status.ok();
  if (!succeeded_) {
    FillError(status, instance);
  } else if (is_post_return_) {
    messages_.response()->mutable_post_return();
  }
  messages_.response()->set_id(id_);
  session_.Answer(*this);
}

void Session::Item::Clear() {
  task_.reset();
  FreeRoom();
  messages_.Clear();
  request_.Point(messages_.request());
}

void Session::NoteResult(uint64_t bytes) {
  usual_answer_ = has_answered_ ? std::max(bytes, usual_answer_ / 8 * 7) : bytes;
  has_answered_ = true;
}

bool Session::IsHeldBack() const {
  if (under_way_ == 0) return false;  // Nothing would end the wait.
  const uint64_t for_item = free_.empty() ? sizeof(Item) : 0;
  const uint64_t room = account_->Room();
  return room == 0 || (running_ + 1) * usual_answer_ + for_item > room;
}

void Session::Answer(Item& item) {
  absl::MutexLock lock(mutex_);
  --running_;
  if (item.succeeded()) NoteResult(item.answer_bytes());
  if (Item* predecessor = Predecessor(item)) {
    predecessor->follower = &item;
  } else {
    Release(item);
    if (!writing_) WriteNext();
  }
}

// An answer that is held for its turn is a predecessor too: what comes after it waits for it. One
// that is in answers_ is not.
Session::Item* Session::Predecessor(const Item& item) {
  const InstanceRecord* const instance = item.instance();
  if (instance == nullptr) return nullptr;
  for (Item* other = item.before; other != nullptr; other = other->before) {
    if (other->instance() == instance) return other;
  }
  return nullptr;
}

void Session::Release(Item& item) {
  for (Item* next = &item; next != nullptr;) {
    Item* const released = next;
    next = std::exchange(released->follower, nullptr);
    Unlink(*released);
    answers_.push_back(released);
  }
}

void Session::WriteNext() {
  if (answers_.empty()) return;
  writing_ = true;
  grpc::WriteOptions options;
  // More is about to be written: let gRPC put both into one packet. Not the first time: the headers
  // go out with that write, and gRPC holds it for ever when it is only buffered.
  if (has_written_ && answers_.size() > 1) options.set_buffer_hint();
  has_written_ = true;
  StartWrite(&answers_.front()->response(), options);
}

void Session::OnWriteDone(bool ok) {
  if (!ok) cancelled_.store(true, std::memory_order_relaxed);
  absl::MutexLock lock(mutex_);
  --under_way_;
  Recycle(std::unique_ptr<Item>(answers_.front()));
  answers_.pop_front();
  writing_ = false;
  WriteNext();
  ReadNext();
  FinishIfOver();
}

// -- Bookkeeping --

void Session::Link(Item& item) {
  ++under_way_;
  item.before = last_;
  item.after = nullptr;
  if (last_ != nullptr) last_->after = &item;
  last_ = &item;
}

// Out of the order of requests; still under way until written.
void Session::Unlink(Item& item) {
  if (item.before != nullptr) item.before->after = item.after;
  (item.after != nullptr ? item.after->before : last_) = item.before;
}

std::unique_ptr<Session::Item> Session::NewItem() {
  if (free_.empty()) {
    // The first one comes with the stream, and another one only where there is room.
    if (under_way_ > 0) static_cast<void>(items_share_.Take(sizeof(Item)));
    return std::make_unique<Item>(*this);
  }
  std::unique_ptr<Item> item = std::move(free_.back());
  free_.pop_back();
  return item;
}

void Session::Recycle(std::unique_ptr<Item> item) {
  item->Clear();
  free_.push_back(std::move(item));
  if (under_way_ > 0 || free_.size() <= kKeptItems) return;
  free_.resize(kKeptItems);
  static_cast<void>(items_share_.Resize(std::min(items_share_.bytes(), kKeptItems * sizeof(Item))));
}

void Session::FinishIfOver() {
  if (finished_ || under_way_ > 0 || starting_ || writing_) return;
  const bool cancelled = cancelled_.load(std::memory_order_relaxed);
  if (!reads_over_ && !draining_ && !cancelled) return;
  finished_ = true;
  if (cancelled) return Finish(absl::CancelledError("the client is gone"));
  Finish(reads_over_ ? end_status_ : DrainingError());
}

// -- SessionSet --

grpc::ServerBidiReactor<Parsed<v1::SessionRequest>, v1::SessionResponse>* SessionSet::Start(
    const CallParts& parts, size_t window, const Request& request) {
  auto* session = new Session(parts, window, request, *this);
  absl::MutexLock lock(mutex_);
  sessions_.insert(session);
  if (draining_) {
    session->Drain();
  } else {
    session->Begin();
  }
  return session;
}

void SessionSet::Drain() {
  absl::MutexLock lock(mutex_);
  draining_ = true;
  for (Session* session : sessions_) session->Drain();
}

bool SessionSet::IsEmpty() {
  absl::MutexLock lock(mutex_);
  return sessions_.empty();
}

size_t SessionSet::requests_under_way() {
  absl::MutexLock lock(mutex_);
  size_t requests = 0;
  for (Session* session : sessions_) requests += session->requests_under_way();
  return requests;
}

void SessionSet::Remove(Session* session) {
  absl::MutexLock lock(mutex_);
  sessions_.erase(session);
}

}  // namespace davit::server
