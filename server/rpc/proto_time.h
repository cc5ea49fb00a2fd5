#ifndef DAVIT_SERVER_RPC_PROTO_TIME_H_
#define DAVIT_SERVER_RPC_PROTO_TIME_H_

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace davit::server {

google::protobuf::Timestamp ToProto(absl::Time time);
google::protobuf::Duration ToProto(absl::Duration duration);
absl::Time FromProto(const google::protobuf::Timestamp& time);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_PROTO_TIME_H_
