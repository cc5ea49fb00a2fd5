#ifndef DAVIT_RUNTIME_WASI_IO_POLL_HOST_H_
#define DAVIT_RUNTIME_WASI_IO_POLL_HOST_H_

#include <cstdint>
#include <vector>

#include "runtime/wasi/bindings/io_poll.h"
#include "runtime/wasi/core.h"

namespace davit::wasi::io {

// wasi:io/poll. A poll answers with all that are ready, in the order of the list.
class PollHost final : public p2::io::poll::Host {
 public:
  // `core` must outlive it.
  explicit PollHost(Core& core) : core_(core) {}

  absl::StatusOr<bool> PollableReady(canon::Borrow<p2::io::poll::Pollable> self) override;
  void PollableBlock(canon::Borrow<p2::io::poll::Pollable> self,
                     component::Reply<void> reply) override;
  absl::Status DropPollable(handles::Rep rep) override;
  void Poll(std::vector<canon::Borrow<p2::io::poll::Pollable>> in,
            component::Reply<std::vector<uint32_t>> reply) override;

 private:
  absl::StatusOr<std::vector<Waitable*>> Waitables(
      const std::vector<canon::Borrow<p2::io::poll::Pollable>>& in);

  Core& core_;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_POLL_HOST_H_
