#ifndef DAVIT_SERVER_RPC_ANSWERS_H_
#define DAVIT_SERVER_RPC_ANSWERS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/message.h"

namespace davit::server {

// The memory for answers: of each from when it is made until the connection has taken it, which is
// as long as the client likes. There is so much for all together, and a connection gets so much of
// it at most, and never more than is left for the others: however many hold what they got, there
// is some left for the next one. What is small beside the RPC that it answers does not count.
// Thread-safe; must outlive its accounts.
class Answers {
 public:
  // Of an answer that does not count.
  static constexpr uint64_t kSmallBytes = 16 << 10;

  Answers(uint64_t max_bytes, uint64_t max_connection_bytes)
      : max_bytes_(max_bytes), max_connection_bytes_(max_connection_bytes) {}
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  // What one connection has taken.
  class Account {
   public:
    explicit Account(Answers& answers) : answers_(answers) {}
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    // How many more bytes there are for this connection.
    uint64_t Room() const;

   private:
    friend class Answers;
    bool Take(uint64_t bytes);
    void Return(uint64_t bytes);

    Answers& answers_;
    std::atomic<uint64_t> used_ = 0;
  };
  using AccountPtr = std::shared_ptr<Account>;

  // Bytes of one answer, which go back when it is destroyed. Not thread-safe.
  class Share {
   public:
    Share() = default;
    explicit Share(AccountPtr account) : account_(std::move(account)) {}
    ~Share() { Return(); }
    Share(Share&& other) noexcept
        : account_(std::move(other.account_)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      Return();
      account_ = std::move(other.account_);
      bytes_ = std::exchange(other.bytes_, 0);
      return *this;
    }

    bool has_account() const { return account_ != nullptr; }
    uint64_t bytes() const { return bytes_; }
    // REQUIRES for both: has_account().
    // Takes so many bytes more. False, and nothing is taken, when there is no room for them.
    bool Take(uint64_t bytes);
    // Makes it this many. False, and it is left alone, when there is no room for more.
    bool Resize(uint64_t bytes);

   private:
    void Return();

    AccountPtr account_;
    uint64_t bytes_ = 0;
  };

  // The account of the connection that gRPC calls `peer`: connections over one unix socket, which
  // have no names of their own, share one.
  AccountPtr AccountOf(std::string_view peer);
  // Whether so little is taken that every connection has room. Costs a load: to be asked first.
  bool plenty() const {
    const uint64_t used = used_.load(std::memory_order_relaxed);
    return used < max_connection_bytes_ && used < max_bytes_ - used;
  }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t max_connection_bytes() const { return max_connection_bytes_; }

  // kLimitReached: the client has too many answers to read.
  absl::Status NoRoomError() const;

 private:
  uint64_t left() const { return max_bytes_ - used(); }

  const uint64_t max_bytes_;
  const uint64_t max_connection_bytes_;
  std::atomic<uint64_t> used_ = 0;  // never over max_bytes_
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::weak_ptr<Account>> accounts_ ABSL_GUARDED_BY(mutex_);
};

// What a message takes while it waits to be read: itself, as it is in memory, and its encoding.
uint64_t BytesUntilRead(const google::protobuf::Message& message);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_ANSWERS_H_
