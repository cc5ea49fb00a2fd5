#ifndef DAVIT_SERVER_INSTANCES_WASI_GRANTS_H_
#define DAVIT_SERVER_INSTANCES_WASI_GRANTS_H_

#include <memory>

#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/wasi/config.h"

namespace davit::wasi {
struct Services;
}

namespace davit::server {

// What one instance gets of WASI.
struct WasiGrants {
  std::shared_ptr<const wasi::Config> config;  // null: nothing
  wasi::Stdio stdio;
};

// Whether it imports anything of WASI: others need none of the following, and pay for none of it.
bool UsesWasi(const component::Component& component);

// For Instance::Prepare: what an instance with these grants keeps, from its beginning; after
// Restore() it has none. `services` must outlive the instance.
component::HostStateFactory WasiState(wasi::Services& services, WasiGrants grants);

// Gives others to an instance that no call is in, which loses what it had by those before. Nothing
// to one without WasiState.
void RegrantWasi(component::Instance& instance, engine::CellLock& lock, WasiGrants grants);

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_WASI_GRANTS_H_
