#include "tests/conformance/host_imports.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::conformance {
namespace {

using canon::ValArgs;
using component::Linker;
using component::OverVals;
using component::ValFunction;

// What has become of the resources of one linker. Its stores run on one thread.
struct Drops {
  uint32_t count = 0;
  uint32_t last = 0;
};

ValFunction Constant(uint32_t value) {
  return [value](const ValArgs&, ValArgs& results) {
    results.Add()->set_u32(value);
    return absl::OkStatus();
  };
}

absl::Status ReturnHi(const ValArgs&, ValArgs& results) {
  results.Add()->set_string("hi");
  return absl::OkStatus();
}

absl::Status Echo(const ValArgs& args, ValArgs& results) {
  *results.Add() = args[0];
  return absl::OkStatus();
}

ValFunction Nothing() {
  return [](const ValArgs&, ValArgs&) { return absl::OkStatus(); };
}

std::string_view Handle(const v1::Val& val) {
  return val.has_own() ? std::string_view(val.own()) : std::string_view(val.borrow());
}

// (self or own, rep): the first must be a resource of that rep.
absl::Status ExpectRep(const ValArgs& args, ValArgs&) {
  if (Handle(args[0]) == absl::StrCat(args[1].u32())) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("rep ", Handle(args[0]), "; wanted ", args[1].u32()));
}

absl::Status Construct(const ValArgs& args, ValArgs& results) {
  results.Add()->set_own(absl::StrCat(args[0].u32()));
  return absl::OkStatus();
}

ValFunction Read(std::shared_ptr<Drops> drops, uint32_t Drops::* member) {
  return [drops = std::move(drops), member](const ValArgs&, ValArgs& results) {
    results.Add()->set_u32((*drops).*member);
    return absl::OkStatus();
  };
}

absl::Status DefineResources(Linker& linker) {
  const auto drops = std::make_shared<Drops>();
  const auto on_drop = [drops](uint32_t rep) {
    *drops = {.count = drops->count + 1, .last = rep};
    return absl::OkStatus();
  };
  for (const char* name : {"resource1", "resource2"}) {
    DAVIT_RETURN_IF_ERROR(linker.DefineResource("host", name, on_drop));
  }
  DAVIT_RETURN_IF_ERROR(linker.DefineResourceAlias("host", "resource1", "host", "resource1-again"));
  const std::vector<std::pair<const char*, ValFunction>> functions = {
      {"[constructor]resource1", Construct},
      {"[static]resource1.assert", ExpectRep},
      {"[static]resource1.last-drop", Read(drops, &Drops::last)},
      {"[static]resource1.drops", Read(drops, &Drops::count)},
      {"[method]resource1.simple", ExpectRep},
      {"[method]resource1.take-borrow", Nothing()},
      {"[method]resource1.take-own", Nothing()},
  };
  for (const auto& [name, function] : functions) {
    DAVIT_RETURN_IF_ERROR(linker.DefineFunc("host", name, OverVals(function)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Linker>> MakeHostLinker() {
  auto linker = std::make_shared<Linker>();
  DAVIT_RETURN_IF_ERROR(linker->DefineFunc("", "host-return-two", OverVals(Constant(2))));
  DAVIT_RETURN_IF_ERROR(linker->DefineFunc("", "host-echo-u32", OverVals(Echo)));
  DAVIT_RETURN_IF_ERROR(linker->DefineFunc("host", "return-three", OverVals(Constant(3))));
  DAVIT_RETURN_IF_ERROR(linker->DefineFunc("host", "return-hi", OverVals(ReturnHi)));
  DAVIT_RETURN_IF_ERROR(linker->DefineFunc("host/nested", "return-four", OverVals(Constant(4))));
  DAVIT_RETURN_IF_ERROR(DefineResources(*linker));
  return linker;
}

}  // namespace davit::conformance
