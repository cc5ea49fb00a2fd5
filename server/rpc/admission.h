#ifndef DAVIT_SERVER_RPC_ADMISSION_H_
#define DAVIT_SERVER_RPC_ADMISSION_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "server/app/config.pb.h"
#include "server/rpc/answers.h"
#include "server/rpc/request.h"
#include "server/tenants/quota.h"
#include "server/tenants/tenant.h"

namespace davit::server {

// What every RPC passes before anything is done for it, by the wrappers in handlers.h: it says who
// asks and until when. Keeps the books on what all RPCs take together. Thread-safe.
class Admission {
 public:
  // `config` and `tenant` must outlive it. `tenant` asks for everything, until there is
  // authentication.
  Admission(const Config& config, const Tenant& tenant);
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // Of an RPC that begins now.
  Request Admit(const google::protobuf::MethodDescriptor& method,
                grpc::CallbackServerContext& context);
  // Of a message that comes now, on the stream that `stream` was made for: with a budget of its
  // own.
  Request AdmitNext(const Request& stream);

  // kServerDraining once Close() was called: for whatever starts work.
  absl::Status CheckOpen() const;
  // Shutdown has begun. False when it had before.
  bool Close() { return !closed_.exchange(true); }

  // What a request that is going to wait takes of the memory for all of them: `bytes`, as Parsed
  // has them. To be kept until it has run. kQueueFull when there is no room.
  absl::StatusOr<Quota::Share> TakeRequestShare(uint64_t bytes);
  Answers& answers() { return answers_; }

 private:
  const Config::Deadlines& deadlines_;
  const Tenant& tenant_;
  Answers answers_;
  Quota request_quota_;  // bytes
  std::atomic<bool> closed_ = false;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_ADMISSION_H_
