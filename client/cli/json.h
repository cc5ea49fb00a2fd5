#ifndef DAVIT_CLIENT_CLI_JSON_H_
#define DAVIT_CLIENT_CLI_JSON_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/json_util.h"

namespace davit::client::cli {

// `message` as a document of several lines.
inline absl::Status PrintJson(const google::protobuf::Message& message, std::ostream& out) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) return absl::InternalError(std::string(status.message()));
  out << json;
  return absl::OkStatus();
}

}  // namespace davit::client::cli

#endif  // DAVIT_CLIENT_CLI_JSON_H_
