#include "client/cli/call_text.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/text/wave.h"
#include "runtime/types/type_proto.h"

namespace davit::client::cli {
namespace {

// The component that `name` runs when it is an instance, which `target` then names; else `name` is
// taken for a component.
absl::StatusOr<std::string> ResolveTarget(Client& client, std::string_view name,
                                          v1::CallRequest& target) {
  if (!absl::StrContains(name, "/components/")) {
    absl::StatusOr<v1::Instance> instance = client.GetInstance(name);
    if (instance.ok()) {
      target.set_instance(instance->name());
      return instance->component();
    }
    const bool full = absl::StrContains(name, "/instances/");
    if (full || !absl::IsNotFound(instance.status())) return instance.status();
  }
  target.set_component(client.ComponentName(name));
  return target.component();
}

}  // namespace

absl::StatusOr<Callee> FindCallee(Client& client, std::string_view name) {
  Callee callee;
  DAVIT_ASSIGN_OR_RETURN(const std::string component, ResolveTarget(client, name, callee.target));
  absl::StatusOr<v1::Component> described = client.GetComponent(component);
  if (absl::IsNotFound(described.status()) && !absl::StrContains(name, "/")) {
    return absl::NotFoundError(absl::StrCat("no instance and no component is called \"", name,
                                            "\": see `davit instances` and `davit components`"));
  }
  DAVIT_RETURN_IF_ERROR(described.status());
  DAVIT_ASSIGN_OR_RETURN(callee.world, types::FromProto(described->world()));
  return callee;
}

absl::StatusOr<TypedRequest> ParseCall(const Callee& callee, std::string_view text) {
  DAVIT_ASSIGN_OR_RETURN(const text::ParsedCall parsed, text::ParseWaveCall(text));
  const std::string name = parsed.interface.empty()
                               ? parsed.function
                               : absl::StrCat(parsed.interface, "#", parsed.function);
  DAVIT_ASSIGN_OR_RETURN(const types::ExportedFunc func,
                         types::FindExportedFunc(callee.world, name));
  DAVIT_ASSIGN_OR_RETURN(auto args,
                         text::ParseWaveArgs(parsed.args, func.type->params, parsed.args_column));
  TypedRequest typed{.request = callee.target, .type = *func.type};
  typed.request.set_function(func.name);
  for (auto& arg : args) *typed.request.add_args() = std::move(arg);
  return typed;
}

absl::StatusOr<std::string> ResultText(const TypedRequest& typed,
                                       const v1::CallResponse& response) {
  if (typed.type.result == nullptr) return "";
  if (response.results_size() != 1) {
    return absl::DataLossError("the server sent no result");
  }
  return text::ToWave(response.results(0), *typed.type.result);
}

}  // namespace davit::client::cli
