#include "server/sched/scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/log/check.h"
#include "absl/time/clock.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

// A worker gives its queue back after so many tasks, so that queues share few threads fairly. A
// network thread runs a few others after its own, short ones only, where that saves waking a
// worker: the answer to its own does not leave before it returns.
constexpr int BudgetAt(Place place) { return place == Place::kHere ? 8 : 64; }

// How soon a call that nobody waits for is noticed. Queues that move are left alone.
constexpr absl::Duration kSweepInterval = absl::Milliseconds(5);
// How many that are parked are asked at a time: their deadlines do not hang on it.
constexpr size_t kParkedPerSweep = 500;
// The watch goes on for this long after the last work, then the process is left in peace.
constexpr absl::Duration kWatchAfterWork = absl::Seconds(1);

}  // namespace

// -- CellQueue --

CellQueue::~CellQueue() { DCHECK_EQ(depth(), 0u); }

absl::Status CellQueue::Submit(CellTask& task, Place place) {
  // Once it is appended the task may end, and with it what else keeps the queue alive.
  std::shared_ptr<CellQueue> self = shared_from_this();
  bool here = false;
  {
    absl::MutexLock lock(mutex_);
    if (waiting_ >= scheduler_.options_.queue_length && !task.IsPartOfAnother()) {
      return QuotaError(Reason::kQueueFull, "queue_length", scheduler_.options_.queue_length,
                        "too many calls wait for the instance's cell");
    }
    Append(task, place);
    if (taken_) return absl::OkStatus();
    taken_ = true;
    here = place == Place::kHere && entry_->IsMade() && scheduler_.TakeDirect();
  }
  scheduler_.Watch();
  if (here) {
    RunBatch(Place::kHere);
    scheduler_.ReturnDirect();
  } else {
    HandOver(std::move(self));
  }
  return absl::OkStatus();
}

void CellQueue::Submit(std::unique_ptr<CellTask> task, Place place) {
  task->is_the_queues_ = true;
  CellTask& own = *task.release();  // End deletes it.
  if (const absl::Status status = Submit(own, place); !status.ok()) {
    own.Drop(status);
    End(own);
  }
}

void CellQueue::End(CellTask& task) {
  // One that is not the queue's may be gone when Finish returns.
  const std::unique_ptr<CellTask> own(task.is_the_queues_ ? &task : nullptr);
  task.Finish();
}

size_t CellQueue::waiting() const {
  absl::MutexLock lock(mutex_);
  return waiting_;
}

void CellQueue::HandOver(std::shared_ptr<CellQueue> self) {
  WorkerPool& workers = self->scheduler_.workers_;
  workers.Run([queue = std::move(self)] { queue->RunBatch(Place::kWorker); });
}

void CellQueue::Append(CellTask& task, Place place) {
  task.next_ = nullptr;
  task.place_ = place;
  (tail_ == nullptr ? head_ : tail_->next_) = &task;
  tail_ = &task;
  ++waiting_;
  depth_.fetch_add(1);  // before Watch() looks: see Scheduler::Sweep
}

CellTask* CellQueue::Pop() {
  CellTask* task = head_;
  if (task == nullptr) return nullptr;
  head_ = task->next_;
  if (head_ == nullptr) tail_ = nullptr;
  --waiting_;
  return task;
}

CellTask* CellQueue::Next(Place place, int budget) {
  absl::MutexLock lock(mutex_);
  if (running_ != nullptr) {
    AwaitInterrupted(*running_);
    depth_.fetch_sub(1, std::memory_order_relaxed);
  }
  const bool may_go_on =
      budget > 0 && (place == Place::kWorker || head_ == nullptr || head_->place_ == Place::kHere);
  running_ = may_go_on ? Pop() : nullptr;
  if (running_ != nullptr) ++started_;
  return running_;
}

