#include "runtime/engine/process/garbage_shares.h"

#include <utility>

namespace davit::engine {

GarbageShares::GarbageShares(v8::Isolate* isolate) : isolate_(isolate) {
  isolate_->AddGCEpilogueCallback(OnCollected, this, v8::kGCTypeMarkSweepCompact);
}

GarbageShares::~GarbageShares() { isolate_->RemoveGCEpilogueCallback(OnCollected, this); }

void GarbageShares::OnCollected(v8::Isolate*, v8::GCType, v8::GCCallbackFlags, void* data) {
  auto& shares = *static_cast<GarbageShares*>(data);
  shares.old_ = std::exchange(shares.fresh_, {});
}

}  // namespace davit::engine
