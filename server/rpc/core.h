#ifndef DAVIT_SERVER_RPC_CORE_H_
#define DAVIT_SERVER_RPC_CORE_H_

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "runtime/component/linker.h"
#include "runtime/handles/handle_budget.h"
#include "server/app/config.h"
#include "server/instances/cells.h"
#include "server/instances/instance_table.h"
#include "server/registry/compositions.h"
#include "server/registry/registry.h"
#include "server/rpc/answers.h"
#include "server/rpc/errors.h"
#include "server/rpc/page_token.h"
#include "server/sched/background.h"
#include "server/sched/timer.h"
#include "server/sched/worker_pool.h"
#include "server/tenants/quota.h"
#include "server/tenants/tenant.h"

namespace davit::server {

// What the services work with. Everything outlives them and is thread-safe.
struct Core {
  const Config& config;
  WorkerPool& workers;
  // Of what takes milliseconds and neither compiles nor enters a guest: however much of it there
  // is, it takes few threads.
  BackgroundQueue& short_work;
  Timer& timer;
  Registry& registry;
  Compositions& compositions;
  Cells& cells;
  InstanceTable& instances;
  Quota& upload_quota;   // bytes
  Quota& request_quota;  // bytes
  handles::HandleQuota& handle_quota;
  Answers& answers;
  const PageTokens& page_tokens;
  std::shared_ptr<const component::Linker> linker;
  const std::atomic<bool>& draining;
  const Tenant& tenant;  // the only one until there is authentication

  // kServerDraining once shutdown has begun: for whatever starts work.
  absl::Status CheckOpen() const {
    return draining.load(std::memory_order_relaxed) ? DrainingError() : absl::OkStatus();
  }
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_CORE_H_
