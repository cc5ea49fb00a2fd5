#ifndef DAVIT_RUNTIME_BASE_REUSED_H_
#define DAVIT_RUNTIME_BASE_REUSED_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace davit::base {

// Makes objects of one kind in memory that it uses again: once there has been one, the next costs
// no allocation. Not thread-safe.
template <typename T>
class Reused {
 public:
  // More memory than for so many objects is not kept.
  static constexpr size_t kMaxKept = 16;

  Reused() = default;
  Reused(const Reused&) = delete;
  Reused& operator=(const Reused&) = delete;

  // Ends the object. The Reused that made it must live.
  class Deleter {
   public:
    explicit Deleter(Reused* owner = nullptr) : owner_(owner) {}
    void operator()(T* object) const { owner_->End(object); }

   private:
    Reused* owner_;
  };
  using Ptr = std::unique_ptr<T, Deleter>;

  template <typename... Args>
  Ptr Make(Args&&... args) {
    if (kept_.empty()) kept_.push_back(std::make_unique<Memory>());
    Memory* const memory = kept_.back().release();
    kept_.pop_back();
    return Ptr(std::construct_at(reinterpret_cast<T*>(memory), std::forward<Args>(args)...),
               Deleter(this));
  }

 private:
  struct alignas(T) Memory {
    std::byte bytes[sizeof(T)];
  };
  void End(T* object) {
    std::destroy_at(object);
    std::unique_ptr<Memory> memory(reinterpret_cast<Memory*>(object));
    if (kept_.size() < kMaxKept) kept_.push_back(std::move(memory));
  }

  std::vector<std::unique_ptr<Memory>> kept_;
};

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_REUSED_H_
