#ifndef DAVIT_SERVER_DOWNLOAD_H_
#define DAVIT_SERVER_DOWNLOAD_H_

#include "absl/status/statusor.h"
#include "davit/v1/component_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/files.h"

namespace davit::server {

// The reactor of a DownloadComponent RPC, which owns itself: sends `file` in chunks, or ends with
// the error that it is instead.
grpc::ServerWriteReactor<v1::DownloadComponentResponse>* StartDownload(absl::StatusOr<File> file);

}  // namespace davit::server

#endif  // DAVIT_SERVER_DOWNLOAD_H_
