#include "runtime/wasi/sockets/descriptor.h"

#include <poll.h>

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/wasi/io/reactor_impl.h"

namespace davit::wasi::sockets {
namespace {

using boost::asio::posix::descriptor_base;

// Whoever waits in one direction: one operation of Asio's at a time, whoever it is.
struct Slot {
  io::WakerSlot waker;
  std::atomic<bool> is_waiting = false;
};

}  // namespace

struct Descriptor::Waits {
  Waits(io::Reactor& reactor, int fd) : descriptor(reactor.impl().context(), fd) {}

  void Begin(descriptor_base::wait_type type, const std::shared_ptr<Slot>& slot) {
    absl::MutexLock lock(mutex);
    descriptor.async_wait(type, [slot](const boost::system::error_code& error) {
      slot->is_waiting = false;
      if (error != boost::asio::error::operation_aborted) slot->waker.Wake();
    });
  }

  absl::Mutex mutex;
  boost::asio::posix::stream_descriptor descriptor ABSL_GUARDED_BY(mutex);
  const std::shared_ptr<Slot> in = std::make_shared<Slot>();
  const std::shared_ptr<Slot> out = std::make_shared<Slot>();
};

Descriptor::Descriptor(io::Reactor& reactor, int fd, std::shared_ptr<void> permit)
    : permit_(std::move(permit)), fd_(fd), waits_(std::make_unique<Waits>(reactor, fd)) {}

Descriptor::~Descriptor() = default;

bool Descriptor::Ready(Direction direction) const {
  pollfd poll = {
      .fd = fd_,
      .events = static_cast<short>(direction == Direction::kIn ? POLLIN | POLLRDHUP : POLLOUT)};
  return ::poll(&poll, 1, 0) != 0;
}

void Descriptor::Arm(Direction direction, const io::Waker& waker) {
  const bool is_in = direction == Direction::kIn;
  const std::shared_ptr<Slot>& slot = is_in ? waits_->in : waits_->out;
  slot->waker.Arm(waker);
  // One that is under way tells the new waker. If it has just ended it may tell it too soon, which
  // does no harm.
  if (slot->is_waiting.exchange(true)) return;
  waits_->Begin(is_in ? descriptor_base::wait_read : descriptor_base::wait_write, slot);
}

}  // namespace davit::wasi::sockets
