#include "tests/wasi/guest.h"

#include <fstream>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/text/wave.h"
#include "runtime/wasi/context.h"
#include "runtime/wasi/core.h"

namespace davit::guests {
namespace {

// What the process has once; never destroyed.
struct Host {
  std::unique_ptr<engine::Engine> engine;
  wasi::Services services;
  std::shared_ptr<component::Linker> linker = std::make_shared<component::Linker>();
  // By path: compiling takes longer than running.
  std::map<std::string, std::shared_ptr<const component::LinkedComponent>> components;
};

absl::StatusOr<Host*> TheHost() {
  static Host* host = nullptr;
  if (host != nullptr) return host;
  auto made = std::make_unique<Host>();
  DAVIT_ASSIGN_OR_RETURN(made->engine, engine::Engine::Start({}));
  DAVIT_RETURN_IF_ERROR(wasi::AddToLinker(*made->linker));
  return host = made.release();
}

absl::StatusOr<std::shared_ptr<const component::LinkedComponent>> Load(Host& host,
                                                                       const std::string& path) {
  auto& loaded = host.components[path];
  if (loaded != nullptr) return loaded;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream contents;
  contents << stream.rdbuf();
  if (!stream) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  DAVIT_ASSIGN_OR_RETURN(auto component,
                         component::Component::Compile(
                             *host.engine, std::make_shared<const std::string>(contents.str())));
  DAVIT_ASSIGN_OR_RETURN(loaded, component::LinkedComponent::Link(component, host.linker));
  return loaded;
}

}  // namespace

absl::StatusOr<Guest> Guest::Create(const std::string& path,
                                    std::shared_ptr<const wasi::Config> config,
                                    const wasi::Stdio& stdio, absl::Time deadline) {
  DAVIT_ASSIGN_OR_RETURN(Host* const host, TheHost());
  DAVIT_ASSIGN_OR_RETURN(auto component, Load(*host, path));
  DAVIT_ASSIGN_OR_RETURN(auto cell, host->engine->NewCell({}));
  Guest guest(std::move(cell));
  const auto make_state = [host, config, stdio] {
    return std::make_unique<wasi::Context>(host->services, config, stdio);
  };
  guest.instance_ = component::Instance::Prepare(std::move(component), {}, make_state);
  engine::CellLock lock(*guest.cell_);
  DAVIT_RETURN_IF_ERROR(guest.instance_->Instantiate(lock, deadline));
  return guest;
}

absl::StatusOr<std::string> Guest::Call(std::string_view call, absl::Time deadline) {
  DAVIT_ASSIGN_OR_RETURN(const text::ParsedCall parsed, text::ParseWaveCall(call));
  const std::string name = parsed.interface.empty()
                               ? parsed.function
                               : absl::StrCat(parsed.interface, "#", parsed.function);
  const component::Component& component = instance_->component();
  DAVIT_ASSIGN_OR_RETURN(const component::ExportFuncId func, component.FindFunc(name));
  const types::FuncType& type = component.type(func);
  DAVIT_ASSIGN_OR_RETURN(const std::vector<v1::Val> vals,
                         text::ParseWaveArgs(parsed.args, type.params));
  const canon::ValArgs args(vals.begin(), vals.end());
  canon::ValArgs results;
  engine::CellLock lock(*cell_);
  DAVIT_RETURN_IF_ERROR(instance_->Call(lock, func, args, results, deadline));
  if (results.empty()) return "";
  return text::ToWave(results[0], *type.result);
}

}  // namespace davit::guests
