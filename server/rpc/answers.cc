#include "server/rpc/answers.h"

#include <algorithm>

#include "google/protobuf/arena.h"
#include "server/rpc/errors.h"

namespace davit::server {

// -- Account --

uint64_t Answers::Account::Room() const {
  const uint64_t most = std::min(answers_.max_connection_bytes_, answers_.left());
  const uint64_t used = used_.load(std::memory_order_relaxed);
  return most - std::min(most, used);
}

bool Answers::Account::Take(uint64_t bytes) {
  if (bytes > Room()) return false;
  uint64_t used = answers_.used();
  do {
    if (bytes > answers_.max_bytes_ - used) return false;
  } while (!answers_.used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  used_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

void Answers::Account::Return(uint64_t bytes) {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  answers_.used_.fetch_sub(bytes, std::memory_order_relaxed);
}

// -- Share --

bool Answers::Share::Take(uint64_t bytes) {
  if (!account_->Take(bytes)) return false;
  bytes_ += bytes;
  return true;
}

bool Answers::Share::Resize(uint64_t bytes) {
  if (bytes > bytes_) return Take(bytes - bytes_);
  account_->Return(std::exchange(bytes_, bytes) - bytes);
  return true;
}

void Answers::Share::Return() {
  if (bytes_ > 0) account_->Return(std::exchange(bytes_, 0));
}

// -- Answers --

Answers::AccountPtr Answers::AccountOf(std::string_view peer) {
  absl::MutexLock lock(mutex_);
  std::weak_ptr<Account>& known = accounts_[peer];
  if (AccountPtr account = known.lock()) return account;
  // At its end it is forgotten, unless there is another one of that name by then.
  AccountPtr account(new Account(*this), [this, name = std::string(peer)](Account* ended) {
    delete ended;
    absl::MutexLock lock(mutex_);
    const auto found = accounts_.find(name);
    if (found != accounts_.end() && found->second.expired()) accounts_.erase(found);
  });
  known = account;
  return account;
}

absl::Status Answers::NoRoomError() const {
  return QuotaError(Reason::kLimitReached, "max_connection_answer_bytes", max_connection_bytes_,
                    "too many answers wait to be read; read them first");
}

uint64_t BytesUntilRead(const google::protobuf::Message& message) {
  return message.SpaceUsedLong() + message.ByteSizeLong();
}

}  // namespace davit::server
