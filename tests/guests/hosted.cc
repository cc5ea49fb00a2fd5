#include "tests/guests/hosted.h"

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"
#include "runtime/text/wave.h"

namespace davit::guests {
namespace {

// Ends with the process: V8 starts once in it.
absl::StatusOr<engine::Engine*> SharedEngine() {
  static auto& engine =
      *new absl::StatusOr<std::unique_ptr<engine::Engine>>(engine::Engine::Start({}));
  if (!engine.ok()) return engine.status();
  return engine->get();
}

absl::StatusOr<std::shared_ptr<const std::string>> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream contents;
  contents << stream.rdbuf();
  if (!stream) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return std::make_shared<const std::string>(std::move(contents).str());
}

}  // namespace

std::string StatusText(const absl::Status& status) {
  if (const auto trap = base::TrapOf(status)) {
    return absl::StrCat("trap ", base::TrapCodeName(trap->code), ": ", trap->message);
  }
  return absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message());
}

absl::StatusOr<Hosted> Hosted::Create(const std::string& path, absl::Duration time_limit) {
  DAVIT_ASSIGN_OR_RETURN(engine::Engine * engine, SharedEngine());
  DAVIT_ASSIGN_OR_RETURN(auto binary, ReadFile(path));
  DAVIT_ASSIGN_OR_RETURN(auto component, component::Component::Compile(*engine, std::move(binary)));
  DAVIT_ASSIGN_OR_RETURN(auto cell, engine->NewCell({}));
  Hosted hosted(std::move(cell));
  engine::CellLock lock(*hosted.cell_);
  DAVIT_ASSIGN_OR_RETURN(
      hosted.instance_,
      component::Instance::Create(lock, std::move(component), std::make_shared<component::Linker>(),
                                  {}, absl::Now() + time_limit));
  return hosted;
}

Hosted::~Hosted() = default;

std::string Hosted::Call(std::string_view call) { return Call(call, absl::Seconds(20)); }

std::string Hosted::Call(std::string_view call, absl::Duration time_limit) {
  const absl::StatusOr<std::string> answer = TryCall(call, time_limit);
  last_ = answer.status();
  return answer.ok() ? *answer : StatusText(last_);
}

absl::StatusOr<std::string> Hosted::TryCall(std::string_view call, absl::Duration time_limit) {
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
  DAVIT_RETURN_IF_ERROR(instance_->Call(lock, func, args, results, absl::Now() + time_limit));
  if (results.empty()) return "";
  return text::ToWave(results[0], *type.result);
}

}  // namespace davit::guests
