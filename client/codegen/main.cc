// host_bindings: C++ for hosts of the interfaces that a component imports.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/codegen/host_bindings.h"
#include "client/codegen/read_world.h"
#include "runtime/base/status_macros.h"

namespace davit::codegen {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.good()) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return bytes;
}

absl::Status WriteFile(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file.good()) return absl::InternalError(absl::StrCat("cannot write ", path.string()));
  return absl::OkStatus();
}

absl::Status Run(const std::string& component, const std::filesystem::path& out,
                 const HostBindingsOptions& options) {
  DAVIT_ASSIGN_OR_RETURN(std::string binary, ReadFile(component));
  DAVIT_ASSIGN_OR_RETURN(const types::World world, ReadWorld(std::move(binary)));
  DAVIT_ASSIGN_OR_RETURN(const auto files, GenerateHostBindings(world, options));
  for (const GeneratedFile& file : files) {
    DAVIT_RETURN_IF_ERROR(WriteFile(out / file.name, file.text));
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  CLI::App app("C++ for hosts of the interfaces that a component imports");
  std::string component, out = ".";
  HostBindingsOptions options;
  app.add_option("COMPONENT", component, "A component binary")->required();
  app.add_option("--out", out, "The directory for the files");
  app.add_option("--root", options.root_namespace, "The C++ namespace around all")->required();
  app.add_option("--include-dir", options.include_dir, "How the files include each other");
  app.add_option("--interface", options.interfaces, "For example wasi:io/poll")->required();
  app.add_option("--waiting", options.waiting,
                 "A function that may answer later: wasi:io/poll#poll");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Run(component, out, options);
  if (status.ok()) return 0;
  std::cerr << "host_bindings: " << status.message() << "\n";
  return 1;
}

}  // namespace
}  // namespace davit::codegen

int main(int argc, char** argv) { return davit::codegen::Main(argc, argv); }
