#ifndef DAVIT_SERVER_TRANSPORT_TOKEN_BUCKET_H_
#define DAVIT_SERVER_TRANSPORT_TOKEN_BUCKET_H_

#include <algorithm>
#include <cstdint>
#include <utility>

namespace davit::server {

// So many at once and so many a second. Times are milliseconds of one steady clock. Not
// thread-safe.
class TokenBucket {
 public:
  TokenBucket(uint64_t burst, uint64_t per_second, int64_t now_ms)
      : most_(kOne * static_cast<int64_t>(burst)),
        per_ms_(static_cast<int64_t>(per_second)),
        tokens_(most_),
        filled_ms_(now_ms) {}

  // Takes `count`, or nothing and returns false when there are fewer.
  bool Take(uint64_t count, int64_t now_ms) {
    Fill(now_ms);
    const int64_t wanted = kOne * static_cast<int64_t>(count);
    if (wanted > tokens_) return false;
    tokens_ -= wanted;
    return true;
  }

  // Adds `count`, up to the burst.
  void Give(uint64_t count) {
    tokens_ = std::min(most_, tokens_ + kOne * static_cast<int64_t>(count));
  }
  // What is missing from the burst, as of the last Take.
  uint64_t missing() const { return static_cast<uint64_t>((most_ - tokens_) / kOne); }

 private:
  static constexpr int64_t kOne = 1000;  // a token in its smallest parts: one a second is one a ms

  void Fill(int64_t now_ms) {
    if (now_ms <= filled_ms_) return;
    const int64_t elapsed = now_ms - std::exchange(filled_ms_, now_ms);
    const bool full = per_ms_ > 0 && elapsed >= most_ / per_ms_;
    tokens_ = full ? most_ : std::min(most_, tokens_ + elapsed * per_ms_);
  }

  int64_t most_;
  int64_t per_ms_;
  int64_t tokens_;
  int64_t filled_ms_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_TRANSPORT_TOKEN_BUCKET_H_
