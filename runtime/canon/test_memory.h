#ifndef DAVIT_RUNTIME_CANON_TEST_MEMORY_H_
#define DAVIT_RUNTIME_CANON_TEST_MEMORY_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/base/trap.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/guest_memory.h"
#include "runtime/handles/handle_table.h"

// Guests for tests and benchmarks, without an engine.
namespace davit::canon {

// A call of realloc.
struct ReallocCall {
  uint32_t old_pointer, old_size, alignment, new_size;
  friend bool operator==(const ReallocCall&, const ReallocCall&) = default;
};

// Linear memory with a realloc that never reuses an address, moves every time and clears what it
// leaves: so that only what a caller writes to the right place is found there.
class TestMemory final : public GuestMemory {
 public:
  static constexpr size_t kInitialBytes = size_t{64} * 1024;

  explicit TestMemory(size_t size = kInitialBytes, uint32_t first_free = 1024)
      : bytes_(size), next_(first_free) {}

  std::span<uint8_t> View() override { return bytes_; }

  absl::StatusOr<uint32_t> Realloc(uint32_t old_pointer, uint32_t old_size, uint32_t alignment,
                                   uint32_t new_size) override {
    if (keeps_log_) calls_.push_back({old_pointer, old_size, alignment, new_size});
    if (!answers_.empty()) {
      absl::StatusOr<uint32_t> answer = answers_.front();
      answers_.pop_front();
      return answer;
    }
    const uint64_t pointer = (uint64_t{next_} + alignment - 1) / alignment * alignment;
    if (pointer + new_size > bytes_.size()) Grow(pointer + new_size);
    next_ = static_cast<uint32_t>(pointer + new_size);
    Move(old_pointer, old_size, static_cast<uint32_t>(pointer), new_size);
    return static_cast<uint32_t>(pointer);
  }

  // The next calls of realloc answer with these, and do nothing.
  void AnswerRealloc(absl::StatusOr<uint32_t> answer) { answers_.push_back(std::move(answer)); }
  const std::vector<ReallocCall>& calls() const { return calls_; }
  void KeepNoLog() { keeps_log_ = false; }
  // Frees everything that realloc gave.
  void Reset(uint32_t first_free = 1024) { next_ = first_free; }
  uint32_t next() const { return next_; }

  void Write(uint32_t offset, std::string_view bytes) {
    std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
  }
  template <typename T>
  void Put(uint32_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof(T));
  }
  template <typename T>
  T Get(uint32_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }
  std::string Read(uint32_t offset, size_t size) const {
    return std::string(reinterpret_cast<const char*>(bytes_.data()) + offset, size);
  }
  size_t size() const { return bytes_.size(); }

 private:
  // Replaces the bytes, as memory.grow may: views of before are then wild.
  void Grow(uint64_t needed) {
    std::vector<uint8_t> larger(needed + kInitialBytes);
    std::copy(bytes_.begin(), bytes_.end(), larger.begin());
    bytes_ = std::move(larger);
  }
  void Move(uint32_t from, uint32_t from_size, uint32_t to, uint32_t to_size) {
    if (from_size == 0) return;
    std::memcpy(bytes_.data() + to, bytes_.data() + from, std::min(from_size, to_size));
    std::memset(bytes_.data() + from, 0, from_size);
  }

  std::vector<uint8_t> bytes_;
  uint32_t next_;
  bool keeps_log_ = true;
  std::vector<ReallocCall> calls_;
  std::deque<absl::StatusOr<uint32_t>> answers_;
};

// One component instance's side of a call
struct TestGuest {
  explicit TestGuest(StringEncoding encoding = StringEncoding::kUtf8) {
    context.memory = &memory;
    context.encoding = encoding;
    context.handles = &handles;
    context.scope = &scope;
    context.instance = kInstance;
    context.resource_definers = resource_definers;
    context.copy_budget = &copy_budget;
  }
  TestGuest(const TestGuest&) = delete;
  TestGuest& operator=(const TestGuest&) = delete;

  TestMemory memory;
  handles::HandleBudget handle_budget{100, nullptr};
  handles::HandleTable handles{handle_budget};
  handles::CallScope scope;
  static constexpr uint32_t kInstance = 5;
  std::array<uint32_t, 2> resource_definers = {0, 0};
  uint64_t copy_budget = uint64_t{1} << 40;
  CallContext context;
};

// The trap that `status` is; kUnspecified for any other status.
inline base::TrapCode TrapCodeOf(const absl::Status& status) {
  const std::optional<base::Trap> trap = base::TrapOf(status);
  return trap.has_value() ? trap->code : base::TrapCode::kUnspecified;
}

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_TEST_MEMORY_H_
