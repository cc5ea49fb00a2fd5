#ifndef DAVIT_SERVER_CORE_H_
#define DAVIT_SERVER_CORE_H_

#include <atomic>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "runtime/component/linker.h"
#include "runtime/resources/handle_budget.h"
#include "server/answers.h"
#include "server/background.h"
#include "server/cells.h"
#include "server/compositions.h"
#include "server/config.h"
#include "server/errors.h"
#include "server/instance_table.h"
#include "server/page_token.h"
#include "server/quota.h"
#include "server/registry.h"
#include "server/timer.h"
#include "server/worker_pool.h"

namespace davit::server {

// Until there is authentication.
inline constexpr std::string_view kOnlyTenant = "default";

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
  Quota& instance_quota;
  Quota& dedicated_quota;
  Quota& upload_quota;   // bytes
  Quota& request_quota;  // bytes
  resources::HandleQuota& handle_quota;
  Answers& answers;
  const PageTokens& page_tokens;
  std::shared_ptr<const component::Linker> linker;
  const std::atomic<bool>& draining;

  // kServerDraining once shutdown has begun: for whatever starts work.
  absl::Status CheckOpen() const {
    return draining.load(std::memory_order_relaxed) ? DrainingError() : absl::OkStatus();
  }
  absl::Status CheckTenant(std::string_view tenant) const {
    return tenant == kOnlyTenant ? absl::OkStatus() : TenantNotFoundError(tenant);
  }
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_CORE_H_