CellTask* CellQueue::RunLocked(engine::CellLock* lock, Place place) {
  CellTask* done = nullptr;
  int budget = BudgetAt(place);
  while (CellTask* task = Next(place, budget--)) {
    if (done != nullptr) End(*done);
    done = task;
    if (const absl::Status wanted = scheduler_.Wanted(*task, absl::Now()); wanted.ok()) [[likely]] {
      if (task->Run(lock) == TaskProgress::kParked) {
        Park(*task);
        done = nullptr;
      }
    } else {
      task->Drop(wanted);
    }
  }
  return done;
}

void CellQueue::RunBatch(Place place) {
  CellTask* last = nullptr;
  const absl::Status entered =
      entry_->Enter([&](engine::CellLock* lock) { last = RunLocked(lock, place); });
  if (!entered.ok()) DropAll(entered);
  if (last != nullptr) End(*last);
  PutDown();
}

void CellQueue::PutDown() {
  {
    absl::MutexLock lock(mutex_);
    if (head_ == nullptr) {
      taken_ = false;
      return;
    }
  }
  HandOver(shared_from_this());
}

void CellQueue::DropAll(const absl::Status& why) {
  while (CellTask* task = Next(Place::kWorker, 1)) {
    task->Drop(why);
    Next(Place::kWorker, 0);
    End(*task);
  }
}

// Waits for whoever interrupts the task: it may end then.
void CellQueue::AwaitInterrupted(const CellTask& task) {
  const auto is_free = [&task] { return !task.is_being_interrupted_; };
  if (!is_free()) mutex_.Await(absl::Condition(&is_free));
}

void CellQueue::Park(CellTask& task) {
  absl::MutexLock lock(mutex_);
  parked_.fetch_add(1);  // while it still counts as running
  task.previous_ = nullptr;
  task.next_ = first_parked_;
  if (first_parked_ != nullptr) first_parked_->previous_ = &task;
  first_parked_ = &task;
}

void CellQueue::EndParked(CellTask& task) {
  {
    absl::MutexLock lock(mutex_);
    AwaitInterrupted(task);
    if (next_to_ask_ == &task) next_to_ask_ = task.next_;
    (task.previous_ == nullptr ? first_parked_ : task.previous_->next_) = task.next_;
    if (task.next_ != nullptr) task.next_->previous_ = task.previous_;
  }
  const std::shared_ptr<CellQueue> self = shared_from_this();
  End(task);
  parked_.fetch_sub(1);
}

// Asks some of those that are parked whether they are wanted still, each in its turn. Without the
// mutex for what interrupting leads to: a task that ends the call, in this queue.
void CellQueue::InterruptParked(absl::Time now) {
  std::vector<std::pair<CellTask*, absl::Status>> unwanted;
  {
    absl::MutexLock lock(mutex_);
    size_t left = scheduler_.ending_ ? parked() : kParkedPerSweep;
    CellTask* task = next_to_ask_ == nullptr ? first_parked_ : next_to_ask_;
    for (; task != nullptr && left > 0; task = task->next_, --left) {
      absl::Status why = scheduler_.Wanted(*task, now);
      if (why.ok()) continue;
      task->is_being_interrupted_ = true;
      unwanted.emplace_back(task, std::move(why));
    }
    next_to_ask_ = task;
  }
  for (auto& [task, why] : unwanted) {
    task->Interrupt(why);
    absl::MutexLock lock(mutex_);
    task->is_being_interrupted_ = false;
  }
}

// Of a queue that has made no progress since the last sweep.
void CellQueue::InterruptRunning(absl::Time now) {
  CellTask* task = nullptr;
  absl::Status why;
  {
    absl::MutexLock lock(mutex_);
    if (running_ == nullptr || (swept_started_ != started_ && !scheduler_.ending_)) return;
    why = scheduler_.Wanted(*running_, now);
    if (why.ok()) return;
    task = running_;
    task->is_being_interrupted_ = true;
  }
  task->Interrupt(why);
  absl::MutexLock lock(mutex_);
  task->is_being_interrupted_ = false;
}

