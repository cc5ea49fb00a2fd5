#ifndef DAVIT_RUNTIME_WASI_SOCKETS_UDP_SOCKET_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_UDP_SOCKET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "runtime/wasi/io/waitable.h"
#include "runtime/wasi/net/address.h"
#include "runtime/wasi/sockets/datagrams.h"
#include "runtime/wasi/sockets/descriptor.h"
#include "runtime/wasi/sockets/environment.h"
#include "runtime/wasi/sockets/error_code.h"

namespace davit::wasi::sockets {

// The two streams of a socket of UDP.
struct DatagramStreams {
  std::shared_ptr<IncomingDatagrams> in;
  std::shared_ptr<OutgoingDatagrams> out;
};

// A socket of UDP, as the resource udp-socket has it in every version of wasi:sockets. A method
// that its state does not allow is kInvalidState and changes nothing. Always ready.
class UdpSocket final : public io::Waitable {
 public:
  // `environment` must outlive it. kAccessDenied where nothing of UDP is granted.
  static Result<std::shared_ptr<UdpSocket>> Create(Environment& environment, net::Family family);

  // A socket whose bind has failed is as new.
  Result<void> StartBind(const net::Endpoint& local);
  Result<void> FinishBind();
  // To and from one peer, or all. Traps while earlier ones live.
  absl::StatusOr<Result<DatagramStreams>> Stream(std::optional<net::Endpoint> remote);

  Result<net::Endpoint> LocalAddress() const;
  Result<net::Endpoint> RemoteAddress() const;
  net::Family family() const { return family_; }

  Result<uint8_t> UnicastHopLimit() const;
  Result<void> SetUnicastHopLimit(uint8_t hops);
  Result<uint64_t> ReceiveBufferSize() const;
  Result<void> SetReceiveBufferSize(uint64_t bytes);
  Result<uint64_t> SendBufferSize() const;
  Result<void> SetSendBufferSize(uint64_t bytes);

  bool Ready() override { return true; }
  void Arm(const io::Waker& waker) override { waker.Wake(); }

 private:
  enum class State { kUnbound, kBinding, kBound };

  UdpSocket(Environment& environment, net::Family family, std::shared_ptr<Descriptor> socket)
      : environment_(environment), family_(family), socket_(std::move(socket)) {}

  Environment& environment_;
  const net::Family family_;
  const std::shared_ptr<Descriptor> socket_;
  State state_ = State::kUnbound;
  net::Endpoint wanted_local_;        // by the guest, once bound
  std::optional<ErrorCode> failure_;  // of the bind
  std::optional<net::Endpoint> remote_;
  std::weak_ptr<IncomingDatagrams> in_;
  std::weak_ptr<OutgoingDatagrams> out_;
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_UDP_SOCKET_H_
