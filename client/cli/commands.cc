#include "client/cli/commands.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/call_text.h"
#include "client/cli/files.h"
#include "client/cli/json.h"
#include "google/protobuf/util/time_util.h"
#include "runtime/base/status_macros.h"

namespace davit::client::cli {
namespace {

// `text` as a line, or `message` as JSON.
absl::Status Print(const std::string& text, const google::protobuf::Message& message,
                   Output output) {
  if (output.format == Format::kJson) return PrintJson(message, output.out);
  output.out << text << "\n";
  return absl::OkStatus();
}

std::string_view LastPart(std::string_view name) { return name.substr(name.rfind('/') + 1); }

// A component id from a file's name: "My_Tool.wasm" gives "my-tool".
std::string IdFromFile(const std::string& path) {
  std::string id = std::filesystem::path(path).stem().string();
  for (char& c : id) {
    c = std::isalnum(static_cast<unsigned char>(c))
            ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
            : '-';
  }
  return id;
}

std::string StateName(v1::Instance::State state) {
  std::string name = v1::Instance::State_Name(state).substr(std::string_view("STATE_").size());
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return c == '_' ? ' ' : static_cast<char>(std::tolower(c));
  });
  return name;
}

std::string ShortRevision(std::string_view revision) {
  constexpr size_t kShownDigits = 12;
  return std::string(LastPart(revision).substr(0, kShownDigits));
}

// A table with its columns aligned.
void PrintTable(const std::vector<std::vector<std::string>>& rows, std::ostream& out) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      out << row[i] << std::string(last ? 0 : widths[i] - row[i].size() + 2, ' ');
    }
    out << "\n";
  }
}

}  // namespace

absl::Status Deploy(Client& client, const DeployArgs& args, Output output) {
  DAVIT_ASSIGN_OR_RETURN(const std::string binary, ReadFile(args.file));
  const std::string id = args.name.empty() ? IdFromFile(args.file) : args.name;
  const auto mode =
      args.validate_only ? Client::DeployMode::kValidateOnly : Client::DeployMode::kStore;
  DAVIT_ASSIGN_OR_RETURN(const v1::Component component, client.Deploy(id, binary, mode));
  const std::string text =
      args.validate_only ? absl::StrCat(args.file, " is valid, ", component.size_bytes(), " bytes")
                         : absl::StrCat("deployed ", component.name(), ", revision ",
                                        ShortRevision(component.revision()), ", ",
                                        component.size_bytes(), " bytes");
  return Print(text, component, output);
}

absl::Status ListComponents(Client& client, Output output) {
  DAVIT_ASSIGN_OR_RETURN(const auto components, client.ListComponents());
  if (output.format == Format::kJson) {
    v1::ListComponentsResponse all;
    all.mutable_components()->Add(components.begin(), components.end());
    return PrintJson(all, output.out);
  }
  std::vector<std::vector<std::string>> rows = {{"COMPONENT", "REVISION", "BYTES"}};
  for (const auto& component : components) {
    rows.push_back({std::string(LastPart(component.name())), ShortRevision(component.revision()),
                    absl::StrCat(component.size_bytes())});
  }
  PrintTable(rows, output.out);
  return absl::OkStatus();
}

absl::Status Describe(Client& client, const std::string& name, Output output) {
  DAVIT_ASSIGN_OR_RETURN(const v1::Component component, client.GetComponent(name));
  return Print(component.world().wit(), component, output);
}

absl::Status Download(Client& client, const std::string& name, const std::string& file) {
  DAVIT_ASSIGN_OR_RETURN(const std::string binary, client.Download(name));
  std::ofstream out(file, std::ios::binary);
  out << binary;
  out.close();
  if (!out.good()) return absl::UnavailableError(absl::StrCat("cannot write ", file));
  return absl::OkStatus();
}

absl::Status Instantiate(Client& client, const InstantiateArgs& args, Output output) {
  v1::CreateInstanceRequest request;
  request.set_component(args.component);
  request.set_instance_id(args.name);
  if (args.dedicated) request.set_isolation(v1::ISOLATION_DEDICATED);
  request.mutable_limits()->set_memory_bytes(args.memory_bytes);
  for (const std::string& with : args.with) {
    const size_t equals = with.rfind('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == with.size()) {
      return absl::InvalidArgumentError(absl::StrCat("--with wants IMPORT=COMPONENT, got ", with));
    }
    v1::Composition* const composition = request.add_with();
    composition->set_import(with.substr(0, equals));
    composition->set_component(with.substr(equals + 1));
  }
  DAVIT_RETURN_IF_ERROR(SetWasi(args.wasi, request));
  if (args.lease_seconds) {
    google::protobuf::Duration& lease = *request.mutable_resource_lease();
    lease.set_seconds(static_cast<int64_t>(*args.lease_seconds));
    lease.set_nanos(
        static_cast<int32_t>((*args.lease_seconds - static_cast<double>(lease.seconds())) * 1e9));
  }
  DAVIT_ASSIGN_OR_RETURN(const v1::Instance instance, client.Instantiate(std::move(request)));
  return Print(std::string(LastPart(instance.name())), instance, output);
}

