#ifndef DAVIT_CLIENT_CLI_COMMANDS_H_
#define DAVIT_CLIENT_CLI_COMMANDS_H_

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/wasi_args.h"
#include "client/client.h"

// The subcommands of `davit`. Each does its work over `client`, writes its answer to `out` (one
// JSON document with Format::kJson) and returns why it could not.
namespace davit::client::cli {

enum class Format : uint8_t { kText, kJson };

struct Output {
  std::ostream& out;
  Format format = Format::kText;
};

struct DeployArgs {
  std::string file;
  std::string name;  // empty: from the file's name
  bool validate_only = false;
};
absl::Status Deploy(Client& client, const DeployArgs& args, Output output);
absl::Status ListComponents(Client& client, Output output);
// The world as WIT.
absl::Status Describe(Client& client, const std::string& name, Output output);
absl::Status Download(Client& client, const std::string& name, const std::string& file);

struct InstantiateArgs {
  std::string component;
  std::string name;  // empty: chosen by the server
  bool dedicated = false;
  uint64_t memory_bytes = 0;            // 0: the server's default
  std::vector<std::string> with;        // "IMPORT=COMPONENT"
  std::optional<double> lease_seconds;  // of resources; 0: none
  WasiArgs wasi;
};
absl::Status Instantiate(Client& client, const InstantiateArgs& args, Output output);
absl::Status ListInstances(Client& client, Output output);

// The resources of an instance that clients hold.
absl::Status ListResources(Client& client, const std::string& instance, Output output);
absl::Status Renew(Client& client, const std::string& resource, Output output);

struct CallArgs {
  std::string target;  // an instance, else a component (a fresh instance)
  std::string call;    // "interface#func(args)" in WAVE
  bool defer_post_return = false;
  WasiArgs wasi;  // for a component only
};
absl::Status Call(Client& client, const CallArgs& args, Output output);

struct PostReturnArgs {
  std::string instance, function, call_id;
};
absl::Status PostReturn(Client& client, const PostReturnArgs& args, Output output);

// Drops a resource, deletes the instance of that name or, when there is none, the component.
absl::Status Drop(Client& client, const std::string& name, Output output);

}  // namespace davit::client::cli

#endif  // DAVIT_CLIENT_CLI_COMMANDS_H_
