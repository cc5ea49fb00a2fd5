#ifndef DAVIT_RUNTIME_WASI_CONFIG_H_
#define DAVIT_RUNTIME_WASI_CONFIG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "runtime/wasi/fs/host_directory.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/types.h"
#include "runtime/wasi/io/stream.h"
#include "runtime/wasi/net/limited_resolver.h"
#include "runtime/wasi/net/policy.h"
#include "runtime/wasi/sockets/environment.h"

namespace davit::wasi {

// A directory that a guest has open from the beginning.
struct Preopen {
  std::string guest_path;  // verbatim: "/", ".", "data"
  bool read_only = false;
  // What is in it: what was uploaded, or nothing where this is null. Changes are in memory, of the
  // instance alone, and gone with it.
  std::shared_ptr<const fs::Image> image;
  // Instead, a directory of the host: changes stay.
  std::shared_ptr<fs::HostDirectory> host;
};

// What one instance may have at a time; more is refused in the way that each says.
struct Quotas {
  uint32_t resources = 10'000;      // of its host, of all kinds; a trap
  uint32_t timers = 1'000;          // pollables that wait for a time; a trap
  uint32_t polled = 10'000;         // pollables in one poll; a trap
  uint64_t random_bytes = 1 << 20;  // that one call asks for; a trap
  sockets::SocketQuotas sockets;    // new-socket-limit
  net::ResolverLimits names;        // that are looked up; temporary-resolver-failure
  uint32_t descriptors = 1'024;     // of files and directories; insufficient-memory
  fs::MemoryLimits files;           // that it makes in memory, in each preopen
};

// What an instance is granted. Nothing is, but for what is here; clocks and random numbers are
// always there.
struct Config {
  // The first is the program's name.
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::optional<std::string> initial_cwd;
  std::vector<Preopen> preopens;
  // What tells the tenant's files apart for its guests; secret from them.
  fs::HashKey file_hash_key = {};
  // Null: nothing of the network.
  std::shared_ptr<const net::Policy> network;
  // Of wasi:config/store.
  std::vector<std::pair<std::string, std::string>> values;

  Quotas quotas;

  // For tests: every clock stands at this time, and random numbers begin with this.
  std::optional<absl::Time> fixed_time;
  std::optional<uint64_t> fixed_seed;
};

// Where an instance reads from and writes to. Shared by all handles that it gets of them.
struct Stdio {
  std::shared_ptr<io::ByteSource> in;  // null: closed
  std::shared_ptr<io::ByteSink> out;   // null: what is written is dropped
  std::shared_ptr<io::ByteSink> err;   // likewise
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

}  // namespace davit::wasi

#endif  // DAVIT_RUNTIME_WASI_CONFIG_H_