absl::Status ListInstances(Client& client, Output output) {
  DAVIT_ASSIGN_OR_RETURN(const auto instances, client.ListInstances());
  if (output.format == Format::kJson) {
    v1::ListInstancesResponse all;
    all.mutable_instances()->Add(instances.begin(), instances.end());
    return PrintJson(all, output.out);
  }
  std::vector<std::vector<std::string>> rows = {
      {"INSTANCE", "COMPONENT", "STATE", "CALLS", "MEMORY"}};
  for (const auto& instance : instances) {
    const std::vector<std::string_view> parts = absl::StrSplit(instance.component(), '/');
    rows.push_back({std::string(LastPart(instance.name())),
                    parts.size() > 3 ? std::string(parts[3]) : instance.component(),
                    StateName(instance.state()), absl::StrCat(instance.calls()),
                    absl::StrCat(instance.memory_bytes())});
  }
  PrintTable(rows, output.out);
  return absl::OkStatus();
}

absl::Status ListResources(Client& client, const std::string& instance, Output output) {
  DAVIT_ASSIGN_OR_RETURN(const auto resources, client.ListResources(instance));
  if (output.format == Format::kJson) {
    v1::ListResourcesResponse all;
    all.mutable_resources()->Add(resources.begin(), resources.end());
    return PrintJson(all, output.out);
  }
  std::vector<std::vector<std::string>> rows = {{"RESOURCE", "TYPE", "EXPIRES"}};
  for (const auto& resource : resources) {
    rows.push_back({resource.name(), resource.type(),
                    resource.has_expire_time()
                        ? google::protobuf::util::TimeUtil::ToString(resource.expire_time())
                        : "with its instance"});
  }
  PrintTable(rows, output.out);
  return absl::OkStatus();
}

absl::Status Renew(Client& client, const std::string& name, Output output) {
  DAVIT_ASSIGN_OR_RETURN(const v1::Resource resource, client.RenewResource(name));
  return Print(absl::StrCat("renewed ", resource.name()), resource, output);
}

absl::Status Call(Client& client, const CallArgs& args, Output output) {
  DAVIT_ASSIGN_OR_RETURN(const Callee callee, FindCallee(client, args.target));
  DAVIT_ASSIGN_OR_RETURN(TypedRequest typed, ParseCall(callee, args.call));
  DAVIT_RETURN_IF_ERROR(SetWasi(args.wasi, typed.request));
  if (args.defer_post_return) {
    typed.request.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
  }
  DAVIT_ASSIGN_OR_RETURN(const v1::CallResponse response, client.Call(typed.request));
  if (output.format == Format::kJson) return PrintJson(response, output.out);
  DAVIT_ASSIGN_OR_RETURN(const std::string text, ResultText(typed, response));
  if (!text.empty()) output.out << text << "\n";
  if (args.defer_post_return) output.out << "post-return pending: " << response.call_id() << "\n";
  return absl::OkStatus();
}

absl::Status PostReturn(Client& client, const PostReturnArgs& args, Output output) {
  v1::PostReturnRequest request;
  request.set_instance(client.InstanceName(args.instance));
  request.set_function(args.function);
  request.set_call_id(args.call_id);
  DAVIT_RETURN_IF_ERROR(client.PostReturn(request));
  return Print("done", v1::PostReturnResponse(), output);
}

absl::Status Drop(Client& client, const std::string& name, Output output) {
  if (absl::StrContains(name, "/resources/")) {
    DAVIT_RETURN_IF_ERROR(client.DropResource(name));
    return Print(absl::StrCat("dropped ", name), v1::DropResourceResponse(), output);
  }
  absl::Status status = absl::StrContains(name, "/components/") ? absl::NotFoundError("")
                                                                : client.DeleteInstance(name);
  if (absl::IsNotFound(status) && !absl::StrContains(name, "/instances/")) {
    status = client.DeleteComponent(name);
  }
  DAVIT_RETURN_IF_ERROR(status);
  return Print(absl::StrCat("dropped ", name), v1::DeleteInstanceResponse(), output);
}

}  // namespace davit::client::cli
