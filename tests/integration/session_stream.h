#ifndef DAVIT_TESTS_INTEGRATION_SESSION_STREAM_H_
#define DAVIT_TESTS_INTEGRATION_SESSION_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "davit/v1/call_service.grpc.pb.h"
#include "davit/v1/val.pb.h"
#include "grpcpp/grpcpp.h"

namespace davit::integration {

// One Session RPC over a connection of its own. A write or read that fails is one of the
// test. Not thread-safe, but one thread may write while another reads.
class SessionStream {
 public:
  // `address` is "host:port".
  explicit SessionStream(const std::string& address);

  void Write(const v1::SessionRequest& request);
  void Call(uint64_t id, const std::string& instance, const std::string& function,
            const std::vector<v1::Val>& args = {});
  // The next answer.
  v1::SessionResponse Read();
  // Waits until the server has admitted all calls that were written, in whose order it does so:
  // from then on they run or wait in the queues of their cells. None may be answered meanwhile.
  void AwaitAdmission();
  // Ends the stream from this side without waiting for anything.
  void Cancel() { context_.TryCancel(); }
  // Half-closes, reads what is left, and says how the stream ended.
  absl::Status Finish();
  // Answers that Finish() has read.
  int unread() const { return unread_; }

 private:
  std::unique_ptr<v1::CallService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
  int unread_ = 0;
};

}  // namespace davit::integration

#endif  // DAVIT_TESTS_INTEGRATION_SESSION_STREAM_H_
