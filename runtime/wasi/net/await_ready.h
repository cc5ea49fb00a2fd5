#ifndef DAVIT_RUNTIME_WASI_NET_AWAIT_READY_H_
#define DAVIT_RUNTIME_WASI_NET_AWAIT_READY_H_

#include <atomic>
#include <memory>

#include "absl/synchronization/notification.h"
#include "runtime/wasi/io/waitable.h"
#include "runtime/wasi/io/waker.h"

namespace davit::wasi::net {

// For tests: waits as an instance does.
inline void AwaitReady(io::Waitable& waitable) {
  struct Notified final : io::Wakee {
    void Wake() override {
      if (!is_woken.exchange(true)) notification.Notify();
    }
    std::atomic<bool> is_woken = false;
    absl::Notification notification;
  };
  while (!waitable.Ready()) {
    const auto notified = std::make_shared<Notified>();
    waitable.Arm(io::Waker(notified));
    notified->notification.WaitForNotification();
  }
}

}  // namespace davit::wasi::net

#endif  // DAVIT_RUNTIME_WASI_NET_AWAIT_READY_H_
