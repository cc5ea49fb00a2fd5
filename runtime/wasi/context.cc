#include "runtime/wasi/context.h"

#include <chrono>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/wasi/cli/cli_host.h"
#include "runtime/wasi/cli/stdio_host.h"
#include "runtime/wasi/clocks/clocks_host.h"
#include "runtime/wasi/core.h"
#include "runtime/wasi/extras/logging_host.h"
#include "runtime/wasi/extras/store_host.h"
#include "runtime/wasi/filesystem/preopens_host.h"
#include "runtime/wasi/filesystem/types_host.h"
#include "runtime/wasi/io/error_host.h"
#include "runtime/wasi/io/poll_host.h"
#include "runtime/wasi/io/streams_host.h"
#include "runtime/wasi/net/limited_resolver.h"
#include "runtime/wasi/net/policy.h"
#include "runtime/wasi/random/random_host.h"
#include "runtime/wasi/sockets/environment.h"
#include "runtime/wasi/sockets/network_host.h"
#include "runtime/wasi/sockets/tcp_host.h"
#include "runtime/wasi/sockets/udp_host.h"

namespace davit::wasi {

struct Context::Interfaces {
  Interfaces(Services& services, std::shared_ptr<const Config> config, Stdio stdio,
             io::MonotonicTime begin)
      : core(services, std::move(config), std::move(stdio), begin) {}
  // Resources end before what they are made with.
  ~Interfaces() { core.table.Clear(); }

