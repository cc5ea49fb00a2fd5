// Hosts the component calc in this process, without a server: embed CALC.WASM

#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"
#include "runtime/davit.h"

using davit::component::Component, davit::component::Instance, davit::component::Linker;
using davit::engine::CellLock, davit::engine::Engine;

static absl::Status Run(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const auto binary = std::make_shared<const std::string>(std::istreambuf_iterator<char>(file),
                                                          std::istreambuf_iterator<char>());
  DAVIT_ASSIGN_OR_RETURN(const auto engine, Engine::Start({}));  // once in a process
  DAVIT_ASSIGN_OR_RETURN(const auto calc, Component::Compile(*engine, binary));
  DAVIT_ASSIGN_OR_RETURN(const auto cell, engine->NewCell({}));  // a V8 isolate
  CellLock lock(*cell);                                          // this thread has it now
  const absl::Time deadline = absl::Now() + absl::Seconds(1);
  DAVIT_ASSIGN_OR_RETURN(const auto instance,
                         Instance::Create(lock, calc, std::make_shared<Linker>(), {}, deadline));

  // The types are checked here, once.
  DAVIT_ASSIGN_OR_RETURN(const auto func, instance->GetFunc("bench:calc/api#add"));
  DAVIT_ASSIGN_OR_RETURN(auto add, davit::component::Typed<uint32_t(uint32_t, uint32_t)>(func));
  DAVIT_ASSIGN_OR_RETURN(const uint32_t sum, add.Call(lock, deadline, 3, 4));
  std::cout << "3 + 4 = " << sum << "\n";
  return absl::OkStatus();
}

int main(int argc, char** argv) {
  const absl::Status status = argc == 2 ? Run(argv[1]) : absl::InvalidArgumentError("embed FILE");
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
