#include "runtime/wasi/io/poll_host.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/wasi/io/pollable.h"
#include "runtime/wasi/io/wait.h"

namespace davit::wasi::io {
namespace {

std::vector<uint32_t> ReadyAmong(const std::vector<Waitable*>& waitables) {
  std::vector<uint32_t> ready;
  for (uint32_t i = 0; i < waitables.size(); ++i) {
    if (waitables[i]->Ready()) ready.push_back(i);
  }
  return ready;
}

}  // namespace

absl::StatusOr<bool> PollHost::PollableReady(canon::Borrow<p2::io::poll::Pollable> self) {
  DAVIT_ASSIGN_OR_RETURN(const Pollable* const pollable, core_.table.Get<Pollable>(self.rep));
  return pollable->waitable().Ready();
}

void PollHost::PollableBlock(canon::Borrow<p2::io::poll::Pollable> self,
                             component::Reply<void> reply) {
  const absl::StatusOr<Pollable*> pollable = core_.table.Get<Pollable>(self.rep);
  if (!pollable.ok()) return reply.Fail(pollable.status());
  Await(core_.services.reactor, std::move(reply),
        [&waitable = (*pollable)->waitable()](const Waker& waker) -> std::optional<absl::Status> {
          if (waitable.Ready()) return absl::OkStatus();
          waitable.Arm(waker);
          return std::nullopt;
        });
}

absl::Status PollHost::DropPollable(handles::Rep rep) { return core_.table.Drop<Pollable>(rep); }

absl::StatusOr<std::vector<Waitable*>> PollHost::Waitables(
    const std::vector<canon::Borrow<p2::io::poll::Pollable>>& in) {
  if (in.empty()) return base::TrapStatus(base::TrapCode::kHostError, "a poll of an empty list");
  if (in.size() > core_.config->quotas.polled) {
    return base::TrapStatus(
        base::TrapCode::kHostError,
        absl::StrCat("a poll of more than ", core_.config->quotas.polled, " pollables"));
  }
  std::vector<Waitable*> waitables;
  waitables.reserve(in.size());
  for (const auto& borrow : in) {
    DAVIT_ASSIGN_OR_RETURN(const Pollable* const pollable, core_.table.Get<Pollable>(borrow.rep));
    waitables.push_back(&pollable->waitable());
  }
  return waitables;
}

void PollHost::Poll(std::vector<canon::Borrow<p2::io::poll::Pollable>> in,
                    component::Reply<std::vector<uint32_t>> reply) {
  absl::StatusOr<std::vector<Waitable*>> waitables = Waitables(in);
  if (!waitables.ok()) return reply.Fail(waitables.status());
  Await(core_.services.reactor, std::move(reply),
        [waitables = *std::move(waitables)](
            const Waker& waker) -> std::optional<absl::StatusOr<std::vector<uint32_t>>> {
          std::vector<uint32_t> ready = ReadyAmong(waitables);
          if (!ready.empty()) return ready;
          for (Waitable* const waitable : waitables) waitable->Arm(waker);
          return std::nullopt;
        });
}

}  // namespace davit::wasi::io