  Core core;
  io::ErrorHost error{core};
  io::PollHost poll{core};
  io::StreamsHost streams{core};
  clocks::MonotonicClockHost monotonic_clock{core};
  clocks::WallClockHost wall_clock{core};
  random::RandomHost random{core};
  random::InsecureHost insecure{core};
  random::InsecureSeedHost insecure_seed{core};
  filesystem::TypesHost filesystem_types{core};
  filesystem::PreopensHost preopens{core};
  net::LimitedResolver resolver{*core.services.resolver, core.config->quotas.names};
  sockets::Environment network{
      .reactor = core.services.reactor,
      .lingering = core.services.lingering,
      .resolver = resolver,
      .policy = core.config->network ? core.config->network : net::Policy::Nothing(),
      .quotas = core.config->quotas.sockets};
  sockets::NetworkHost sockets_network{core};
  sockets::InstanceNetworkHost instance_network{core};
  sockets::IpNameLookupHost ip_name_lookup{core, network};
  sockets::TcpHost tcp{core};
  sockets::TcpCreateSocketHost tcp_create_socket{core, network};
  sockets::UdpHost udp{core};
  sockets::UdpCreateSocketHost udp_create_socket{core, network};
  cli::EnvironmentHost environment{core};
  cli::ExitHost exit;
  cli::StdinHost in{core};
  cli::StdoutHost out{core};
  cli::StderrHost err{core};
  cli::TerminalInputHost terminal_input{core};
  cli::TerminalOutputHost terminal_output{core};
  cli::TerminalStdinHost terminal_in{core};
  cli::TerminalStdoutHost terminal_out{core};
  cli::TerminalStderrHost terminal_err{core};
  extras::StoreHost store{core};
  extras::LoggingHost logging{core};
};

namespace {

// The implementation of an interface in the state of an instance.
template <typename Host, auto kMember>
Host& Of(component::HostState& state) {
  return static_cast<Context&>(state).interfaces().*kMember;
}

absl::Status AddIo(component::Linker& linker) {
  using I = Context::Interfaces;
  DAVIT_RETURN_IF_ERROR(p2::io::error::Define(linker, Of<p2::io::error::Host, &I::error>));
  DAVIT_RETURN_IF_ERROR(p2::io::poll::Define(linker, Of<p2::io::poll::Host, &I::poll>));
  return p2::io::streams::Define(linker, Of<p2::io::streams::Host, &I::streams>);
}

absl::Status AddClocks(component::Linker& linker) {
  namespace clocks = p2::clocks;
  using I = Context::Interfaces;
  DAVIT_RETURN_IF_ERROR(clocks::monotonic_clock::Define(
      linker, Of<clocks::monotonic_clock::Host, &I::monotonic_clock>));
  return clocks::wall_clock::Define(linker, Of<clocks::wall_clock::Host, &I::wall_clock>);
}

absl::Status AddRandom(component::Linker& linker) {
  namespace random = p2::random;
  using I = Context::Interfaces;
  DAVIT_RETURN_IF_ERROR(random::random::Define(linker, Of<random::random::Host, &I::random>));
  DAVIT_RETURN_IF_ERROR(random::insecure::Define(linker, Of<random::insecure::Host, &I::insecure>));
  return random::insecure_seed::Define(linker, Of<random::insecure_seed::Host, &I::insecure_seed>);
}

absl::Status AddFilesystem(component::Linker& linker) {
  namespace filesystem = p2::filesystem;
  using I = Context::Interfaces;
  DAVIT_RETURN_IF_ERROR(
      filesystem::types::Define(linker, Of<filesystem::types::Host, &I::filesystem_types>));
  return filesystem::preopens::Define(linker, Of<filesystem::preopens::Host, &I::preopens>);
}

absl::Status AddSockets(component::Linker& linker) {
  namespace sockets = p2::sockets;
  using I = Context::Interfaces;
  DAVIT_RETURN_IF_ERROR(
      sockets::network::Define(linker, Of<sockets::network::Host, &I::sockets_network>));
  DAVIT_RETURN_IF_ERROR(sockets::instance_network::Define(
      linker, Of<sockets::instance_network::Host, &I::instance_network>));
  DAVIT_RETURN_IF_ERROR(sockets::ip_name_lookup::Define(
      linker, Of<sockets::ip_name_lookup::Host, &I::ip_name_lookup>));
  DAVIT_RETURN_IF_ERROR(sockets::tcp::Define(linker, Of<sockets::tcp::Host, &I::tcp>));
  DAVIT_RETURN_IF_ERROR(sockets::tcp_create_socket::Define(
      linker, Of<sockets::tcp_create_socket::Host, &I::tcp_create_socket>));
  DAVIT_RETURN_IF_ERROR(sockets::udp::Define(linker, Of<sockets::udp::Host, &I::udp>));
  return sockets::udp_create_socket::Define(
      linker, Of<sockets::udp_create_socket::Host, &I::udp_create_socket>);
}

absl::Status AddCli(component::Linker& linker) {
  namespace cli = p2::cli;
  using I = Context::Interfaces;
  DAVIT_RETURN_IF_ERROR(
      cli::environment::Define(linker, Of<cli::environment::Host, &I::environment>));
  DAVIT_RETURN_IF_ERROR(cli::exit::Define(linker, Of<cli::exit::Host, &I::exit>));
  DAVIT_RETURN_IF_ERROR(cli::stdin::Define(linker, Of<cli::stdin::Host, &I::in>));
  DAVIT_RETURN_IF_ERROR(cli::stdout::Define(linker, Of<cli::stdout::Host, &I::out>));
  return cli::stderr::Define(linker, Of<cli::stderr::Host, &I::err>);
}

absl::Status AddTerminals(component::Linker& linker) {
  namespace cli = p2::cli;
  using I = Context::Interfaces;
  DAVIT_RETURN_IF_ERROR(
      cli::terminal_input::Define(linker, Of<cli::terminal_input::Host, &I::terminal_input>));
  DAVIT_RETURN_IF_ERROR(
      cli::terminal_output::Define(linker, Of<cli::terminal_output::Host, &I::terminal_output>));
  DAVIT_RETURN_IF_ERROR(
      cli::terminal_stdin::Define(linker, Of<cli::terminal_stdin::Host, &I::terminal_in>));
  DAVIT_RETURN_IF_ERROR(
      cli::terminal_stdout::Define(linker, Of<cli::terminal_stdout::Host, &I::terminal_out>));
  return cli::terminal_stderr::Define(linker, Of<cli::terminal_stderr::Host, &I::terminal_err>);
}

absl::Status AddExtras(component::Linker& linker) {
  using I = Context::Interfaces;
  DAVIT_RETURN_IF_ERROR(
      extras::config::store::Define(linker, Of<extras::config::store::Host, &I::store>));
  return extras::logging::logging::Define(linker, Of<extras::logging::logging::Host, &I::logging>);
}

}  // namespace

Context::Context(Services& services, std::shared_ptr<const Config> config, Stdio stdio)
    : services_(services) {
  Begin(std::move(config), std::move(stdio));
}

Context::~Context() = default;

void Context::Begin(std::shared_ptr<const Config> config, Stdio stdio) {
  interfaces_.reset();
  config_ = std::move(config);
  stdio_ = std::move(stdio);
  begin_ = std::chrono::steady_clock::now();
}

Context::Interfaces& Context::interfaces() {
  if (interfaces_ == nullptr) [[unlikely]] {
    interfaces_ = std::make_unique<Interfaces>(services_, config_, stdio_, begin_);
  }
  return *interfaces_;
}

absl::Status AddToLinker(component::Linker& linker) {
  DAVIT_RETURN_IF_ERROR(AddIo(linker));
  DAVIT_RETURN_IF_ERROR(AddClocks(linker));
  DAVIT_RETURN_IF_ERROR(AddRandom(linker));
  DAVIT_RETURN_IF_ERROR(AddFilesystem(linker));
  DAVIT_RETURN_IF_ERROR(AddSockets(linker));
  DAVIT_RETURN_IF_ERROR(AddCli(linker));
  DAVIT_RETURN_IF_ERROR(AddTerminals(linker));
  return AddExtras(linker);
}

}  // namespace davit::wasi
