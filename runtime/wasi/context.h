#ifndef DAVIT_RUNTIME_WASI_CONTEXT_H_
#define DAVIT_RUNTIME_WASI_CONTEXT_H_

#include <memory>

#include "absl/status/status.h"
#include "runtime/component/linker.h"
#include "runtime/wasi/config.h"
#include "runtime/wasi/io/reactor.h"

namespace davit::wasi {

struct Services;

// WASI as one instance has it: give it to Instance::Prepare, made by its factory. A host that keeps
// more for its instances derives from it.
class Context : public component::HostState {
 public:
  // `services` must outlive it.
  Context(Services& services, std::shared_ptr<const Config> config, Stdio stdio);
  ~Context() override;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Begins again, with other grants: for an instance that was made before they were known. With
  // the lock of its cell, before its first call.
  void Begin(std::shared_ptr<const Config> config, Stdio stdio);

  // The implementations of the interfaces, for AddToLinker. Made when they are first asked for,
  // since many an instance never does.
  struct Interfaces;
  Interfaces& interfaces();

 private:
  Services& services_;
  std::shared_ptr<const Config> config_;
  Stdio stdio_;
  io::MonotonicTime begin_;
  std::unique_ptr<Interfaces> interfaces_;
};

// Defines every interface of WASI 0.2 that there is here, for instances whose host state is a
// Context. ALREADY_EXISTS when one of them is defined.
absl::Status AddToLinker(component::Linker& linker);

}  // namespace davit::wasi

#endif  // DAVIT_RUNTIME_WASI_CONTEXT_H_
