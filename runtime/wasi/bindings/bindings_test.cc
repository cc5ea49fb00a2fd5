// All of WASI 0.2 that hosts offer: a component that imports every interface is linked.

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/log/absl_check.h"
#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/component/component.h"
#include "runtime/component/linked_component.h"
#include "runtime/component/linker.h"
#include "runtime/engine/engine.h"
#include "runtime/types/world.h"
#include "runtime/wasi/bindings/cli_environment.h"
#include "runtime/wasi/bindings/cli_exit.h"
#include "runtime/wasi/bindings/cli_stderr.h"
#include "runtime/wasi/bindings/cli_stdin.h"
#include "runtime/wasi/bindings/cli_stdout.h"
#include "runtime/wasi/bindings/cli_terminal_input.h"
#include "runtime/wasi/bindings/cli_terminal_output.h"
#include "runtime/wasi/bindings/cli_terminal_stderr.h"
#include "runtime/wasi/bindings/cli_terminal_stdin.h"
#include "runtime/wasi/bindings/cli_terminal_stdout.h"
#include "runtime/wasi/bindings/clocks_monotonic_clock.h"
#include "runtime/wasi/bindings/clocks_wall_clock.h"
#include "runtime/wasi/bindings/filesystem_preopens.h"
#include "runtime/wasi/bindings/filesystem_types.h"
#include "runtime/wasi/bindings/http_outgoing_handler.h"
#include "runtime/wasi/bindings/http_types.h"
#include "runtime/wasi/bindings/io_error.h"
#include "runtime/wasi/bindings/io_poll.h"
#include "runtime/wasi/bindings/io_streams.h"
#include "runtime/wasi/bindings/random_insecure.h"
#include "runtime/wasi/bindings/random_insecure_seed.h"
#include "runtime/wasi/bindings/random_random.h"
#include "runtime/wasi/bindings/sockets_instance_network.h"
#include "runtime/wasi/bindings/sockets_ip_name_lookup.h"
#include "runtime/wasi/bindings/sockets_network.h"
#include "runtime/wasi/bindings/sockets_tcp.h"
#include "runtime/wasi/bindings/sockets_tcp_create_socket.h"
#include "runtime/wasi/bindings/sockets_udp.h"
#include "runtime/wasi/bindings/sockets_udp_create_socket.h"

namespace davit::wasi::p2 {
namespace {

using ::absl_testing::IsOk;
using ::testing::HasSubstr;

// Nothing is called here.
template <typename Host>
Host& NoHost(component::HostState& /*state*/) {
  ABSL_CHECK(false) << "a function was called";
}

// Defines one interface: `define` is its Define.
template <typename Host>
absl::Status Add(component::Linker& linker,
                 absl::Status (*define)(component::Linker&, Host& (*)(component::HostState&))) {
  return define(linker, &NoHost<Host>);
}

using Definer = absl::Status (*)(component::Linker&);
constexpr Definer kStreams = [](component::Linker& l) { return Add(l, &io::streams::Define); };
constexpr Definer kOthers[] = {
    [](component::Linker& l) { return Add(l, &cli::environment::Define); },
    [](component::Linker& l) { return Add(l, &cli::exit::Define); },
    [](component::Linker& l) { return Add(l, &cli::stderr::Define); },
    [](component::Linker& l) { return Add(l, &cli::stdin::Define); },
    [](component::Linker& l) { return Add(l, &cli::stdout::Define); },
    [](component::Linker& l) { return Add(l, &cli::terminal_input::Define); },
    [](component::Linker& l) { return Add(l, &cli::terminal_output::Define); },
    [](component::Linker& l) { return Add(l, &cli::terminal_stderr::Define); },
    [](component::Linker& l) { return Add(l, &cli::terminal_stdin::Define); },
    [](component::Linker& l) { return Add(l, &cli::terminal_stdout::Define); },
    [](component::Linker& l) { return Add(l, &clocks::monotonic_clock::Define); },
    [](component::Linker& l) { return Add(l, &clocks::wall_clock::Define); },
    [](component::Linker& l) { return Add(l, &filesystem::preopens::Define); },
    [](component::Linker& l) { return Add(l, &filesystem::types::Define); },
    [](component::Linker& l) { return Add(l, &http::outgoing_handler::Define); },
    [](component::Linker& l) { return Add(l, &http::types::Define); },
    [](component::Linker& l) { return Add(l, &io::error::Define); },
    [](component::Linker& l) { return Add(l, &io::poll::Define); },
    [](component::Linker& l) { return Add(l, &random::insecure::Define); },
    [](component::Linker& l) { return Add(l, &random::insecure_seed::Define); },
    [](component::Linker& l) { return Add(l, &random::random::Define); },
    [](component::Linker& l) { return Add(l, &sockets::instance_network::Define); },
    [](component::Linker& l) { return Add(l, &sockets::ip_name_lookup::Define); },
    [](component::Linker& l) { return Add(l, &sockets::network::Define); },
    [](component::Linker& l) { return Add(l, &sockets::tcp::Define); },
    [](component::Linker& l) { return Add(l, &sockets::tcp_create_socket::Define); },
    [](component::Linker& l) { return Add(l, &sockets::udp::Define); },
    [](component::Linker& l) { return Add(l, &sockets::udp_create_socket::Define); },
};

std::shared_ptr<const component::Component> World(engine::Engine& engine) {
  std::ifstream file("runtime/wasi/bindings/world.wasm", std::ios::binary);
  ABSL_CHECK(file.good());
  auto component = component::Component::Compile(
      engine, std::make_shared<const std::string>(std::istreambuf_iterator<char>(file),
                                                  std::istreambuf_iterator<char>()));
  ABSL_CHECK_OK(component.status());
  return *std::move(component);
}

engine::Engine& TestEngine() {
  static auto& engine = *new std::unique_ptr<engine::Engine>(engine::Engine::Start({}).value());
  return *engine;
}

std::shared_ptr<component::Linker> NewLinker(bool with_streams) {
  auto linker = std::make_shared<component::Linker>();
  for (const Definer define : kOthers) EXPECT_THAT(define(*linker), IsOk());
  if (with_streams) {
    EXPECT_THAT(kStreams(*linker), IsOk());
  }
  return linker;
}

TEST(WasiBindings, SatisfyAllThatTheirWorldImports) {
  const auto world = World(TestEngine());
  ASSERT_EQ(world->world().imports.size(), std::size(kOthers) + 1);
  EXPECT_THAT(component::LinkedComponent::Link(world, NewLinker(true)), IsOk());
}

TEST(WasiBindings, KnowEachResourceByWhereItIsDefined) {
  const auto linked = component::LinkedComponent::Link(World(TestEngine()), NewLinker(false));
  const std::vector<std::string> missing = base::UnsatisfiedImportsOf(linked.status());
  EXPECT_THAT(missing, ::testing::Contains(HasSubstr("streams@0.2.12#input-stream: resource")));
  EXPECT_THAT(missing, ::testing::Contains(HasSubstr("cli/stdin@0.2.12#get-stdin")))
      << "which gives a stream";
  EXPECT_THAT(missing, ::testing::Not(::testing::Contains(HasSubstr("io/poll"))));
}

}  // namespace
}  // namespace davit::wasi::p2
