// The `davit` command: deploys components, makes instances and calls them.

#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/cli/commands.h"
#include "client/cli/logs_command.h"
#include "client/cli/run_command.h"
#include "client/cli/wasi_args.h"
#include "client/client.h"
#include "client/status.h"

namespace davit::client::cli {
namespace {

struct GlobalArgs {
  std::string server = "127.0.0.1:7447";
  std::string tenant = "default";
  double timeout_seconds = 30;
  bool json = false;
};

// What the chosen subcommand does.
using Action = std::function<absl::Status(Client&, Output)>;

void AddGlobalOptions(CLI::App& app, GlobalArgs& global) {
  app.add_option("--server", global.server, "Address of davitd")->capture_default_str();
  app.add_option("--tenant", global.tenant, "Whose components")->capture_default_str();
  app.add_option("--timeout", global.timeout_seconds, "Seconds for each request")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", global.json, "Answer in JSON");
}

void AddWasiOptions(CLI::App& command, WasiArgs& args) {
  // Each takes one value, so that what follows is not taken for another.
  command
      .add_option("--env", args.env,
                  "NAME=VALUE of the guest's environment, or NAME of this one; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--arg", args.args, "An argument of the guest's; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--cwd", args.cwd, "The directory that the guest begins in");
  command.add_option("--config", args.config, "KEY=VALUE of wasi:config; may be repeated")
      ->allow_extra_args(false);
}

void AddComponentCommands(CLI::App& app, Action& action) {
  auto* deploy = app.add_subcommand("deploy", "Upload a component");
  auto deploy_args = std::make_shared<DeployArgs>();
  deploy->add_option("FILE", deploy_args->file, "The component binary")->required();
  deploy->add_option("--name", deploy_args->name, "Its name (default: from the file's)");
  deploy->add_flag("--validate-only", deploy_args->validate_only, "Check it, store nothing");
  deploy->callback([&action, deploy_args] {
    action = [deploy_args](Client& c, Output o) { return Deploy(c, *deploy_args, o); };
  });

  app.add_subcommand("components", "List components")->callback([&action] {
    action = ListComponents;
  });

  auto* describe = app.add_subcommand("describe", "Show a component's world as WIT");
  auto name = std::make_shared<std::string>();
  describe->add_option("NAME", *name, "A component or a revision")->required();
  describe->callback(
      [&action, name] { action = [name](Client& c, Output o) { return Describe(c, *name, o); }; });

  auto* download = app.add_subcommand("download", "Fetch a component's binary");
  auto file = std::make_shared<std::string>();
  auto source = std::make_shared<std::string>();
  download->add_option("NAME", *source, "A component or a revision")->required();
  download->add_option("FILE", *file, "Where it goes")->required();
  download->callback([&action, source, file] {
    action = [source, file](Client& c, Output) { return Download(c, *source, *file); };
  });
}

void AddInstanceCommands(CLI::App& app, Action& action) {
  auto* instantiate = app.add_subcommand("instantiate", "Make an instance of a component");
  auto args = std::make_shared<InstantiateArgs>();
  instantiate->add_option("NAME", args->component, "A component or a revision")->required();
  instantiate->add_option("--name", args->name,
                          "The instance's name (default: the server's choice)");
  instantiate->add_flag("--dedicated", args->dedicated, "A cell of its own");
  instantiate->add_option("--memory-bytes", args->memory_bytes, "Cap of each linear memory");
  instantiate->add_option("--with", args->with,
                          "IMPORT=COMPONENT: what satisfies an import; may be repeated");
  instantiate->add_option("--resource-lease", args->lease_seconds,
                          "Seconds that a resource may be held without being used; 0: no end");
  AddWasiOptions(*instantiate, args->wasi);
  instantiate->callback([&action, args] {
    action = [args](Client& c, Output o) { return Instantiate(c, *args, o); };
  });

  app.add_subcommand("instances", "List instances")->callback([&action] {
    action = ListInstances;
  });

  auto* resources = app.add_subcommand("resources", "List the resources held of an instance");
  auto holder = std::make_shared<std::string>();
  resources->add_option("INSTANCE", *holder)->required();
  resources->callback([&action, holder] {
    action = [holder](Client& c, Output o) { return ListResources(c, *holder, o); };
  });
  auto* renew = app.add_subcommand("renew", "Start the lease of a resource again");
  auto resource = std::make_shared<std::string>();
  renew->add_option("RESOURCE", *resource, "Its full name")->required();
  renew->callback([&action, resource] {
    action = [resource](Client& c, Output o) { return Renew(c, *resource, o); };
  });

  auto* drop = app.add_subcommand("drop", "Delete an instance, a component, or a held resource");
  auto name = std::make_shared<std::string>();
  drop->add_option("NAME", *name, "A resource's full name; an instance, else a component")
      ->required();
  drop->callback(
      [&action, name] { action = [name](Client& c, Output o) { return Drop(c, *name, o); }; });
}

void AddCallCommands(CLI::App& app, Action& action) {
  auto* call = app.add_subcommand("call", "Call an exported function");
  auto args = std::make_shared<CallArgs>();
  call->add_option("TARGET", args->target, "An instance, or a component (a fresh instance)")
      ->required();
  call->add_option("CALL", args->call, "In WAVE, as in 'bench:calc/api#add(3, 4)'")->required();
  call->add_flag("--defer-post-return", args->defer_post_return,
                 "Leave post-return to `davit post-return`");
  AddWasiOptions(*call, args->wasi);
  call->callback(
      [&action, args] { action = [args](Client& c, Output o) { return Call(c, *args, o); }; });

  auto* post_return = app.add_subcommand("post-return", "Complete a deferred call");
  auto deferred = std::make_shared<PostReturnArgs>();
  post_return->add_option("INSTANCE", deferred->instance)->required();
  post_return->add_option("FUNCTION", deferred->function)->required();
  post_return->add_option("CALL_ID", deferred->call_id)->required();
  post_return->callback([&action, deferred] {
    action = [deferred](Client& c, Output o) { return PostReturn(c, *deferred, o); };
  });
}

// What follows the command's name is the guest's, so that global options stand before it.
void AddRunCommand(CLI::App& app, GlobalArgs& global, Action& action, int& exit_code) {
  auto* run = app.add_subcommand("run", "Run a command: a component that exports wasi:cli/run");
  auto args = std::make_shared<RunArgs>();
  run->fallthrough(false);
  run->prefix_command();
  run->usage("davit run [OPTIONS] COMPONENT|FILE.wasm [ARGS...]");
  AddGlobalOptions(*run, global);
  AddWasiOptions(*run, args->wasi);
  run->add_option("--memory-bytes", args->memory_bytes, "Cap of each linear memory");
  run->callback([run, &action, &exit_code, args] {
    args->command = run->remaining();
    if (run->count("--timeout") > 0) args->has_timeout = true;
    action = [&exit_code, args](Client& c, Output) { return Run(c, *args, exit_code); };
  });
}

void AddLogsCommand(CLI::App& app, Action& action) {
  auto* logs = app.add_subcommand("logs", "Show what an instance has written");
  auto args = std::make_shared<LogsArgs>();
  logs->add_option("NAME", args->name, "An instance, else a component: its calls on fresh ones")
      ->required();
  logs->add_flag("-f,--follow", args->follow, "Go on with what is written from now on");
  logs->add_option("--after", args->after, "Only lines after the one of this number");
  logs->add_flag("--details", args->details, "With number, time, stream and call of each line");
  logs->callback(
      [&action, args] { action = [args](Client& c, Output o) { return Logs(c, *args, o); }; });
}

// Of standard streams that are closed: what is opened later would take their places, and be read or
// written as one. Before libraries begin, which open files of their own.
void FillStandardStreams() {
  int descriptor = open("/dev/null", O_RDWR);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) descriptor = open("/dev/null", O_RDWR);
  if (descriptor > STDERR_FILENO) close(descriptor);
}

[[gnu::section(".preinit_array"),
  gnu::used]] void (*const fill_standard_streams)() = FillStandardStreams;

int Main(int argc, char** argv) {
  CLI::App app("Hosts WebAssembly components on a davitd, and calls them.", "davit");
  app.require_subcommand(0, 1);  // That there is none is told below: a wrong one has its own error.
  app.fallthrough();             // Global options may stand behind the subcommand.
  GlobalArgs global;
  AddGlobalOptions(app, global);
  Action action;
  int exit_code = 0;
  AddComponentCommands(app, action);
  AddInstanceCommands(app, action);
  AddCallCommands(app, action);
  AddRunCommand(app, global, action, exit_code);
  AddLogsCommand(app, action);
  CLI11_PARSE(app, argc, argv);
  if (!action) return app.exit(CLI::RequiredError::Subcommand(1));

  Client client(global.server,
                {.tenant = global.tenant, .timeout = absl::Seconds(global.timeout_seconds)});
  const Output output{.out = std::cout, .format = global.json ? Format::kJson : Format::kText};
  absl::Status status = action(client, output);
  if (status.ok() && !std::cout.flush()) status = absl::DataLossError("cannot write the answer");
  if (status.ok()) return exit_code;
  std::cerr << "davit: " << Explain(status) << "\n";
  return exit_code != 0 ? exit_code : 1;
}

}  // namespace
}  // namespace davit::client::cli

int main(int argc, char** argv) { return davit::client::cli::Main(argc, argv); }
