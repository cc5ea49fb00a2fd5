#ifndef DAVIT_TESTS_WASI_GUEST_H_
#define DAVIT_TESTS_WASI_GUEST_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/davit.h"
#include "runtime/wasi/config.h"

namespace davit::guests {

// An instance with WASI in this process, in a cell of its own. All share one engine and one linker.
class Guest {
 public:
  // Of the component at `path` ("tests/guests/wasi/rust/command/command.wasm"), which is compiled
  // once.
  static absl::StatusOr<Guest> Create(const std::string& path,
                                      std::shared_ptr<const wasi::Config> config,
                                      const wasi::Stdio& stdio,
                                      absl::Time deadline = absl::InfiniteFuture());

  // Calls "ns:pkg/iface#func(1, 2)", in WAVE; answers its result likewise, "" where there is none.
  absl::StatusOr<std::string> Call(std::string_view call,
                                   absl::Time deadline = absl::InfiniteFuture());

  component::Instance& instance() { return *instance_; }

 private:
  explicit Guest(std::shared_ptr<engine::Cell> cell) : cell_(std::move(cell)) {}

  std::shared_ptr<engine::Cell> cell_;
  std::unique_ptr<component::Instance> instance_;
};

}  // namespace davit::guests

#endif  // DAVIT_TESTS_WASI_GUEST_H_