bool CellQueue::Sweep(absl::Time now) {
  const bool has_parked = parked() > 0;
  if (has_parked) InterruptParked(now);
  InterruptRunning(now);
  std::vector<std::pair<CellTask*, absl::Status>> unwanted;
  {
    absl::MutexLock lock(mutex_);
    if (!taken_) return has_parked;
    if (std::exchange(swept_started_, started_) != started_ && !scheduler_.ending_) return true;
    CellTask* rest = std::exchange(head_, nullptr);
    tail_ = nullptr;
    waiting_ = 0;
    while (rest != nullptr) {
      CellTask* task = std::exchange(rest, rest->next_);
      depth_.fetch_sub(1, std::memory_order_relaxed);
      absl::Status why = scheduler_.Wanted(*task, now);
      if (why.ok()) {
        Append(*task, task->place_);
      } else {
        unwanted.emplace_back(task, std::move(why));
      }
    }
  }
  for (auto& [task, why] : unwanted) {
    task->Drop(why);
    End(*task);
  }
  return true;
}

// -- Scheduler --

std::shared_ptr<CellQueue> Scheduler::NewQueue(std::unique_ptr<CellEntry> entry) {
  std::shared_ptr<CellQueue> queue(
      new CellQueue(*this, std::move(entry)), [this](CellQueue* ended) {
        workers_.RunOnWorker(
            [queue = std::unique_ptr<CellQueue>(ended)]() mutable { queue = nullptr; });
      });
  absl::MutexLock lock(mutex_);
  std::erase_if(queues_, [](const std::weak_ptr<CellQueue>& q) { return q.expired(); });
  queues_.push_back(queue);
  return queue;
}

bool Scheduler::TakeDirect() {
  if (direct_.fetch_add(1, std::memory_order_relaxed) < options_.direct_calls) return true;
  ReturnDirect();
  return false;
}

void Scheduler::StartWatch() {
  if (!watching_.exchange(true)) ScheduleSweep();
}

void Scheduler::ScheduleSweep() {
  timer_.Schedule(absl::Now() + kSweepInterval, [this] { Sweep(); });
}

std::vector<std::shared_ptr<CellQueue>> Scheduler::LiveQueues() {
  absl::MutexLock lock(mutex_);
  std::vector<std::shared_ptr<CellQueue>> live;
  for (const std::weak_ptr<CellQueue>& queue : queues_) {
    if (std::shared_ptr<CellQueue> alive = queue.lock()) live.push_back(std::move(alive));
  }
  return live;
}

void Scheduler::Sweep() {
  const absl::Time now = absl::Now();
  bool busy = false;
  for (const std::shared_ptr<CellQueue>& queue : LiveQueues()) busy |= queue->Sweep(now);
  if (busy) last_busy_ = now;
  if (now - last_busy_ < kWatchAfterWork) return ScheduleSweep();
  // A Submit that still saw the watch on has counted its task before this look.
  watching_.store(false);
  if (!IsIdle()) StartWatch();
}

absl::Status Scheduler::Wanted(const CellTask& task, absl::Time now) const {
  return ending_ && !task.IsPartOfAnother() ? end_reason_ : task.Wanted(now);
}

size_t Scheduler::running() {
  size_t tasks = 0;
  for (const std::shared_ptr<CellQueue>& queue : LiveQueues()) {
    const size_t waiting = queue->waiting(), all = queue->depth();
    tasks += all - std::min(all, waiting) + queue->parked();
  }
  return tasks;
}

void Scheduler::EndTasks(absl::Status why) {
  end_reason_ = std::move(why);
  ending_ = true;
}

bool Scheduler::IsIdle() {
  return std::ranges::all_of(
      LiveQueues(), [](const auto& queue) { return queue->depth() == 0 && queue->parked() == 0; });
}

size_t Scheduler::waiting() {
  size_t tasks = 0;
  for (const std::shared_ptr<CellQueue>& queue : LiveQueues()) tasks += queue->waiting();
  return tasks;
}

}  // namespace davit::server
