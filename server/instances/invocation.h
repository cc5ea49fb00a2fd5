#ifndef DAVIT_SERVER_INSTANCES_INVOCATION_H_
#define DAVIT_SERVER_INSTANCES_INVOCATION_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/wasi/config.h"

namespace davit::server {

// The values of a call: its arguments, and the place for its results. They are those of whoever
// calls, who leaves them where they are until the call is over.
struct Payload {
  const canon::ValArgs* args = nullptr;
  canon::ValArgs* results = nullptr;
};

// A post-return that is left to the client: under which name, and for how long at most.
struct Deferral {
  std::string call_id;
  absl::Duration lease;
};

// One call of an export, as a value: nothing in it is of the RPC that it came by, nor says where
// its answer goes.
struct Invocation {
  component::ExportFuncId func;
  Payload payload;
  absl::Time deadline;
  std::optional<Deferral> deferral;  // unset: post-return is part of the call
  std::string call_id;               // as its client calls it; empty: without a name
};

// What a fresh instance gets otherwise than by default.
struct FreshSpec {
  std::optional<component::InstanceLimits> limits;
  std::shared_ptr<const wasi::Config> wasi;  // null: nothing
  std::optional<wasi::Stdio> stdio;          // unset: nothing to read, and the component's log
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_INVOCATION_H_
