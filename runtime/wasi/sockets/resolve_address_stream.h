#ifndef DAVIT_RUNTIME_WASI_SOCKETS_RESOLVE_ADDRESS_STREAM_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_RESOLVE_ADDRESS_STREAM_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/wasi/io/waitable.h"
#include "runtime/wasi/net/address.h"
#include "runtime/wasi/sockets/environment.h"
#include "runtime/wasi/sockets/error_code.h"

namespace davit::wasi::sockets {

// The addresses of a name, as the resource resolve-address-stream has them. Ready: they are known,
// or why not.
class ResolveAddressStream final : public io::Waitable {
 public:
  // Begins to look up a name, or takes an address as itself. `environment` must outlive it.
  // kInvalidArgument for what is no name; kPermanentResolverFailure for one that is not granted.
  static Result<std::shared_ptr<ResolveAddressStream>> Create(Environment& environment,
                                                              std::string_view name);

  // The next one, nothing after the last; kWouldBlock before they are known.
  Result<std::optional<net::IpAddress>> Next();

  bool Ready() override;
  void Arm(const io::Waker& waker) override;

 private:
  struct Answer;

  ResolveAddressStream(Environment& environment, std::string name, std::shared_ptr<Answer> answer)
      : environment_(environment), name_(std::move(name)), answer_(std::move(answer)) {}

  // Of what has come, what the guest may know.
  Result<std::vector<net::IpAddress>> Learn();

  Environment& environment_;
  const std::string name_;
  const std::shared_ptr<Answer> answer_;
  std::optional<Result<std::vector<net::IpAddress>>> learned_;
  size_t next_ = 0;  // of them
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_RESOLVE_ADDRESS_STREAM_H_
