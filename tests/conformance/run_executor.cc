#include "tests/conformance/run_executor.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/types/world.h"
#include "tests/conformance/val_json.h"
#include "tests/conformance/validate_executor.h"

namespace davit::conformance {
namespace {

// Far more than any command of a suite needs, unless it never ends.
constexpr absl::Duration kTimeLimit = absl::Seconds(30);

absl::Time Deadline() { return absl::Now() + kTimeLimit; }

Verdict FromStatus(const absl::Status& status) {
  return status.ok() ? Pass() : Fail(status.ToString(absl::StatusToStringMode::kWithNoExtraData));
}

// The suites were written with wasmtime's messages, and the specification has no words for traps:
// what a suite says, and what davit says for the same.
constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"wasm `unreachable` instruction executed", "unreachable"},
    {"uncaught exception propagated out of component", "uncaught exception"},
    {"string pointer not aligned to ", "unaligned pointer"},
    {"discriminant ", "invalid variant discriminant"},
    {"backpressure counter overflow", "backpressure counter out of range"},
};

std::string_view InDavitsWords(std::string_view text) {
  for (const auto& [theirs, ours] : kWords) {
    if (absl::StripPrefix(text, "wasm trap: ").starts_with(theirs)) return ours;
  }
  return text;
}

// Verdict on `status`, which must be a trap whose message contains `text`.
Verdict ExpectTrap(const absl::Status& status, std::string_view text) {
  if (status.ok()) return Fail(absl::StrCat("no trap; wanted: ", text));
  if (!base::IsTrap(status)) return Fail(absl::StrCat("no trap but ", FromStatus(status).detail));
  if (absl::StrContains(status.message(), InDavitsWords(text))) return Pass();
  return Fail(absl::StrCat("trapped with \"", status.message(), "\"; wanted: ", text));
}

Verdict CompareResults(const canon::ValArgs& results, const Command& command) {
  if (results.size() != static_cast<int>(command.expected.size())) {
    return Fail(
        absl::StrCat("returned ", results.size(), " values; wanted ", command.expected.size()));
  }
  for (int i = 0; i < results.size(); ++i) {
    const absl::StatusOr<v1::Val> expected = ValFromJson(command.expected[i]);
    if (!expected.ok()) return Fail(expected.status().ToString());
    if (!SameVal(results[i], *expected)) {
      return Fail(absl::StrCat("returned ", ValText(results[i]), "; wanted ", ValText(*expected)));
    }
  }
  return Pass();
}

bool HasCoreModule(const types::Item& item) {
  if (const auto* opaque = std::get_if<types::Opaque>(&item.of)) {
    return *opaque == types::Opaque::kCoreModule;
  }
  const auto* instance = std::get_if<types::Instance>(&item.of);
  return instance != nullptr &&
         std::ranges::any_of(instance->items,
                             [](const types::Extern& inner) { return HasCoreModule(*inner.item); });
}

}  // namespace

binary::CoreModuleValidator RunExecutor::CoreValidator() const {
  return [this](std::span<const uint8_t> module) { return engine_.Validate(module); };
}

absl::StatusOr<RunExecutor::ComponentPtr> RunExecutor::Compile(const Command& command) const {
  if (!command.binary) return absl::InvalidArgumentError("the text does not parse");
  return component::Component::Compile(engine_, command.binary, features_);
}

absl::StatusOr<RunExecutor::ComponentPtr> RunExecutor::Link(ComponentPtr component) const {
  component::Component::Providers providers;
  AddProviders(*component, providers);
  if (providers.empty()) return component;
  return component::Component::Compose(engine_, component, providers);
}

void RunExecutor::AddProviders(const component::Component& component,
                               component::Component::Providers& providers) const {
  for (const types::Extern& import : component.world().imports) {
    const auto found = definitions_.find(import.name);
    if (found == definitions_.end() || !found->second.ok() || !HasCoreModule(*import.item)) {
      continue;
    }
    const auto names_it = [&](const auto& provider) { return provider.first == import.name; };
    if (std::ranges::any_of(providers, names_it)) continue;
    AddProviders(**found->second, providers);
    providers.emplace_back(import.name, *found->second);
  }
}

absl::StatusOr<RunExecutor::InstancePtr> RunExecutor::Instantiate(ComponentPtr component) const {
  DAVIT_ASSIGN_OR_RETURN(component, Link(std::move(component)));
  engine::CellLock lock(*cell_);
  return component::Instance::Create(lock, std::move(component), linker_, limits_, Deadline());
}

