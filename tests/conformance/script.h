#ifndef DAVIT_TESTS_CONFORMANCE_SCRIPT_H_
#define DAVIT_TESTS_CONFORMANCE_SCRIPT_H_

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// A .wast script as wast2json writes it: commands in file order, binaries loaded.
namespace davit::conformance {

enum class CommandType : uint8_t {
  kModule,            // define, instantiate, make current
  kModuleDefinition,  // define under a name
  kModuleInstance,    // instantiate a definition, make current
  kAction,
  kAssertReturn,
  kAssertTrap,
  kAssertInvalid,
  kAssertMalformed,
  kAssertUnlinkable,
  kAssertUninstantiable,  // instantiation traps
  kOther,                 // a command that no component script uses
};

std::string_view CommandTypeName(CommandType type);
// Whether a command of this type states something that can hold or not.
bool IsAssertion(CommandType type);

// The call of an export of the current instance. Values keep their JSON form: val_json.h reads it.
struct Action {
  bool is_invoke = false;
  std::string field;
  std::vector<google::protobuf::Value> args;
};

struct Command {
  CommandType type = CommandType::kOther;
  uint32_t line = 0;
  std::string module;  // name of the definition that is made or instantiated; may be empty
  std::string name;    // name of the instance that is made; may be empty
  // The binary; null when there is none: of a quoted text that does not parse.
  std::shared_ptr<const std::string> binary;
  std::string text;  // the expected message
  Action action;
  std::vector<google::protobuf::Value> expected;
};

struct Script {
  std::string source;  // the path of the .wast file
  std::string error;   // why it was not converted; then there are no commands
  std::vector<Command> commands;
};

// Reads `json`, written by wast2json, and the binaries beside it.
absl::StatusOr<Script> ReadScript(const std::filesystem::path& json);

// All .wast files below the given files and directories, sorted, each once. NOT_FOUND names what
// does not exist.
absl::StatusOr<std::vector<std::string>> FindScripts(const std::vector<std::string>& paths);

// Converts `files` with the program `wast2json` and reads them back, in the same order. Starts a
// process, so it must come before V8.
absl::StatusOr<std::vector<Script>> ConvertScripts(const std::string& wast2json,
                                                   const std::vector<std::string>& files);

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_SCRIPT_H_
