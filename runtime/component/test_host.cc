#include "runtime/component/test_host.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/log/absl_check.h"
#include "absl/strings/str_cat.h"
#include "davit/v1/val.pb.h"
#include "runtime/base/status_macros.h"
#include "runtime/text/wave.h"

namespace davit::component {

engine::Engine& TestEngine() {
  static engine::Engine* const engine = [] {
    auto started = engine::Engine::Start({});
    ABSL_CHECK_OK(started.status());
    return started->release();
  }();
  return *engine;
}

std::shared_ptr<const std::string> ReadGuest(std::string_view path) {
  std::ifstream file{std::string(path), std::ios::binary};
  ABSL_CHECK(file.good()) << "no such guest: " << path;
  return std::make_shared<const std::string>(std::istreambuf_iterator<char>(file),
                                             std::istreambuf_iterator<char>());
}

std::shared_ptr<const Component> CompileGuest(std::string_view path) {
  auto component = Component::Compile(TestEngine(), ReadGuest(path));
  ABSL_CHECK_OK(component.status()) << path;
  return *std::move(component);
}

namespace {

std::shared_ptr<engine::Cell> NewCell() {
  auto cell = TestEngine().NewCell({});
  ABSL_CHECK_OK(cell.status());
  return *std::move(cell);
}

std::shared_ptr<const Linker> OrEmpty(std::shared_ptr<const Linker> linker) {
  return linker != nullptr ? std::move(linker) : std::make_shared<const Linker>();
}

}  // namespace

TestInstance::TestInstance(std::string_view guest, const InstanceLimits& limits,
                           std::shared_ptr<const Linker> linker)
    : TestInstance(CompileGuest(guest), limits, std::move(linker)) {}

TestInstance::TestInstance(std::shared_ptr<const Component> component, const InstanceLimits& limits,
                           std::shared_ptr<const Linker> linker)
    : cell_(NewCell()) {
  engine::CellLock lock(*cell_);
  auto instance = Instance::Create(lock, std::move(component), OrEmpty(std::move(linker)), limits,
                                   absl::Now() + timeout_);
  ABSL_CHECK_OK(instance.status());
  instance_ = *std::move(instance);
}

base::TrapCode TrapCodeOf(const absl::Status& status) {
  const auto trap = base::TrapOf(status);
  return trap ? trap->code : base::TrapCode::kUnspecified;
}

absl::StatusOr<std::string> TestInstance::Call(std::string_view call, PostReturnMode mode) {
  DAVIT_ASSIGN_OR_RETURN(const text::ParsedCall parsed, text::ParseWaveCall(call));
  const std::string name = parsed.interface.empty()
                               ? parsed.function
                               : absl::StrCat(parsed.interface, "#", parsed.function);
  DAVIT_ASSIGN_OR_RETURN(const ExportFuncId func, instance_->component().FindFunc(name));
  const types::FuncType& type = instance_->component().type(func);
  DAVIT_ASSIGN_OR_RETURN(const auto vals, text::ParseWaveArgs(parsed.args, type.params));
  const canon::ValArgs args(vals.begin(), vals.end());
  canon::ValArgs results;
  engine::CellLock lock(*cell_);
  DAVIT_RETURN_IF_ERROR(instance_->Call(lock, func, args, results, absl::Now() + timeout_, mode));
  if (type.result == nullptr) return "";
  return text::ToWave(results[0], *type.result);
}

absl::Status TestInstance::PostReturn(std::string_view func) {
  DAVIT_ASSIGN_OR_RETURN(const ExportFuncId id, instance_->component().FindFunc(func));
  engine::CellLock lock(*cell_);
  return instance_->PostReturn(lock, id, absl::Now() + timeout_);
}

absl::Status InstantiateStatus(std::string_view guest, const InstanceLimits& limits,
                               std::shared_ptr<const Linker> linker, absl::Duration timeout) {
  return InstantiateStatus(CompileGuest(guest), limits, std::move(linker), timeout);
}

absl::Status InstantiateStatus(std::shared_ptr<const Component> component,
                               const InstanceLimits& limits, std::shared_ptr<const Linker> linker,
                               absl::Duration timeout) {
  auto cell = NewCell();
  engine::CellLock lock(*cell);
  return Instance::Create(lock, std::move(component), OrEmpty(std::move(linker)), limits,
                          absl::Now() + timeout)
      .status();
}

}  // namespace davit::component