absl::StatusOr<canon::ValArgs> RunExecutor::Invoke(const Action& action) {
  DAVIT_RETURN_IF_ERROR(current_.status());
  if (!action.is_invoke) return absl::UnimplementedError("this action is not a call");
  component::Instance& instance = **current_;
  DAVIT_ASSIGN_OR_RETURN(const component::ExportFuncId func,
                         instance.component().FindFunc(action.field));
  canon::ValArgs args;
  for (const google::protobuf::Value& arg : action.args) {
    DAVIT_ASSIGN_OR_RETURN(*args.Add(), ValFromJson(arg));
  }
  canon::ValArgs results;
  engine::CellLock lock(*cell_);
  DAVIT_RETURN_IF_ERROR(instance.Call(lock, func, args, results, Deadline()));
  return results;
}

Verdict RunExecutor::Define(const Command& command) {
  if (command.binary && IsCoreModule(*command.binary)) {
    return FromStatus(CheckBinary(*command.binary, features_, CoreValidator()));
  }
  absl::StatusOr<ComponentPtr> component = Compile(command);
  // A definition claims that it is valid, not that it can run here.
  const absl::Status valid = absl::IsUnimplemented(component.status())
                                 ? CheckBinary(*command.binary, features_, CoreValidator())
                                 : component.status();
  if (valid.ok()) definitions_.insert_or_assign(command.module, std::move(component));
  return FromStatus(valid);
}

// A script goes on after a failure here: what then calls the missing instance says why it is.
Verdict RunExecutor::MakeCurrent(absl::StatusOr<ComponentPtr> component) {
  current_ = component.ok() ? Instantiate(*std::move(component))
                            : absl::StatusOr<InstancePtr>(component.status());
  return FromStatus(current_.status());
}

Verdict RunExecutor::InstantiateDefined(const Command& command) {
  const auto found = definitions_.find(command.module);
  if (found != definitions_.end()) return MakeCurrent(found->second);
  return MakeCurrent(absl::NotFoundError(absl::StrCat("no definition ", command.module)));
}

Verdict RunExecutor::ExpectCallTraps(const Command& command) {
  const absl::Status status = Invoke(command.action).status();
  // Entering an instance that trapped is a trap in the specification; here the caller is told that
  // the instance is poisoned, and by what.
  const bool refused_entry =
      absl::IsFailedPrecondition(status) && current_.ok() && base::IsTrap((*current_)->poison());
  if (refused_entry && absl::StrContains(command.text, "cannot enter component instance")) {
    return Pass();
  }
  return ExpectTrap(status, command.text);
}

Verdict RunExecutor::ExpectReturn(const Command& command) {
  const absl::StatusOr<canon::ValArgs> results = Invoke(command.action);
  return results.ok() ? CompareResults(*results, command) : FromStatus(results.status());
}

Verdict RunExecutor::ExpectUnlinkable(const Command& command) const {
  absl::StatusOr<ComponentPtr> component = Compile(command);
  if (!component.ok()) return ExpectRefused(component.status(), command.text);
  const absl::Status status = Instantiate(*std::move(component)).status();
  if (absl::IsFailedPrecondition(status) && !base::IsTrap(status)) return Pass();
  return Fail(absl::StrCat("wanted a link error, got ", status.ToString()));
}

Verdict RunExecutor::ExpectUninstantiable(const Command& command) const {
  absl::StatusOr<ComponentPtr> component = Compile(command);
  if (!component.ok()) return FromStatus(component.status());
  return ExpectTrap(Instantiate(*std::move(component)).status(), command.text);
}

Verdict RunExecutor::Execute(const Command& command) {
  switch (command.type) {
    case CommandType::kModule:
      if (command.binary && IsCoreModule(*command.binary)) return Define(command);
      if (Verdict verdict = Define(command); verdict.outcome != Outcome::kPassed) {
        current_ = absl::FailedPreconditionError(verdict.detail);
        return verdict;
      }
      return MakeCurrent(definitions_[command.module]);
    case CommandType::kModuleDefinition:
      return Define(command);
    case CommandType::kModuleInstance:
      return InstantiateDefined(command);
    case CommandType::kAction:
      return FromStatus(Invoke(command.action).status());
    case CommandType::kAssertReturn:
      return ExpectReturn(command);
    case CommandType::kAssertTrap:
      return ExpectCallTraps(command);
    case CommandType::kAssertInvalid:
    case CommandType::kAssertMalformed:
      if (!command.binary) return Pass();
      return ExpectRefused(CheckBinary(*command.binary, features_, CoreValidator()), command.text);
    case CommandType::kAssertUnlinkable:
      return ExpectUnlinkable(command);
    case CommandType::kAssertUninstantiable:
      return ExpectUninstantiable(command);
    case CommandType::kOther:
      return Skip("no such command in component scripts");
  }
  return Skip("no such command");
}

}  // namespace davit::conformance
