#ifndef DAVIT_RUNTIME_WASI_CORE_H_
#define DAVIT_RUNTIME_WASI_CORE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "runtime/wasi/config.h"
#include "runtime/wasi/fs/file_system.h"
#include "runtime/wasi/io/blocking_pool.h"
#include "runtime/wasi/io/reactor.h"
#include "runtime/wasi/net/resolver.h"
#include "runtime/wasi/resource_table.h"
#include "runtime/wasi/sockets/lingering.h"

namespace davit::wasi {

// What all instances of a process share.
struct Services {
  Services();

  io::Reactor reactor;
  io::BlockingPool blocking;
  sockets::Lingering lingering;
  const std::unique_ptr<net::Resolver> resolver;
};

// What the interfaces of one instance share. Used by whoever has the instance.
struct Core {
  Core(Services& services, std::shared_ptr<const Config> config, Stdio stdio,
       io::MonotonicTime begin = std::chrono::steady_clock::now())
      : services(services),
        config(std::move(config)),
        stdio(std::move(stdio)),
        begin(begin),
        file_system(FileSystemOf(*this->config)),
        table(this->config->quotas.resources) {}

  Services& services;
  const std::shared_ptr<const Config> config;
  const Stdio stdio;
  const io::MonotonicTime begin;  // of the instance
  const fs::FileSystem file_system;
  uint32_t timers = 0;  // alive
  ResourceTable table;

 private:
  static fs::FileSystem FileSystemOf(const Config& config);
};

}  // namespace davit::wasi

#endif  // DAVIT_RUNTIME_WASI_CORE_H_
