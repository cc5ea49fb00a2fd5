#include "tests/conformance/script.h"

#include <google/protobuf/util/json_util.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::conformance {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr std::array kTypes = {
    std::pair{"module", CommandType::kModule},
    std::pair{"module_definition", CommandType::kModuleDefinition},
    std::pair{"module_instance", CommandType::kModuleInstance},
    std::pair{"action", CommandType::kAction},
    std::pair{"assert_return", CommandType::kAssertReturn},
    std::pair{"assert_trap", CommandType::kAssertTrap},
    std::pair{"assert_invalid", CommandType::kAssertInvalid},
    std::pair{"assert_malformed", CommandType::kAssertMalformed},
    std::pair{"assert_unlinkable", CommandType::kAssertUnlinkable},
    std::pair{"assert_uninstantiable", CommandType::kAssertUninstantiable},
    std::pair{"other", CommandType::kOther},
};

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream contents;
  contents << stream.rdbuf();
  if (!stream) return absl::NotFoundError(absl::StrCat("cannot read ", path.string()));
  return std::move(contents).str();
}

const Value& Field(const Struct& object, const char* name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? Value::default_instance() : found->second;
}

std::string Text(const Struct& object, const char* name) {
  return Field(object, name).string_value();
}

std::vector<Value> Values(const Struct& object, const char* name) {
  const auto& values = Field(object, name).list_value().values();
  return {values.begin(), values.end()};
}

CommandType TypeOf(const Struct& object) {
  const std::string name = Text(object, "type");
  const auto found = std::ranges::find(kTypes, name, [](const auto& type) { return type.first; });
  return found == kTypes.end() ? CommandType::kOther : found->second;
}

Action ReadAction(const Struct& object) {
  return {.is_invoke = Text(object, "type") == "invoke",
          .field = Text(object, "field"),
          .args = Values(object, "args")};
}

// The binary of a command, which for a quoted text lies beside it when the text parses.
absl::StatusOr<std::shared_ptr<const std::string>> ReadBinary(const Struct& object,
                                                              const fs::path& directory) {
  const std::string name = Text(object, "filename");
  const fs::path path = (directory / name).replace_extension(".wasm");
  if (name.empty() || (absl::EndsWith(name, ".wat") && !fs::exists(path))) return nullptr;
  DAVIT_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  return std::make_shared<const std::string>(std::move(bytes));
}

absl::StatusOr<Command> ReadCommand(const Struct& object, const fs::path& directory) {
  Command command;
  command.type = TypeOf(object);
  command.line = static_cast<uint32_t>(Field(object, "line").number_value());
  const bool instantiates = command.type == CommandType::kModuleInstance;
  command.module = Text(object, instantiates ? "module" : "name");
  command.name = Text(object, instantiates ? "instance" : "name");
  command.text = Text(object, "text");
  command.action = ReadAction(Field(object, "action").struct_value());
  command.expected = Values(object, "expected");
  DAVIT_ASSIGN_OR_RETURN(command.binary, ReadBinary(object, directory));
  return command;
}

// A directory that is removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "davit-conformance-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  // Empty when it could not be made.
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

absl::Status RunProgram(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  pid_t pid = 0;
  if (posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) {
    return absl::NotFoundError(absl::StrCat("cannot run ", command[0]));
  }
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || status != 0) {
    return absl::InternalError(absl::StrCat(command[0], " failed"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view CommandTypeName(CommandType type) {
  return std::ranges::find(kTypes, type, [](const auto& entry) { return entry.second; })->first;
}

bool IsAssertion(CommandType type) {
  return type >= CommandType::kAssertReturn && type <= CommandType::kAssertUninstantiable;
}

absl::StatusOr<Script> ReadScript(const fs::path& json) {
  DAVIT_ASSIGN_OR_RETURN(const std::string text, ReadFile(json));
  Struct object;
  if (const auto status = google::protobuf::util::JsonStringToMessage(text, &object);
      !status.ok()) {
    return absl::DataLossError(absl::StrCat(json.string(), ": ", status.ToString()));
  }
  Script script{.source = Text(object, "source_filename"), .error = Text(object, "error")};
  for (const Value& command : Field(object, "commands").list_value().values()) {
    DAVIT_ASSIGN_OR_RETURN(Command read, ReadCommand(command.struct_value(), json.parent_path()));
    script.commands.push_back(std::move(read));
  }
  return script;
}

absl::StatusOr<std::vector<std::string>> FindScripts(const std::vector<std::string>& paths) {
  std::set<std::string> found;
  for (const std::string& path : paths) {
    if (fs::is_regular_file(path)) {
      found.insert(path);
    } else if (fs::is_directory(path)) {
      for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.path().extension() == ".wast") found.insert(entry.path().string());
      }
    } else {
      return absl::NotFoundError(absl::StrCat("no such file or directory: ", path));
    }
  }
  return std::vector<std::string>(found.begin(), found.end());
}

absl::StatusOr<std::vector<Script>> ConvertScripts(const std::string& wast2json,
                                                   const std::vector<std::string>& files) {
  const TemporaryDirectory directory;
  if (directory.path().empty()) return absl::InternalError("cannot make a temporary directory");
  std::vector<std::string> command = {wast2json, directory.path().string()};
  command.insert(command.end(), files.begin(), files.end());
  DAVIT_RETURN_IF_ERROR(RunProgram(command));
  std::vector<Script> scripts;
  for (size_t i = 0; i < files.size(); ++i) {
    DAVIT_ASSIGN_OR_RETURN(Script script, ReadScript(directory.path() / absl::StrCat(i, ".json")));
    scripts.push_back(std::move(script));
  }
  return scripts;
}

}  // namespace davit::conformance
