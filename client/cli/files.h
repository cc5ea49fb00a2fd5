#ifndef DAVIT_CLIENT_CLI_FILES_H_
#define DAVIT_CLIENT_CLI_FILES_H_

#include <string>

#include "absl/status/statusor.h"

namespace davit::client::cli {

// All of it. NOT_FOUND when it cannot be read.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace davit::client::cli

#endif  // DAVIT_CLIENT_CLI_FILES_H_
