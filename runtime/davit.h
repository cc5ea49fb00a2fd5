#ifndef DAVIT_RUNTIME_DAVIT_H_
#define DAVIT_RUNTIME_DAVIT_H_

// Everything that a program needs to host components itself, without a server:
//
//   auto engine = davit::engine::Engine::Start({});                 // once in a process
//   auto component = davit::component::Component::Compile(**engine, binary);
//   auto cell = (*engine)->NewCell({});
//   davit::engine::CellLock lock(**cell);                           // this thread has the cell
//   auto instance = davit::component::Instance::Create(
//       lock, *component, std::make_shared<davit::component::Linker>(), {},
//       absl::InfiniteFuture());
//   auto func = (*instance)->GetFunc("bench:calc/api#add");
//   auto add = davit::component::Typed<uint32_t(uint32_t, uint32_t)>(*func);
//   absl::StatusOr<uint32_t> sum = add->Call(lock, absl::InfiniteFuture(), 3, 4);
//
// Engine, Component and Linker are shared by all threads; a cell and the instances in it belong to
// whoever holds its lock. Instances go before their cell, everything before the engine.
#include "runtime/base/error.h"                  // IWYU pragma: export
#include "runtime/base/trap.h"                   // IWYU pragma: export
#include "runtime/component/awaitable.h"         // IWYU pragma: export
#include "runtime/component/component.h"         // IWYU pragma: export
#include "runtime/component/func.h"              // IWYU pragma: export
#include "runtime/component/host_reply.h"        // IWYU pragma: export
#include "runtime/component/instance.h"          // IWYU pragma: export
#include "runtime/component/linked_component.h"  // IWYU pragma: export
#include "runtime/component/linker.h"            // IWYU pragma: export
#include "runtime/component/typed_func.h"        // IWYU pragma: export
#include "runtime/engine/cell/cell.h"            // IWYU pragma: export
#include "runtime/engine/engine.h"               // IWYU pragma: export
#include "runtime/types/world.h"                 // IWYU pragma: export

#endif  // DAVIT_RUNTIME_DAVIT_H_
