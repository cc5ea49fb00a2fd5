#include "runtime/wasi/io/reactor.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "runtime/wasi/io/reactor_impl.h"

namespace davit::wasi::io {
namespace {

class Timer final : public Waitable {
 public:
  Timer(boost::asio::io_context& context, MonotonicTime time) : time_(time), timer_(context) {}

  bool Ready() override { return time_ != kNever && std::chrono::steady_clock::now() >= time_; }

  void Arm(const Waker& waker) override {
    if (time_ == kNever) return;
    timer_.expires_at(time_);  // Cancels what was armed before.
    timer_.async_wait([waker](const boost::system::error_code& error) {
      if (!error) waker.Wake();
    });
  }

 private:
  const MonotonicTime time_;
  boost::asio::steady_timer timer_;
};

}  // namespace

Reactor::Reactor() : impl_(std::make_unique<Impl>()) {}
Reactor::~Reactor() = default;

void Reactor::Post(absl::AnyInvocable<void()> function) {
  boost::asio::post(impl_->context(), std::move(function));
}

std::unique_ptr<Waitable> Reactor::NewTimer(MonotonicTime time) {
  return std::make_unique<Timer>(impl_->context(), time);
}

}  // namespace davit::wasi::io
