#include "server/instances/wasi_grants.h"

#include <algorithm>
#include <utility>

#include "runtime/types/world.h"
#include "runtime/wasi/context.h"

namespace davit::server {
namespace {

// What is granted to those who are granted nothing.
const std::shared_ptr<const wasi::Config>& Nothing() {
  static const auto& nothing = *new auto(std::make_shared<const wasi::Config>());
  return nothing;
}

std::shared_ptr<const wasi::Config> ConfigOf(WasiGrants& grants) {
  return grants.config == nullptr ? Nothing() : std::move(grants.config);
}

}  // namespace

bool UsesWasi(const component::Component& component) {
  return std::ranges::any_of(component.world().imports, [](const types::Extern& import) {
    return import.name.starts_with("wasi:");
  });
}

component::HostStateFactory WasiState(wasi::Services& services, WasiGrants grants) {
  return [&services, first = std::move(grants)]() mutable {
    WasiGrants now = std::exchange(first, {});
    auto config = ConfigOf(now);
    return std::make_unique<wasi::Context>(services, std::move(config), std::move(now.stdio));
  };
}

void RegrantWasi(component::Instance& instance, engine::CellLock& lock, WasiGrants grants) {
  component::HostState* const state = instance.host_state(lock);
  if (state == nullptr) return;
  auto config = ConfigOf(grants);
  static_cast<wasi::Context&>(*state).Begin(std::move(config), std::move(grants.stdio));
}

}  // namespace davit::server
