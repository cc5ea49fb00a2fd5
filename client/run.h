#ifndef DAVIT_CLIENT_RUN_H_
#define DAVIT_CLIENT_RUN_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "davit/v1/call_service.grpc.pb.h"

namespace davit::client {

// Between what a command reads and writes, as descriptors of this process, which stay its own.
struct RunOptions {
  int in = -1;   // -1: nothing to read
  int out = -1;  // -1: what is written is dropped
  int err = -1;
  // How long it may run; as long as the server allows.
  absl::Duration timeout = absl::InfiniteDuration();
};

// Runs a command on a fresh instance, and returns its exit code when all that it has written is
// out. Errors: of writing to the descriptors, which ends the command; those of the server.
absl::StatusOr<uint32_t> RunCommand(v1::CallService::Stub& calls,
                                    const v1::RunRequest::Start& start, const RunOptions& options);

}  // namespace davit::client

#endif  // DAVIT_CLIENT_RUN_H_
