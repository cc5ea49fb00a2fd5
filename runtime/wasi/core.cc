#include "runtime/wasi/core.h"

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "absl/status/statusor.h"
#include "runtime/wasi/fs/memory_tree.h"

namespace davit::wasi {
namespace {

std::shared_ptr<fs::Tree> TreeOf(const Preopen& preopen, const Config& config) {
  if (preopen.host != nullptr) return preopen.host;
  return std::make_shared<fs::MemoryTree>(
      fs::MemoryTree::Options{.image = preopen.image, .limits = config.quotas.files});
}

// Where no resolver can be set up: nobody can say.
class NoResolver final : public net::Resolver {
 public:
  void Resolve(const std::string& /*name*/, Done done) override {
    done(std::unexpected(net::ResolveFailure{.code = net::ResolveFailure::Code::kTemporary}));
  }
};

std::unique_ptr<net::Resolver> ResolverOfMachine() {
  absl::StatusOr<std::unique_ptr<net::Resolver>> resolver = net::NewResolver();
  if (resolver.ok()) return *std::move(resolver);
  LOG(ERROR) << "names cannot be looked up: " << resolver.status();
  return std::make_unique<NoResolver>();
}

}  // namespace

Services::Services() : resolver(ResolverOfMachine()) {}

fs::FileSystem Core::FileSystemOf(const Config& config) {
  std::vector<fs::Preopen> preopens;
  preopens.reserve(config.preopens.size());
  for (const Preopen& preopen : config.preopens) {
    preopens.push_back({.guest_path = preopen.guest_path,
                        .read_only = preopen.read_only,
                        .tree = TreeOf(preopen, config)});
  }
  return fs::FileSystem(std::move(preopens), {.max_descriptors = config.quotas.descriptors,
                                              .hash_key = config.file_hash_key});
}

}  // namespace davit::wasi
