#ifndef DAVIT_RUNTIME_WASI_SOCKETS_DATAGRAMS_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_DATAGRAMS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/wasi/io/waitable.h"
#include "runtime/wasi/net/address.h"
#include "runtime/wasi/sockets/descriptor.h"
#include "runtime/wasi/sockets/environment.h"
#include "runtime/wasi/sockets/error_code.h"

namespace davit::wasi::sockets {

// What one call moves at most.
inline constexpr size_t kMostDatagrams = 16;
inline constexpr size_t kMostDatagramBytesAtOnce = 64 * 1024;
// Of one datagram, whatever its family.
inline constexpr size_t kMostDatagramBytes = 65507;

struct Datagram {
  std::vector<uint8_t> data;
  net::Endpoint remote;
};

struct OutgoingDatagram {
  std::span<const uint8_t> data;
  std::optional<net::Endpoint> remote;  // none: the stream's
};

// Whether the instance may send there, also by what it knows of its names.
bool MaySend(const Environment& environment, const net::Endpoint& remote);

// What comes in on a socket, without what is not for the guest: from others than its peer, or from
// whom it may not receive. Ready: there is a datagram, or an error.
class IncomingDatagrams final : public io::Waitable {
 public:
  // `local` as the guest wanted it. `environment` must outlive it.
  IncomingDatagrams(Environment& environment, std::shared_ptr<Descriptor> socket,
                    const net::Endpoint& local, std::optional<net::Endpoint> remote)
      : environment_(environment), socket_(std::move(socket)), local_(local), remote_(remote) {}

  // As many as are there, and may be.
  Result<std::vector<Datagram>> Receive(uint64_t most);

  bool Ready() override;
  void Arm(const io::Waker& waker) override { socket_->Arm(Direction::kIn, waker); }

 private:
  // The size of the next one that is for the guest; kWouldBlock where none is there.
  Result<size_t> Next();
  bool IsWanted(const net::Endpoint& sender) const;
  void Discard();

  Environment& environment_;
  const std::shared_ptr<Descriptor> socket_;
  const net::Endpoint local_;
  const std::optional<net::Endpoint> remote_;
};

// What goes out on a socket. Ready: CheckSend() permits some.
class OutgoingDatagrams final : public io::Waitable {
 public:
  // `environment` must outlive it.
  OutgoingDatagrams(Environment& environment, std::shared_ptr<Descriptor> socket,
                    net::Family family, std::optional<net::Endpoint> remote)
      : environment_(environment), socket_(std::move(socket)), family_(family), remote_(remote) {}

  // How many datagrams the next Send() may have, once.
  uint64_t CheckSend();
  // How many of them were sent, from the first on; an error if that failed. Traps with more than
  // were permitted.
  absl::StatusOr<Result<uint64_t>> Send(std::span<const OutgoingDatagram> datagrams);

  bool Ready() override { return socket_->Ready(Direction::kOut); }
  void Arm(const io::Waker& waker) override { socket_->Arm(Direction::kOut, waker); }

 private:
  Result<net::Endpoint> RemoteOf(const OutgoingDatagram& datagram) const;
  Result<void> SendOne(const OutgoingDatagram& datagram);

  Environment& environment_;
  const std::shared_ptr<Descriptor> socket_;
  const net::Family family_;
  const std::optional<net::Endpoint> remote_;
  uint64_t permit_ = 0;
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_DATAGRAMS_H_
