#include "server/rpc/descriptions.h"

#include <string>
#include <utility>

#include "google/protobuf/arena.h"
#include "runtime/base/status_macros.h"
#include "runtime/text/wit_text.h"
#include "runtime/types/type_proto.h"

namespace davit::server {

absl::StatusOr<grpc::Slice> DescribeWorld(const component::Component& component) {
  google::protobuf::Arena arena;
  auto* const described = google::protobuf::Arena::CreateMessage<v1::Component>(&arena);
  DAVIT_ASSIGN_OR_RETURN(*described->mutable_world(), types::ToProto(component.world()));
  described->mutable_world()->set_wit(text::ToWit(component.world()));
  return grpc::Slice(described->SerializeAsString());
}

// Fields of a message may come in any order.
grpc::ByteBuffer WithWorld(const v1::Component& head, const grpc::Slice& world) {
  const grpc::Slice slices[] = {grpc::Slice(head.SerializeAsString()), world};
  return grpc::ByteBuffer(slices, world.size() == 0 ? 1 : 2);
}

void Descriptions::WhenDescribed(const ComponentPtr& component, Callback done) {
  absl::StatusOr<grpc::Slice> known;
  {
    absl::MutexLock lock(mutex_);
    const auto kept = kept_.find(component.get());
    // Another component may have been where this one is now.
    if (kept == kept_.end() || kept->second.component.expired()) {
      std::vector<Callback>& waiting = waiting_[component.get()];
      waiting.push_back(std::move(done));
      if (waiting.size() > 1) return;
    } else {
      uses_.splice(uses_.begin(), uses_, kept->second.use);
      known = kept->second.world;
    }
  }
  if (known.ok()) return done(std::move(known));
  background_([this, component] { DescribeAndTell(component); });
}

void Descriptions::DescribeAndTell(const ComponentPtr& component) {
  const absl::StatusOr<grpc::Slice> world = DescribeWorld(*component);
  std::vector<Callback> waiting;
  {
    absl::MutexLock lock(mutex_);
    ForgetDead();
    if (world.ok()) Keep(component, *world);
    const auto told = waiting_.find(component.get());
    waiting.swap(told->second);
    waiting_.erase(told);
  }
  for (Callback& done : waiting) done(world);
}

void Descriptions::Keep(const ComponentPtr& component, const grpc::Slice& world) {
  if (world.size() > max_bytes_) return;
  Forget(component.get());
  while (bytes_ + world.size() > max_bytes_) Forget(uses_.back());
  bytes_ += world.size();
  uses_.push_front(component.get());
  kept_[component.get()] = {.component = component, .world = world, .use = uses_.begin()};
}

void Descriptions::Forget(Key component) {
  const auto kept = kept_.find(component);
  if (kept == kept_.end()) return;
  bytes_ -= kept->second.world.size();
  uses_.erase(kept->second.use);
  kept_.erase(kept);
}

void Descriptions::ForgetDead() {
  std::vector<Key> dead;
  for (const auto& [component, kept] : kept_) {
    if (kept.component.expired()) dead.push_back(component);
  }
  for (const Key component : dead) Forget(component);
}

uint64_t Descriptions::bytes() const {
  absl::MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace davit::server
